"""AUC and average precision of one model, and paired differences of two, in O(n log n)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .distributions import normal_quantile, root
from .interval import Floats, Interval, binary, error_probability, numbers, same_length
from .rows import Rows, bounded, rows, unseen

NEWCOMBE_AUC = "Newcombe AUC, method 5"
DELONG = "DeLong"
PRECISION = "average precision, score"
PAIRED_PRECISION = "average precision, influence function"
SMALLEST_CLASS = 10  # with fewer rows of a label, no bound is reported
UNSEEN_COMPONENT = 0.4  # share of the other class that one more row beats; with 0.5 (chance), coverage is 92.8 %
ONE_CLASS = "all rows have the same label: there is nothing to rank"


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows grouped by equal score, lowest score first; arrays of shape (groups,)."""

    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    of_row: NDArray[np.int64]  # (n,) group of each row, in the order of the rows

    @property
    def positive_rows(self) -> int:
        """Rows with label 1."""
        return int(self.positives.sum())

    @property
    def negative_rows(self) -> int:
        """Rows with label 0."""
        return int(self.negatives.sum())


def _groups(score: Floats, positive: NDArray[np.bool_]) -> Groups:
    """Return the rows grouped by score; only this step sorts, all others are linear."""
    order = np.argsort(score)
    ordered = score[order]
    new = np.empty(len(score), dtype=np.bool_)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    starts = np.flatnonzero(new)
    positives = np.add.reduceat(positive[order].astype(np.int64), starts)
    sizes = np.diff(starts, append=len(score))
    of_row = np.empty(len(score), dtype=np.int64)
    of_row[order] = np.cumsum(new) - 1
    return Groups(positives, sizes - positives, of_row)


def _inputs(score: ArrayLike, truth: ArrayLike, name: str = "score") -> tuple[Floats, NDArray[np.bool_]]:
    scores, positive = numbers(score, name), binary(truth)
    same_length(score=scores, truth=positive)
    rows = int(positive.sum())
    if rows in (0, len(positive)):
        raise ValueError(ONE_CLASS)
    return scores, positive


def _too_few(groups: Groups) -> str | None:
    smaller = min(groups.positive_rows, groups.negative_rows)
    if smaller >= SMALLEST_CLASS:
        return None
    return f"needs {SMALLEST_CLASS} rows of each label, the smaller class has {smaller}"


def _area(groups: Groups) -> float:
    """Return Mann and Whitney's statistic, with ties counted half, exact in integers up to 2^53."""
    below = np.cumsum(groups.negatives) - groups.negatives
    twice = int(np.sum(groups.positives * (2 * below + groups.negatives)))
    return twice / (2 * groups.positive_rows * groups.negative_rows)


def _components(groups: Groups) -> tuple[Floats, Floats]:
    """Return structural components by group: share of negatives below a positive, of positives above a negative."""
    below = np.cumsum(groups.negatives) - 0.5 * groups.negatives
    above = groups.positive_rows - np.cumsum(groups.positives) + 0.5 * groups.positives
    return below / groups.negative_rows, above / groups.positive_rows


