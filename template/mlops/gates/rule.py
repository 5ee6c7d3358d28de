"""The one place where an estimate becomes a verdict."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from .config import Statistics
from .errors import EvidenceError
from .statistics import Interval
from .typed import Is

ROUNDING = 1e-12  # differences of binary fractions: 0.75 - 0.74 must not exceed 0.01
LITERAL = 0.95  # confidence of the bounds that are shown where no ``statistics`` asks for one

Comparison = Literal[">=", "<="]


class Verdict(StrEnum):
    """Of one gate, and of all together."""

    PASS = "PASS"
    HOLD = "HOLD"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one gate."""

    kind: str
    name: str
    verdict: Verdict
    estimate: Annotated[float | None, Is(about="what was measured; null for a fact that must be there")] = None
    lower: Annotated[float | None, Is(about="one-sided lower bound; null where none is known, and for facts")] = None
    upper: Annotated[float | None, Is(about="one-sided upper bound, likewise")] = None
    confidence: Annotated[float | None, Is(about="of each bound by itself; null for facts")] = None
    comparison: Annotated[Comparison | None, Is(about="what estimate and bound must be to the threshold")] = None
    threshold: float | None = None
    n: Annotated[int | None, Is(about="rows, pairs, requests or cases behind the estimate")] = None
    method: Annotated[str | None, Is(about="of the bounds; null for facts")] = None
    more_rows: Annotated[int | None, Is(about="about how many more would settle a gate that is held")] = None
    reason: str


def keeps(value: float, comparison: Comparison, threshold: float) -> bool:
    """Whether a value is on the right side of its threshold, or on it.

    Raises:
        EvidenceError: one of them is no number, and NaN < x is False.
    """
    if not (math.isfinite(value) and math.isfinite(threshold)):
        raise EvidenceError(f"{value} cannot be compared with {threshold}: nothing was judged")
    rounding = ROUNDING * min(1.0, abs(threshold)) if threshold else ROUNDING  # a small unit has small differences
    return value >= threshold - rounding if comparison == ">=" else value <= threshold + rounding


def bound(interval: Interval, comparison: Comparison) -> float | None:
    """The bound that a threshold is held against: the lower one where much is wanted, the upper one where little."""
    return interval.lower if comparison == ">=" else interval.upper


def judge(
    interval: Interval, comparison: Comparison, threshold: float, statistics: Statistics | None, n: int, minimum: int
) -> Verdict:
    """FAIL: the estimate misses the threshold. PASS: its bound keeps it. HOLD: anything between.

    Without ``statistics`` the estimate alone decides. With them, a sample of fewer than ``minimum`` is what
    ``on_insufficient`` says, and a bound that is not known proves nothing.

    Raises:
        EvidenceError: something is no number.
    """
    if not keeps(interval.estimate, comparison, threshold):
        return Verdict.FAIL
    if statistics is None:
        return Verdict.PASS
    if n < minimum:
        return insufficient(statistics)
    return Verdict.PASS if proven(interval, comparison, threshold) else Verdict.HOLD


def insufficient(statistics: Statistics) -> Verdict:
    """What a sample or a group that is too small gets."""
    return {"hold": Verdict.HOLD, "fail": Verdict.FAIL, "pass": Verdict.PASS}[statistics.on_insufficient]


def proven(interval: Interval, comparison: Comparison, threshold: float) -> bool:
    """Whether the bound keeps the threshold."""
    limit = bound(interval, comparison)
    return limit is not None and keeps(limit, comparison, threshold)


def fact(value: float, comparison: Comparison, threshold: float) -> Verdict:
    """Of what is no sample: a size in bytes, a list of cases."""
    return Verdict.PASS if keeps(value, comparison, threshold) else Verdict.FAIL


def overall(verdicts: list[Verdict]) -> Verdict:
    """The verdict of all gates together."""
    return next((verdict for verdict in (Verdict.FAIL, Verdict.HOLD) if verdict in verdicts), Verdict.PASS)


def rounded(value: float | None) -> float | None:
    """Twelve digits: the last ones depend on the processor that added the rows up, and verdicts are compared."""
    return None if value is None else float(f"{value:.12g}")
