"""Bounds of a mean over rows, and of sums of such means, from a t interval and from one unseen row.

Most quantities in this package are means of the contributions of rows (a loss, a difference of losses, a structural
component of AUC, an influence on R squared), or sums of such means over independent samples. Two bounds are combined:

- ``t``: Welch's t interval, moved outward by the first term of its Edgeworth expansion, because the coverage of a
  one-sided t bound of skewed rows is wrong by that much.
- ``unseen``: the quantile of the mean under weights that are uniform on the simplex over the rows of the sample and
  one unseen row, at the largest distance that a row can have. For a share of rows it is the Clopper-Pearson bound;
  for rows in a known range its coverage is conjectured to hold at every n, and no counterexample is known.

Only the t interval is used if no single row causes much of the spread: ``sum of squares / largest square``, called the
weight, is at least ``CARRIED``, and the skewness of the mean is less than ``SKEWED``. Otherwise the unseen row is at
the distance of the farthest row of the sample. Below ``FEW`` it is at the largest possible distance, or at twice the
distance of the farthest row if the largest possible distance is unknown. Below ``LONE`` the rows of the sample do not
show how far away others may be, so there is no bound in that case. These limits are for confidences up to 0.95; above
that, they increase with the logarithm of ``1 - confidence``.

Sources: Welch (1947), Biometrika 34(1-2), 28-35; Johnson (1978), J. Am. Stat. Assoc. 73(363), 536-544; Hall (1992),
J. R. Stat. Soc. B 54(1), 221-228; Rubin (1981), Annals of Statistics 9(1), 130-134; Gaffke (2005), "Three test
statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable", Mathematical Methods of
Statistics 14(4), 451-467; Learned-Miller and Thomas (2020), arXiv:1905.06208. The four limits were determined by the
simulation in tests/support/bound_simulation.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .distributions import normal_quantile, t_quantile
from .interval import Floats, Interval, error_probability

LONE = 3.0
FEW = 5.0
CARRIED = 8.0
SKEWED = 0.1
ROUNDING = 1e-12  # relative to the scale of the numbers: smaller variation counts as none


@dataclass(frozen=True, slots=True)
class Rows:
    """Summary of one sample of contributions around their mean."""

    n: int
    squares: float  # sum of squares around the mean
    cubes: float  # sum of cubes around the mean
    lowest: float  # of the contributions around the mean, zero or less
    highest: float
    reach_down: float | None = None  # how far below the mean an unseen row can be; None if unknown
    reach_up: float | None = None

    @property
    def variance(self) -> float:
        """Variance of the mean; 0 for a single row, which has no known spread."""
        return self.squares / (self.n - 1) / self.n if self.n > 1 else 0.0

    @property
    def third(self) -> float:
        """Third cumulant of the mean."""
        return self.cubes / self.n**3

    @property
    def widest(self) -> float:
        """Distance of the farthest row from the mean."""
        return max(-self.lowest, self.highest)

    @property
    def weight(self) -> float:
        """Number of rows at the largest distance that would have the same sum of squares; 0 without spread."""
        return self.squares / self.widest**2 if self.widest > 0 else 0.0


def rows(
    values: Floats, sign: int = 1, down: float | None = None, up: float | None = None, scale: float | None = None
) -> Rows:
    """Return ``sign * values``, (n,), as a sample with ``reach_down = down`` and ``reach_up = up``.

    ``scale`` is the size of the numbers from which ``values`` were computed; by default the size of the values.
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
    """Return the same as ``rows`` for a sample of zeros and ones, from its counts."""
    p = successes / n
    squares = n * p * (1 - p)
    low, high = (-p, 1 - p) if sign > 0 else (p - 1, p)
    return Rows(n, squares, sign * squares * (1 - 2 * p), low, high, -low, high)


def unseen(estimate: float, samples: Sequence[Rows], distances: Sequence[float], z: float) -> float:
    """Return the quantile of the estimate under uniform weights with one more row in each sample.

    ``distances`` are those of the added rows from the means of their samples. Computed from the first three cumulants
    (Cornish and Fisher 1938) of the Dirichlet mean; ``z`` is the normal quantile, negative for a lower bound.
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
    """Return half the width of the t interval with Welch's degrees of freedom; 0 if nothing varies."""
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
    surer = max(1.0, math.log(alpha) / math.log(0.05))  # a higher confidence depends on rows farther out
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
    """Return ``estimate``, a sum of the means of independent ``samples``, with bounds; ``n`` is that of the interval.

    A bound is None if few rows cause the spread and the largest possible distance of a row is unknown.
    """
    alpha = error_probability(confidence)
    lower, upper = _bound(estimate, samples, alpha, -1), _bound(estimate, samples, alpha, 1)
    if lower is not None and upper is not None and lower < upper:
        return Interval(estimate, lower, upper, n, confidence, method)
    weight = min(sample.weight for sample in samples)
    if weight > 0:
        enough = math.ceil(n * CARRIED / weight)
        unknown = f"few of the {n} rows cause the whole spread; about {enough:,} rows would be sufficient"
    else:
        unknown = f"nothing varies in these {n} rows: they do not show how much other rows may differ"
    return Interval(
        estimate,
        None if lower == estimate else lower,
        None if upper == estimate else upper,
        n,
        confidence,
        method,
        unknown,
    )