def components(score: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    """Return structural components of the positive and of the negative rows, in the order of the rows.

    Source: DeLong, DeLong and Clarke-Pearson (1988), by ranks as in Sun and Xu (2014).

    Raises:
        ValueError: The lengths differ, there is only one class, or a score is not finite.
    """
    scores, positive = _inputs(score, truth)
    groups = _groups(scores, positive)
    up, down = _components(groups)
    return up[groups.of_row[positive]], down[groups.of_row[~positive]]


def newcombe_variance(area: float, positives: int, negatives: int) -> float:
    """Return ``A (1 - A) (1 + N (1 - A) / (2 - A) + N A / (1 + A)) / (m n)`` with ``N = (m + n) / 2 - 1``."""
    inner = 0.5 * (positives + negatives) - 1
    factor = 1 + inner * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * factor / (positives * negatives)


def _sample(components: Floats, weights: NDArray[np.int64], area: float) -> Rows:
    """Return components by group, each ``weights`` times, as one sample around ``area``."""
    centred = components - area
    weighted = weights * centred
    weighted *= centred
    squares, cubes = float(np.sum(weighted)), float(np.sum(weighted * centred))
    present = centred[weights > 0]
    return Rows(int(weights.sum()), squares, cubes, float(present.min()), float(present.max()))


def newcombe_lower(area: float, positives: int, negatives: int, z: float, inflation: float = 1.0) -> float:
    """Return the a below ``area`` with ``(area - a)^2 = z^2 V(a)``; V is ``inflation`` times ``newcombe_variance``.

    Source: Newcombe (2006), Statistics in Medicine 25(4), 559-573, method 5.
    """

    def excess(candidate: float) -> float:
        return area - candidate - z * math.sqrt(inflation * newcombe_variance(candidate, positives, negatives))

    return root(excess, 0.0, area) if area > 0 else 0.0


def delong_variance(up: Rows, down: Rows) -> float:
    """Return the variance of an area, or of a difference, from the structural components of both classes.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845.
    """
    return up.variance + down.variance


def _lower_area(area: float, up: Rows, down: Rows, z: float) -> float:
    """Return Newcombe's lower limit, or that of ``unseen`` if it is lower."""
    expected = newcombe_variance(area, up.n, down.n)
    inflation = max(1.0, delong_variance(up, down) / expected) if expected > 0 else 1.0
    score = newcombe_lower(area, up.n, down.n, z, inflation)
    distances = [min(sample.lowest, UNSEEN_COMPONENT - area, 0.0) for sample in (up, down)]
    return max(0.0, min(score, unseen(area, (up, down), distances, -z)))


def auc(score: ArrayLike, truth: ArrayLike, confidence: float) -> Interval:
    """Return the probability that a positive row scores above a negative one, with ties counted half.

    The bounds are Newcombe's score interval, with its variance enlarged to DeLong's if that is larger (with score
    distributions of unequal spread it covers 87 % otherwise), or the wider bound of ``rows.unseen`` with one more row
    of each class, beaten by three in five of the other class or placed as badly as the worst observed row.
    Source: Newcombe (2006), Statistics in Medicine 25(4), 559-573, method 5, with the variance of Hanley and McNeil
    (1982), Radiology 143(1), 29-36; ``rows``.

    Raises:
        ValueError: The lengths differ, there is only one class, or a score is not finite.
    """
    z = normal_quantile(1 - error_probability(confidence))
    scores, positive = _inputs(score, truth)
    groups = _groups(scores, positive)
    area = _area(groups)
    m, n = groups.positive_rows, groups.negative_rows
    if few := _too_few(groups):
        return Interval(area, None, None, m + n, confidence, NEWCOMBE_AUC, few)
    up, down = _components(groups)
    lower = _lower_area(area, _sample(up, groups.positives, area), _sample(down, groups.negatives, area), z)
    turned = 1 - area
    below = _lower_area(
        turned, _sample(1 - up, groups.positives, turned), _sample(1 - down, groups.negatives, turned), z
    )
    return Interval(area, min(lower, area), max(1 - below, area), m + n, confidence, NEWCOMBE_AUC)


def auc_difference(score_a: ArrayLike, score_b: ArrayLike, truth: ArrayLike, confidence: float) -> Interval:
    """Return the AUC of ``a`` minus the AUC of ``b`` on the same rows.

    DeLong's interval, with t quantiles and the skewness of the components, which are the samples of ``rows`` for each
    class. If few of them differ, one more row of each class is assumed to be ranked correctly by one model and at
    random by the other.
    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845, in the form of Sun and Xu (2014),
    IEEE Signal Processing Letters 21(11), 1389-1393; ``rows``.

    Raises:
        ValueError: The lengths differ, there is only one class, or a score is not finite.
    """
    error_probability(confidence)
    d = 0.0
    parts = []
    for sign, score, name in ((1, score_a, "score_a"), (-1, score_b, "score_b")):
        scores, positive = _inputs(score, truth, name)
        groups = _groups(scores, positive)
        d += sign * _area(groups)
        up, down = _components(groups)
        parts += [up[groups.of_row[positive]], down[groups.of_row[~positive]]]
    up_a, down_a, up_b, down_b = parts
    samples = [rows(gap, down=0.5, up=0.5, scale=1.0) for gap in (up_a - up_b, down_a - down_b)]
    return bounded(d, samples, len(positive), confidence, DELONG)


def _precision_parts(groups: Groups) -> tuple[float, Floats, Floats]:
    """Return average precision, and the influence of a positive and of a negative row on it, by group.

    ``AP = sum over thresholds of (recall step) * precision``. A row's influence is
    ``(y (P(s) - AP) + sum over thresholds t <= s of (y - P(t)) dT(t) / R(t)) n / m`` with ``P`` the precision at a
    threshold, ``dT`` its share of the positives among n rows, ``R`` the share of rows at or above it.
    """
    above_positive = np.cumsum(groups.positives[::-1])[::-1]
    above = np.cumsum((groups.positives + groups.negatives)[::-1])[::-1]
    precision = above_positive / above
    m = groups.positive_rows
    n = m + groups.negative_rows
    value = float(np.sum(precision * groups.positives)) / m
    steps = groups.positives / above  # dT / R
    once, weighted = np.cumsum(steps), np.cumsum(steps * precision)
    positive = (precision - value + once - weighted) * (n / m)
    negative = -weighted * (n / m)
    return value, positive, negative


def average_precision(
    score: ArrayLike, truth: ArrayLike, confidence: float, seed: int = 0, resamples: int = 1000
) -> Interval:
    """Return the area under the precision-recall curve by its steps, ``sum of (R_k - R_(k-1)) P_k``.

    Score interval ``(AP - p)^2 = z^2 k p (1 - p)`` with ``k`` the larger of ``1 / positives`` and the influence
    function's variance over ``AP (1 - AP)``. Nothing is random: ``seed`` and ``resamples`` are not used.
    Source: Boyd, Eng and Page (2013), ECML PKDD, 451-466.

    Raises:
        ValueError: The lengths differ, there is only one class, or a score is not finite.
    """
    z = normal_quantile(1 - error_probability(confidence))
    scores, positive = _inputs(score, truth)
    groups = _groups(scores, positive)
    value, up, down = _precision_parts(groups)
    m = groups.positive_rows
    n = m + groups.negative_rows
    if few := _too_few(groups):
        return Interval(value, None, None, n, confidence, PRECISION, few)
    variance = float(np.sum(groups.positives * up * up) + np.sum(groups.negatives * down * down)) / n / n
    factor = 1.0 / m
    if 0 < value < 1:
        factor = max(factor, variance / (value * (1 - value)))
    middle, spread = value + 0.5 * z * z * factor, z * math.sqrt(factor * value * (1 - value) + (0.5 * z * factor) ** 2)
    scale = 1 + z * z * factor
    lower, upper = max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
    return Interval(value, min(lower, value), max(upper, value), n, confidence, PRECISION)


def average_precision_difference(
    score_a: ArrayLike, score_b: ArrayLike, truth: ArrayLike, confidence: float, seed: int = 0, resamples: int = 1000
) -> Interval:
    """Return the average precision of ``a`` minus that of ``b`` on the same rows; nothing is random.

    Raises:
        ValueError: The lengths differ, there is only one class, or a score is not finite.
    """
    error_probability(confidence)
    first, positive = _inputs(score_a, truth, "score_a")
    second, _ = _inputs(score_b, truth, "score_b")
    influence = np.zeros(len(positive))
    values = []
    for sign, scores in ((1, first), (-1, second)):
        groups = _groups(scores, positive)
        value, up, down = _precision_parts(groups)
        influence += sign * np.where(positive, up[groups.of_row], down[groups.of_row])
        values.append(value)
    reach = max(values) * len(positive) / int(positive.sum())
    sample = rows(influence, down=reach, up=reach, scale=reach)
    return bounded(values[0] - values[1], [sample], len(positive), confidence, PAIRED_PRECISION)
