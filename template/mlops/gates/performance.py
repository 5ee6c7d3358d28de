"""``performance``: each named metric against its threshold, on the held-out rows."""

from collections.abc import Mapping

from . import values
from .answer import Answer, confidence_of, sampled
from .config import Statistics, Threshold
from .reading import EvidenceFolder
from .rule import Comparison


def check(evidence: EvidenceFolder, thresholds: Mapping[str, Threshold], statistics: Statistics | None) -> list[Answer]:
    """Judge each metric.

    Raises:
        GateError: an unknown metric, or one that these rows do not define.
    """
    found = []
    for name, threshold in thresholds.items():
        interval = values.of_candidate(evidence, name, confidence_of(statistics), "performance", name)
        comparison: Comparison = "<=" if threshold.min is None else ">="
        limit = threshold.max if threshold.min is None else threshold.min
        assert limit is not None  # Threshold has exactly one of them
        finding = sampled(
            "performance",
            name,
            interval,
            comparison,
            limit,
            statistics,
            n=evidence.rows,
            what=name,
            needed="needed" if comparison == ">=" else "allowed",
        )
        metric = values.named(evidence, name)
        found.append(
            Answer(finding, metric.formula if metric else "computed by the trainer", values.inputs_of(evidence, name))
        )
    return found
