"""Bounds of a mean over rows, and of sums of such means: the t interval where it holds, one unseen row where not.

Most quantities here are means of what each row contributes (a loss, a difference of losses, a structural component
of AUC, an influence on R squared), or sums of such means over independent samples. Two bounds of them are combined:

- ``t``: Welch's t interval, moved outwards by the first term of its Edgeworth expansion, because a one-sided t bound
  of skewed rows misses its confidence by that much.
- ``unseen``: the quantile of the mean under weights that are uniform on the simplex over the rows of the sample and
  one more that was not seen, as far out as a row can be. For a share of rows it is the Clopper-Pearson bound; for
  rows in a known range its coverage is conjectured to hold at every n, and no counterexample is known.

The t interval alone is trusted where no single row carries much of the spread: ``sum of squares / largest square``,
here called the weight, is at least ``CARRIED`` and the skewness of the mean less than ``SKEWED``. Elsewhere the row
not seen is as far out as the farthest one seen; below ``FEW`` as far as a row can lie, or twice as far as the farthest
where nobody knows; and below ``LONE`` those seen say nothing about those not seen, so that there is no bound then.
The limits are for confidences up to 0.95; above, they rise with the logarithm of what may be missed.

Sources: Welch (1947), Biometrika 34(1-2), 28-35; Johnson (1978), J. Am. Stat. Assoc. 73(363), 536-544; Hall (1992),
J. R. Stat. Soc. B 54(1), 221-228; Rubin (1981), Annals of Statistics 9(1), 130-134; Gaffke (2005), "Three test
statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable", Mathematical Methods of
Statistics 14(4), 451-467; Learned-Miller and Thomas (2020), arXiv:1905.06208. The four limits were found by the
simulation in tests/support/bound_simulation.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .distributions import normal_quantile, t_quantile
from .interval import Floats, Interval, miss

LONE = 3.0
FEW = 5.0
CARRIED = 8.0
SKEWED = 0.1
ROUNDING = 1e-12  # of the scale of the numbers: what varies by less does not vary


@dataclass(frozen=True, slots=True)
class Rows:
    """One sample of contributions around their mean, in what the bounds need of it."""

    n: int
    squares: float  # sum of squares around the mean
    cubes: float  # sum of cubes around the mean
    lowest: float  # of the contributions around the mean, zero or less
    highest: float
    reach_down: float | None = None  # how far below the mean a row that was not seen may lie; None: nobody knows
    reach_up: float | None = None

    @property
    def variance(self) -> float:
        """Of the mean; 0 for one row, whose spread is not known."""
        return self.squares / (self.n - 1) / self.n if self.n > 1 else 0.0

    @property
    def third(self) -> float:
        """Third cumulant of the mean."""
        return self.cubes / self.n**3

    @property
    def widest(self) -> float:
        """Distance from the mean of the row that lies farthest from it."""
        return max(-self.lowest, self.highest)

    @property
    def weight(self) -> float:
        """How many rows as extreme as the most extreme one would make up the spread; 0 where there is none."""
        return self.squares / self.widest**2 if self.widest > 0 else 0.0


def rows(
    values: Floats, sign: int = 1, down: float | None = None, up: float | None = None, scale: float | None = None
) -> Rows:
    """``sign * values``, (n,), as a sample; ``down`` and ``up`` as ``reach_down`` and ``reach_up`` of the result.

    ``scale`` is the size of the numbers that ``values`` were computed from; by default that of the values.
    """
    centred = values - np.mean(values)
    if sign < 0:
        np.negative(centred, out=centred)
    low, high = min(0.0, float(np.min(centred))), max(0.0, float(np.max(centred)))
    size = float(max(np.max(values), -np.min(values))) if scale is None else scale
    if max(-low, high) <= ROUNDING * size:
        return Rows(len(values), 0.0, 0.0, 0.0, 0.0, down, up)
    squares = centred * centred
    return Rows(len(values), float(np.sum(squares)), float(np.sum(squares * centred)), low, high, down, up)


def share_rows(successes: int, n: int, sign: int = 1) -> Rows:
    """A sample of zeros and ones as ``rows`` would give it, from its counts."""
    p = successes / n
    squares = n * p * (1 - p)
    low, high = (-p, 1 - p) if sign > 0 else (p - 1, p)
    return Rows(n, squares, sign * squares * (1 - 2 * p), low, high, -low, high)


def unseen(estimate: float, samples: Sequence[Rows], distances: Sequence[float], z: float) -> float:
    """Quantile of the estimate under uniform weights with one more row in each sample, ``distances`` from its mean.

    By the first three cumulants (Cornish and Fisher 1938) of the Dirichlet mean; ``z`` is the normal quantile, below 0
    for a lower bound.
    """
    mean, variance, third = estimate, 0.0, 0.0
    for sample, distance in zip(samples, distances, strict=True):
        size = sample.n + 1
        shift = distance / size
        second = (sample.squares + distance**2) / size
        spread = second - shift**2
        cubed = (sample.cubes + distance**3) / size - 3 * shift * second + 2 * shift**3
        mean += shift
        variance += spread / (size + 1)
        third += 2 * cubed / ((size + 1) * (size + 2))
    if not variance > 0:
        return mean
    skewness = min(2.0, max(-2.0, third / math.pow(variance, 1.5)))
    return mean + math.sqrt(variance) * (z + (z * z - 1) * skewness / 6)


def student(samples: Sequence[Rows], alpha: float) -> float:
    """Half width of the t interval with Welch's degrees of freedom; 0 where nothing varies."""
    variance = sum(sample.variance for sample in samples)
    if not variance > 0 or any(sample.n < 2 for sample in samples):
        return 0.0
    freedom = variance**2 / sum(sample.variance**2 / (sample.n - 1) for sample in samples)
    return t_quantile(1 - alpha, freedom) * math.sqrt(variance)


