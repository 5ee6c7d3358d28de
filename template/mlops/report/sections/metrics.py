"""The table of metrics of candidate and champion."""

from dataclasses import dataclass

from mlops.gates.core.errors import GateError
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.metrics import metric_values
from mlops.gates.statistics import Interval


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of both models. ``tone`` is better or worse where that is beyond doubt, else empty."""

    name: str
    candidate: Interval
    champion: float | None
    difference: Interval | None  # candidate less champion
    tone: str


def metric_rows(evidence: EvidenceFolder, confidence: float) -> list[MetricRow]:
    """Every metric that these rows define, of the candidate beside the champion's."""
    found = metric_values.metric_values(evidence)
    result = []
    for name in found.candidate:
        difference = tone = None
        champion = found.champion.get(name) if found.champion else None
        if champion is not None:
            try:
                difference = metric_values.difference_interval(evidence, name, confidence)
            except GateError:  # defined for each model by itself, not for both together: the values say enough
                difference = None
        higher = found.higher_is_better[name]
        if difference is not None and higher is not None:
            above = difference.lower is not None and difference.lower > 0
            below = difference.upper is not None and difference.upper < 0
            tone = "better" if (above if higher else below) else "worse" if (below if higher else above) else ""
        result.append(
            MetricRow(
                name, metric_values.candidate_interval(evidence, name, confidence), champion, difference, tone or ""
            )
        )
    return result
