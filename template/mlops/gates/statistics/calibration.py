"""Expected calibration error, alone and paired."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .interval import Floats, Interval, binary, miss, numbers, same_length
from .mean import adjusted, moments

CALIBRATION = "expected calibration error, signed rows"


def _signed(score: ArrayLike, positive: NDArray[np.bool_], bins: int, name: str = "score") -> Floats:
    """Rows whose mean is the calibration error: ``sign of the bin's gap * (y - score)``, (n,)."""
    probability = numbers(score, name)
    same_length(score=probability, truth=positive)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError(f"{name} from {probability.min()} to {probability.max()} is no probability")
    if bins < 1:
        raise ValueError(f"{bins} bins")
    residual = positive - probability
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights=residual, minlength=bins)
    signed: Floats = residual * np.where(gaps < 0, -1.0, 1.0)[place]
    return signed


def expected_calibration_error(score: ArrayLike, truth: ArrayLike, confidence: float, bins: int = 10) -> Interval:
    """``sum over bins of (rows in it / n) |mean(y) - mean(score)|``, equal-width bins [i/bins, (i+1)/bins).

    Source: Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907.

    Raises:
        ValueError: other rows, a label that is not 0 or 1, a score that is no probability.
    """
    miss(confidence)
    rows = _signed(score, binary(truth), bins)
    inner = adjusted(float(np.mean(rows)), (moments(rows),), len(rows), confidence, CALIBRATION)
    if inner.lower is None or inner.upper is None:
        return inner
    lower, upper = max(0.0, inner.lower), min(1.0, inner.upper)
    return Interval(inner.estimate, lower, max(upper, inner.estimate), inner.n, confidence, CALIBRATION)


def ece_difference(
    score_a: ArrayLike, score_b: ArrayLike, truth: ArrayLike, confidence: float, bins: int = 10
) -> Interval:
    """Expected calibration error of ``a`` minus that of ``b`` on the same rows.

    Raises:
        ValueError: other rows, a label that is not 0 or 1, a score that is no probability.
    """
    miss(confidence)
    positive = binary(truth)
    a, b = _signed(score_a, positive, bins, "score_a"), _signed(score_b, positive, bins, "score_b")
    d = float(np.mean(a) - np.mean(b))
    return adjusted(d, (moments(a - b),), len(a), confidence, CALIBRATION)
