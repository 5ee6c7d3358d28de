"""Means with plain t intervals, for charts. Gates use ``mlops.gates.statistics``, which has stronger guarantees."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.gates.statistics import Interval
from mlops.gates.statistics.distributions import t_quantile

Floats = NDArray[np.floating[Any]]


def of_mean(values: Floats, confidence: float) -> Interval:
    """Return the mean of values, with the bounds ``mean -+ t s / sqrt(n)``.

    Source: Student (1908), Biometrika 6(1), 1-25.
    """
    return interval(float(values.mean()), [values], confidence)


def of_difference(first: Floats, second: Floats, confidence: float) -> Interval:
    """Return the mean of ``first`` minus the mean of ``second``, two samples without a common row.

    Source: Welch (1947), Biometrika 34(1-2), 28-35.
    """
    return interval(float(first.mean() - second.mean()), [first, second], confidence)


def interval(estimate: float, samples: list[Floats], confidence: float) -> Interval:
    """Return the estimate with its bounds, by Welch's degrees of freedom; without bounds if the values do not vary."""
    n = sum(map(len, samples))
    if min(map(len, samples)) < 2:
        return Interval(estimate, None, None, n, confidence, "t", "one row is not enough to estimate the spread")
    parts = [(float(values.var(ddof=1)) / len(values), len(values) - 1) for values in samples]
    variance = sum(part for part, _ in parts)
    if not variance > 0:
        return Interval(estimate, None, None, n, confidence, "t", "the values do not vary")
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    half = t_quantile(confidence, freedom) * math.sqrt(variance)
    return Interval(estimate, estimate - half, estimate + half, n, confidence, "t")
