"""The table of metrics of candidate and champion."""

from dataclasses import dataclass

from mlops.gates.core.errors import GateError
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.metrics.metric_values import candidate_interval, difference_interval, metric_values
from mlops.gates.statistics import Interval


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of both models."""

    name: str
    candidate: Interval
    champion: float | None
    difference: Interval | None  # candidate minus champion
    change: str  # "better" or "worse" if the bounds of the difference exclude 0, else empty


def metric_rows(evidence: EvidenceFolder, confidence: float) -> list[MetricRow]:
    """Return every metric that is defined on the evidence's rows."""
    known = metric_values(evidence)
    rows = []
    for name in known.candidate:
        champion = known.champion.get(name) if known.champion else None
        difference = None
        if champion is not None:
            try:
                difference = difference_interval(evidence, name, confidence)
            except GateError:  # defined for each model, but not for their difference
                difference = None
        change = describe_change(difference, known.higher_is_better[name])
        rows.append(MetricRow(name, candidate_interval(evidence, name, confidence), champion, difference, change))
    return rows


def describe_change(difference: Interval | None, higher_is_better: bool | None) -> str:
    """Return "better" or "worse" if the bounds of the difference exclude 0, else an empty string."""
    if difference is None or higher_is_better is None:
        return ""
    above = difference.lower is not None and difference.lower > 0
    below = difference.upper is not None and difference.upper < 0
    better, worse = (above, below) if higher_is_better else (below, above)
    return "better" if better else "worse" if worse else ""
