"""How many more rows would settle a gate on HOLD."""

import math
from collections.abc import Callable

from ..statistics import Interval, proportion
from .verdict_rule import Comparison, deciding_bound, proven

MAX_MORE_ROWS = 10**9  # a larger number of rows is not useful advice
EXACT_PROPORTIONS = (proportion.CLOPPER_PEARSON, proportion.CONDITIONAL)


def more_rows(interval: Interval, comparison: Comparison, threshold: float, n: int) -> int | None:
    """Return about how many more similar rows would move the bound to the threshold, at the current estimate.

    Exact for a Clopper-Pearson bound; otherwise the distance of the bound is assumed to shrink with the root of n.
    None if the bound meets the threshold already, if the estimate equals the threshold, or if no bound is known.
    """
    if proven(interval, comparison, threshold):
        return None
    factor = growth(interval, comparison, threshold)
    more = None if factor is None else math.ceil(n * (factor - 1))
    return more if more is not None and more <= MAX_MORE_ROWS else None


def growth(interval: Interval, comparison: Comparison, threshold: float) -> float | None:
    """Return by which factor the sample would have to grow; None if no size would be sufficient."""
    limit = deciding_bound(interval, comparison)
    gap, distance = abs(interval.estimate - threshold), abs(interval.estimate - (limit or 0.0))
    if limit is None or gap <= 1e-12:
        return None
    if interval.method in EXACT_PROPORTIONS and interval.n < 1e7:
        share, wanted = as_proportion(interval, threshold)
        if 0 <= wanted <= 1:
            return rows_for_proportion(share, interval.n, comparison, wanted, interval.confidence) / interval.n
    return max((distance / gap) ** 2, 1 + 1 / max(interval.n, 1))


def as_proportion(interval: Interval, threshold: float) -> tuple[float, float]:
    """Return the binomial proportion behind an exact interval, and the threshold on its scale.

    For F1 the proportion is ``J = F1 / (2 - F1)``.
    """
    share = interval.estimate
    plain = proportion.clopper_pearson(round(share * interval.n), interval.n, interval.confidence)
    if interval.lower is not None and plain.lower is not None and math.isclose(plain.lower, interval.lower):
        return share, threshold
    return share / (2 - share), threshold / (2 - threshold)


def rows_for_proportion(share: float, n: int, comparison: Comparison, threshold: float, confidence: float) -> int:
    """Return the least number of rows, n or more, whose Clopper-Pearson bound meets the threshold at this share."""

    def enough(rows: int) -> bool:
        # rounded to the model's disadvantage, so that a sufficient number stays sufficient
        successes = math.floor(share * rows + 1e-9) if comparison == ">=" else math.ceil(share * rows - 1e-9)
        found = proportion.clopper_pearson(min(successes, rows), rows, confidence)
        return proven(found, comparison, threshold)

    return least(enough, n)


def least(enough: Callable[[int], bool], start: int) -> int:
    """Return the least count from ``start`` up for which ``enough`` is true; it must stay true for larger counts."""
    high = max(start, 1)
    while not enough(high):
        if high > 2 * MAX_MORE_ROWS:
            return high
        high *= 2
    low = start
    while low < high:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle + 1
    return low
