"""Percentiles by order statistics."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .distributions import binomial_cdf
from .interval import Interval, error_probability, numbers

ORDER = "order statistics"


def needed(share: float, confidence: float) -> int:
    """Return how many values an upper bound of this percentile needs: the least n with ``1 - share^n >= c``."""
    return math.ceil(math.log(error_probability(confidence)) / math.log(share) - 1e-9)


def percentile(sample: ArrayLike, share: float, confidence: float) -> Interval:
    """Return the smallest value of the sample that ``share`` of it does not exceed, with distribution-free bounds.

    The upper bound is the r-th smallest value with the least r for which ``P(Bin(n, share) <= r - 1) >= confidence``,
    the lower bound that with the largest r for which ``P(Bin(n, share) >= r) >= confidence``.
    A bound that equals the estimate because of ties is moved by the resolution of the sample: the least distance
    between two of its values.
    Source: David and Nagaraja (2003), Order Statistics, 3rd edition, section 7.1.

    Args:
        sample: (n,) latencies or other numbers, in any unit.
        share: A fraction, 0.99 for the 99th percentile.
        confidence: Of each one-sided bound.

    Raises:
        ValueError: The sample is empty, a value is not finite, or the share is not between 0 and 1.
    """
    alpha = error_probability(confidence)
    if not 0 < share < 1:
        raise ValueError(f"percentile {share}: a fraction between 0 and 1 is needed, 0.99 for the 99th")
    values = np.sort(numbers(sample, "sample"))
    n = len(values)
    estimate = float(values[max(1, math.ceil(n * share - 1e-9)) - 1])
    steps = np.diff(values)
    steps = steps[steps > 0]
    if len(steps) == 0:
        equal = "only one value" if n == 1 else f"all {n} values are equal: the clock is too coarse"
        return Interval(estimate, None, None, n, confidence, ORDER, equal)
    resolution = float(np.min(steps))
    # P(Bin <= r - 1) increases with r: both ranks by bisection over 0..n
    above = _first(n + 1, lambda r: binomial_cdf(r - 1, n, share) >= 1 - alpha)
    below = _first(n + 1, lambda r: binomial_cdf(r - 1, n, share) > alpha) - 1
    upper = float(values[above - 1]) if above <= n else None
    lower = float(values[below - 1]) if below >= 1 else None
    if upper is not None and upper <= estimate:
        upper = estimate + resolution
    if lower is not None and lower >= estimate:
        lower = estimate - resolution
    unknown: str | None = None
    if upper is None:
        unknown = f"an upper bound of the {100 * share:g}th percentile needs {needed(share, confidence)} values"
    elif lower is None:
        unknown = f"a lower bound of the {100 * share:g}th percentile needs {needed(1 - share, confidence)} values"
    return Interval(estimate, lower, upper, n, confidence, ORDER, unknown)


def _first(count: int, holds: Callable[[int], bool]) -> int:
    """Return the least r below ``count`` for which ``holds`` is true, or ``count``; it must stay true for larger r."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
