"""The metrics of candidate and champion, computed from evidence."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import EvidenceError, GateError
from ..core.suggestion import suggestion
from ..decision.statistics_settings import DEFAULT_CONFIDENCE
from ..evidence.evidence_reader import EvidenceFolder, Scored
from ..statistics import Interval
from . import BY_TASK
from .metric import Metric, ModelOutputs, Resampling, Undefined, check_defined

NO_METHOD = ""  # in place of a method: the trainer computed the number


@dataclass(frozen=True, slots=True)
class MetricValues:
    """Values by metric name; ``champion`` is None before the first release."""

    candidate: dict[str, float]
    champion: dict[str, float] | None
    higher_is_better: dict[str, bool | None]  # None for a custom metric


def outputs_of(evidence: EvidenceFolder, scored: Scored) -> ModelOutputs:
    """Return one model's predictions in the form that metrics take."""
    document = evidence.document
    labels = len(document.labels or [])
    return ModelOutputs(document.task, labels, evidence.truth, scored.score, scored.prediction, scored.class_scores)


def resampling(evidence: EvidenceFolder, confidence: float, *purpose: str) -> Resampling:
    """Return the seed for one purpose, from the digest of the evidence, so that a verdict is reproducible."""
    text = " ".join((evidence.digest, *purpose))
    return Resampling(confidence, int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def metric_named(evidence: EvidenceFolder, name: str, *place: str | int) -> Metric | None:
    """Return the metric that the gate file names at ``place``; None for a custom metric.

    Raises:
        GateError: The evidence has no such metric.
    """
    table, custom = BY_TASK[evidence.document.task], evidence.document.custom_metrics
    if name in table:
        return table[name]
    if name not in custom:
        known = sorted([*table, *custom])
        raise GateError(
            f"the evidence (task {evidence.document.task}) has no metric '{name}'; {suggestion(name, known)}",
            *place,
        )
    return None


def candidate_interval(evidence: EvidenceFolder, name: str, confidence: float, *place: str | int) -> Interval:
    """Return the candidate's value with bounds.

    Raises:
        GateError: The evidence has no such metric, or it is not defined on these rows.
    """
    metric = metric_named(evidence, name, *place)
    if metric is None:
        value = evidence.document.custom_metrics[name].candidate
        return without_bounds(value, evidence.rows, confidence)
    mine = outputs_of(evidence, evidence.candidate)
    try:
        check_defined(metric, mine)
        return metric.interval(mine, resampling(evidence, confidence, "of", name))
    except Undefined as error:
        raise GateError(f"the metric '{name}' {error}.", *place) from error
    except ValueError as error:
        raise GateError(f"the metric '{name}' cannot be computed on these rows: {error}.", *place) from error


def difference_interval(evidence: EvidenceFolder, name: str, confidence: float, *place: str | int) -> Interval | None:
    """Return the candidate's value minus the champion's on the same rows, with bounds; None before the first release.

    Raises:
        GateError: The evidence has no such metric, or it is not defined on these rows.
    """
    metric = metric_named(evidence, name, *place)
    if evidence.champion is None:
        return None
    if metric is None:
        custom = evidence.document.custom_metrics[name]
        if custom.champion is None:
            raise GateError(f"the evidence has no metric '{name}' of the champion.", *place)
        change = custom.candidate - custom.champion
        if not math.isfinite(change):
            raise GateError(f"the metric '{name}' cannot be compared: the difference is not a finite number.", *place)
        return without_bounds(change, evidence.rows, confidence)
    mine, theirs = outputs_of(evidence, evidence.candidate), outputs_of(evidence, evidence.champion)
    try:
        check_defined(metric, mine)
        return metric.difference(mine, theirs, resampling(evidence, confidence, "minus", name))
    except Undefined as error:
        raise GateError(f"the metric '{name}' {error}.", *place) from error
    except ValueError as error:
        raise GateError(f"the metric '{name}' cannot be compared on these rows: {error}.", *place) from error


def without_bounds(value: float, rows: int, confidence: float) -> Interval:
    """Return a number that the trainer computed, as an interval without bounds."""
    why = "the trainer computed it, and no bound is known for it"
    return Interval(value, None, None, rows, confidence, NO_METHOD, why)


def metric_values(evidence: EvidenceFolder) -> MetricValues:
    """Return all metrics of the task that are defined on these rows, and the custom metrics."""
    custom = evidence.document.custom_metrics
    champion = None
    if evidence.champion is not None:
        champion = values_of_model(evidence, evidence.champion)
        champion |= {name: value.champion for name, value in custom.items() if value.champion is not None}
    directions: dict[str, bool | None] = {
        name: metric.higher_is_better for name, metric in BY_TASK[evidence.document.task].items()
    }
    return MetricValues(
        candidate=values_of_model(evidence, evidence.candidate)
        | {name: value.candidate for name, value in custom.items()},
        champion=champion,
        higher_is_better=directions | dict.fromkeys(custom),
    )


def values_of_model(evidence: EvidenceFolder, scored: Scored) -> dict[str, float]:
    """Return the metrics of one model, without those that are not defined on these rows."""
    mine = outputs_of(evidence, scored)
    found = {}
    for name, metric in BY_TASK[evidence.document.task].items():
        try:
            check_defined(metric, mine)
            found[name] = metric.interval(mine, resampling(evidence, DEFAULT_CONFIDENCE, "of", name)).estimate
        except ValueError:  # not defined on these rows: a gate that names it reports that
            continue
    return found


def check_custom_names(evidence: EvidenceFolder) -> None:
    """Refuse a custom metric with the name of a metric that is computed from the predictions.

    Raises:
        EvidenceError: The message contains the names.
    """
    both = sorted(set(evidence.document.custom_metrics) & set(BY_TASK[evidence.document.task]))
    if both:
        raise EvidenceError(f"evidence.json: {both} are computed from the predictions and cannot be custom metrics")


def formula_inputs(evidence: EvidenceFolder, name: str) -> Mapping[str, float]:
    """Return the numbers in the metric's formula for the candidate."""
    metric = BY_TASK[evidence.document.task].get(name)
    return metric.inputs(outputs_of(evidence, evidence.candidate)) if metric else {}