def _bound(estimate: float, samples: Sequence[Rows], alpha: float, side: int) -> float | None:
    variance = sum(sample.variance for sample in samples)
    z = normal_quantile(1 - alpha)
    skewness = sum(sample.third for sample in samples) / math.pow(variance, 1.5) if variance > 0 else 0.0
    moved = max(0.0, side * math.sqrt(variance) * skewness * (1 + 2 * z * z) / 6)
    t = estimate + side * (student(samples, alpha) + moved)
    surer = max(1.0, math.log(alpha) / math.log(0.05))  # a rarer miss is decided by rows farther out
    if min(sample.weight for sample in samples) >= CARRIED * surer and side * skewness < SKEWED / surer:
        return t
    distances = []
    for sample in samples:
        distance, reach = sample.widest, sample.reach_up if side > 0 else sample.reach_down
        if sample.weight < FEW * surer and reach is not None:
            distance = max(distance, reach)
        elif sample.weight < LONE * surer:
            return None
        elif sample.weight < FEW * surer:
            distance *= 2
        distances.append(side * distance)
    outer = max if side > 0 else min
    return outer(t, unseen(estimate, samples, distances, side * z))


def bounded(estimate: float, samples: Sequence[Rows], n: int, confidence: float, method: str) -> Interval:
    """``estimate``, a sum of the means of independent ``samples``, with its bounds; ``n`` is what the interval names.

    A bound is None where few rows carry the spread and nobody knows how far one may lie.
    """
    alpha = miss(confidence)
    lower, upper = _bound(estimate, samples, alpha, -1), _bound(estimate, samples, alpha, 1)
    if lower is not None and upper is not None and lower < upper:
        return Interval(estimate, lower, upper, n, confidence, method)
    weight = min(sample.weight for sample in samples)
    if weight > 0:
        enough = math.ceil(n * CARRIED / weight)
        unknown = f"few rows carry the whole spread of these {n}; about {enough:,} would do"
    else:
        unknown = f"nothing varies in these {n} rows: they say nothing about those not seen"
    return Interval(
        estimate,
        None if lower == estimate else lower,
        None if upper == estimate else upper,
        n,
        confidence,
        method,
        unknown,
    )
