"""Expected calibration error of one model, and the paired difference of two."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .distributions import normal_quantile
from .interval import Floats, Interval, binary, error_probability, numbers, same_length
from .rows import bounded, rows, unseen

CALIBRATION = "expected calibration error, signed rows"


def _signed(score: ArrayLike, positive: NDArray[np.bool_], bins: int, name: str = "score") -> tuple[Floats, float]:
    """Return rows whose mean is the calibration error, (n,), and the largest bias of that mean from noise in the bins.

    A row is ``sign of its bin's gap * (y - score)``. A bin with a true gap of 0 has an observed gap of
    ``sqrt(2 / pi)`` standard errors on average, and no bin adds more than that.
    """
    probability = numbers(score, name)
    same_length(score=probability, truth=positive)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError(f"{name} from {probability.min()} to {probability.max()} is not a probability")
    if bins < 1:
        raise ValueError(f"{bins} bins")
    residual = positive - probability
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights=residual, minlength=bins)
    squares = np.bincount(place, weights=residual * residual, minlength=bins)
    added = math.sqrt(2 / math.pi) * float(np.sum(np.sqrt(squares))) / len(residual)
    signed: Floats = residual * np.where(gaps < 0, -1.0, 1.0)[place]
    return signed, added


def expected_calibration_error(score: ArrayLike, truth: ArrayLike, confidence: float, bins: int = 10) -> Interval:
    """Return ``sum over bins of (rows in it / n) |mean(y) - mean(score)|``, equal-width bins [i/bins, (i+1)/bins).

    The estimate is larger than the true value on average; the lower bound accounts for that.
    Source: Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907; bounds as described in ``rows``.

    Raises:
        ValueError: The lengths differ, a label is not 0 or 1, or a score is not a probability.
    """
    error_probability(confidence)
    signed, added = _signed(score, binary(truth), bins)
    estimate = abs(float(np.mean(signed)))
    lower, upper = _bounds(estimate, signed, confidence)
    return Interval(estimate, max(0.0, lower - added), min(1.0, upper), len(signed), confidence, CALIBRATION)


def ece_difference(
    score_a: ArrayLike, score_b: ArrayLike, truth: ArrayLike, confidence: float, bins: int = 10
) -> Interval:
    """Return the expected calibration error of ``a`` minus that of ``b`` on the same rows.

    The possible bias from noise is subtracted from the lower bound and added to the upper bound.

    Raises:
        ValueError: The lengths differ, a label is not 0 or 1, or a score is not a probability.
    """
    error_probability(confidence)
    positive = binary(truth)
    a, added_a = _signed(score_a, positive, bins, "score_a")
    b, added_b = _signed(score_b, positive, bins, "score_b")
    d = float(np.mean(a) - np.mean(b))
    lower, upper = _bounds(d, a - b, confidence)
    return Interval(d, max(-1.0, lower - added_a), min(1.0, upper + added_b), len(a), confidence, CALIBRATION)


def _bounds(estimate: float, signed: Floats, confidence: float) -> tuple[float, float]:
    """Return bounds of a mean of signed rows, always with one unseen row that is certainly wrong.

    A rare label that is missing in the sample does not show in its rows, and such a row would cost up to 1.
    """
    sample = rows(signed, down=1.0, up=1.0, scale=1.0)
    inner = bounded(estimate, [sample], sample.n, confidence, CALIBRATION)
    z = normal_quantile(1 - error_probability(confidence))
    below, above = unseen(estimate, [sample], [-1.0], -z), unseen(estimate, [sample], [1.0], z)
    lower = below if inner.lower is None else min(inner.lower, below)
    return lower, above if inner.upper is None else max(inner.upper, above)
