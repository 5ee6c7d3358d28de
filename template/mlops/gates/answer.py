"""What a gate answers, with what it was computed from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .config import Statistics
from .rule import LITERAL, Comparison, Finding, Verdict, judge, proven, rounded
from .statistics import Interval
from .words import Says, measured, more_needed, reason


@dataclass(frozen=True, slots=True)
class Answer:
    """A finding, and for a person who asks: the formula, and the numbers put into it."""

    finding: Finding
    formula: str
    inputs: Mapping[str, float | int | str] = field(default_factory=dict)


def confidence_of(statistics: Statistics | None) -> float:
    """Of the bounds: what the file asks for, or what is shown where it asks for nothing."""
    return statistics.confidence if statistics else LITERAL


def sampled(
    kind: str,
    name: str,
    interval: Interval,
    comparison: Comparison,
    threshold: float,
    statistics: Statistics | None,
    *,
    n: int,
    what: str,
    unit: str = "rows",
    needed: str = "needed",
    extra: str = "",
    says: Says = measured,
    more_of: Callable[[], int | None] | None = None,
) -> Finding:
    """The finding of a gate on a sample of ``n``, of which at least ``statistics.min_samples`` are wanted.

    ``more_of`` counts how many more would settle it, where the interval alone does not say.
    """
    minimum = statistics.min_samples if statistics else 1
    verdict = judge(interval, comparison, threshold, statistics, n, minimum)
    more = None
    if verdict is not Verdict.FAIL and not (n >= minimum and proven(interval, comparison, threshold)):
        more = more_of() if more_of else more_needed(interval, comparison, threshold, n)
        more = max(more or 0, minimum - n) if more or minimum > n else None
    words = reason(
        what,
        interval,
        comparison,
        threshold,
        verdict,
        statistics=statistics,
        n=n,
        minimum=minimum,
        more=more,
        unit=unit,
        needed=needed,
        says=says,
    )
    return Finding(
        kind=kind,
        name=name,
        verdict=verdict,
        estimate=rounded(interval.estimate),
        lower=rounded(interval.lower),
        upper=rounded(interval.upper),
        confidence=interval.confidence,
        comparison=comparison,
        threshold=threshold,
        n=n,
        method=interval.method or None,
        more_rows=more if verdict is Verdict.HOLD else None,
        reason=words + extra,
    )
