"""The only place where an estimate becomes PASS, HOLD or FAIL."""

import math
from enum import StrEnum
from typing import Literal

from ..core.errors import EvidenceError
from ..statistics import Interval
from .statistics_settings import Statistics

ROUNDING = 1e-12  # differences of binary fractions: 0.75 - 0.74 must not exceed 0.01

Comparison = Literal[">=", "<="]


class Verdict(StrEnum):
    """The verdict of one gate, or of all gates together."""

    PASS = "PASS"
    HOLD = "HOLD"
    FAIL = "FAIL"


def meets(value: float, comparison: Comparison, threshold: float) -> bool:
    """Return whether a value is on the right side of its threshold, or equal to it.

    Raises:
        EvidenceError: The value or the threshold is not a finite number; every comparison with NaN is False.
    """
    if not (math.isfinite(value) and math.isfinite(threshold)):
        raise EvidenceError(f"{value} cannot be compared with {threshold}: nothing was judged")
    rounding = ROUNDING * min(1.0, abs(threshold)) if threshold else ROUNDING  # smaller for a small unit
    return value >= threshold - rounding if comparison == ">=" else value <= threshold + rounding


def deciding_bound(interval: Interval, comparison: Comparison) -> float | None:
    """Return the bound that is compared with the threshold: the lower one for a minimum, the upper for a maximum."""
    return interval.lower if comparison == ">=" else interval.upper


def opposite_bound(interval: Interval, comparison: Comparison) -> float | None:
    """Return the other bound: when it does not meet the threshold, the model certainly does not."""
    return interval.upper if comparison == ">=" else interval.lower


def proven(interval: Interval, comparison: Comparison, threshold: float) -> bool:
    """Return whether the deciding bound meets the threshold; an unknown bound proves nothing."""
    limit = deciding_bound(interval, comparison)
    return limit is not None and meets(limit, comparison, threshold)


def disproven(interval: Interval, comparison: Comparison, threshold: float) -> bool:
    """Return whether the opposite bound does not meet the threshold."""
    limit = opposite_bound(interval, comparison)
    return limit is not None and not meets(limit, comparison, threshold)


def verdict_of_sample(
    interval: Interval, comparison: Comparison, threshold: float, statistics: Statistics | None, enough: bool
) -> Verdict:
    """Return FAIL when the estimate does not meet the threshold, PASS when its bound does, HOLD in between.

    Without ``statistics`` only the estimate decides. With ``statistics``, ``on_insufficient`` decides about a sample
    that is not large ``enough``.

    Raises:
        EvidenceError: A value is not a finite number.
    """
    if not meets(interval.estimate, comparison, threshold):
        return Verdict.FAIL
    if statistics is None:
        return Verdict.PASS
    if not enough:
        return verdict_of_small_sample(statistics)
    return Verdict.PASS if proven(interval, comparison, threshold) else Verdict.HOLD


def verdict_of_small_sample(statistics: Statistics) -> Verdict:
    """Return the verdict that ``on_insufficient`` sets for a sample or a group that is too small."""
    return {"hold": Verdict.HOLD, "fail": Verdict.FAIL, "pass": Verdict.PASS}[statistics.on_insufficient]


def verdict_of_fact(value: float, comparison: Comparison, threshold: float) -> Verdict:
    """Return the verdict on a value that is not estimated from a sample: a size in bytes, a list of cases."""
    return Verdict.PASS if meets(value, comparison, threshold) else Verdict.FAIL


def overall_verdict(verdicts: list[Verdict]) -> Verdict:
    """Return the verdict of several gates together: the worst of them."""
    return next((verdict for verdict in (Verdict.FAIL, Verdict.HOLD) if verdict in verdicts), Verdict.PASS)


def rounded(value: float | None) -> float | None:
    """Return a value with twelve digits: further ones depend on the processor, and verdicts are compared by bytes."""
    return None if value is None else float(f"{value:.12g}")
