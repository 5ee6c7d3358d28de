"""``regression``: the candidate against the champion, on the same rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import values
from .answer import Answer, confidence_of, sampled
from .config import Regression, Statistics, Threshold
from .errors import GateError
from .metrics import BY_TASK
from .reading import EvidenceFolder
from .rule import Finding, Verdict
from .statistics import Interval
from .words import changed


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric to compare, how much worse it may be, and where the gate file says so.

    ``higher_is_better`` of a metric of the team's own is what its threshold says; of ours the metric itself knows.
    """

    name: str
    limit: float
    place: tuple[str | int, ...]
    higher_is_better: bool


def check(
    evidence: EvidenceFolder, gate: Regression, thresholds: Mapping[str, Threshold], statistics: Statistics | None
) -> list[Answer]:
    """Judge how much worse the candidate is, metric by metric; without a champion there is nothing to be worse than.

    Raises:
        GateError: no metric to compare, one that the evidence lacks, or a limit that cannot be meant.
    """
    found = [judge(evidence, compared, statistics) for compared in what_to_compare(evidence, gate, thresholds)]
    if not found:
        raise GateError("regression compares no metric: name some under regression.metrics.", "regression")
    return found


def limits(gate: Regression, thresholds: Mapping[str, Threshold]) -> Iterator[Compared]:
    """The metrics that ``regression.metrics`` names, or else those under ``performance``."""
    own = {name: threshold.max_degradation for name, threshold in thresholds.items()}
    for number, name in enumerate(gate.metrics or thresholds):
        place: tuple[str | int, ...] = ("performance", name)
        if gate.metrics is not None:
            place = ("regression", "metrics", name if isinstance(gate.metrics, dict) else number)
        limit = gate.metrics[name].max_degradation if isinstance(gate.metrics, dict) else own.get(name)
        limit = gate.max_degradation if limit is None else limit
        assert limit is not None  # Regression has one, unless regression.metrics has one for each
        yield Compared(name, limit, place, higher_is_better=name not in thresholds or thresholds[name].max is None)


def what_to_compare(
    evidence: EvidenceFolder, gate: Regression, thresholds: Mapping[str, Threshold]
) -> Iterator[Compared]:
    """``limits``, less the metrics of the team's own that nobody asked to compare.

    Raises:
        GateError: a metric that the evidence lacks, or a limit that cannot be meant.
    """
    for compared in limits(gate, thresholds):
        metric = values.named(evidence, compared.name, *compared.place)
        own = thresholds.get(compared.name)
        if metric is None and gate.metrics is None and (own is None or own.max_degradation is None):
            continue
        if metric is None and own is None:
            raise GateError(
                f"{compared.name} is a metric of your own: a `min` or a `max` under performance must say which way is "
                "better.",
                *compared.place,
            )
        if metric and metric.lowest == 0 and metric.highest == 1 and compared.limit > 1:
            raise GateError(
                f"{compared.name} lies between 0 and 1 and cannot fall by {compared.limit:g}: 0.01 is a point.",
                *compared.place,
            )
        yield compared


def judge(evidence: EvidenceFolder, compared: Compared, statistics: Statistics | None) -> Answer:
    """One metric. The estimate is how much worse the candidate is: negative where it is better."""
    name, limit = compared.name, compared.limit
    change = values.of_difference(evidence, name, confidence_of(statistics), *compared.place)
    if change is None or evidence.champion is None:
        return without_sample(compared, None, "first model: there is no champion yet")
    document = evidence.document
    if document.champion and document.champion.digest == document.candidate.digest:
        return without_sample(compared, 0.0, "the candidate is the champion itself")
    metric = values.named(evidence, name)
    higher_is_better = metric.higher_is_better if metric else compared.higher_is_better
    degradation = mirrored(change) if higher_is_better else change
    before, now = both_values(evidence, name)
    finding = sampled(
        "regression",
        name,
        degradation,
        "<=",
        limit,
        statistics,
        n=evidence.rows,
        what=name,
        needed="allowed",
        says=changed,
        extra=f" (candidate {now:.4f}, champion {before:.4f})",
    )
    formula = "champion - candidate" if higher_is_better else "candidate - champion"
    return Answer(finding, f"{formula}, on the same rows", {"candidate": now, "champion": before})


def without_sample(compared: Compared, estimate: float | None, reason: str) -> Answer:
    finding = Finding(
        kind="regression",
        name=compared.name,
        verdict=Verdict.PASS,
        estimate=estimate,
        comparison="<=",
        threshold=compared.limit,
        reason=reason,
    )
    return Answer(finding, "champion - candidate, on the same rows")


def mirrored(interval: Interval) -> Interval:
    """The same seen from the other side."""
    lower = None if interval.upper is None else -interval.upper
    upper = None if interval.lower is None else -interval.lower
    return Interval(
        -interval.estimate, lower, upper, interval.n, interval.confidence, interval.method, interval.unknown
    )


def both_values(evidence: EvidenceFolder, name: str) -> tuple[float, float]:
    """The champion's value and the candidate's."""
    metric = BY_TASK[evidence.document.task].get(name)
    if metric is None:
        custom = evidence.document.custom_metrics[name]
        assert custom.champion is not None  # of_difference refused it otherwise
        return custom.champion, custom.candidate
    assert evidence.champion is not None
    draw = values.draw(evidence, 0.95, "value", name)
    both = (values.answers(evidence, scored) for scored in (evidence.champion, evidence.candidate))
    before, now = (metric.of(answers, draw).estimate for answers in both)
    return before, now
