"""Means of per-row losses, alone and paired: the t interval, moved outwards where the losses are skewed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .distributions import normal_quantile, t_quantile
from .interval import Floats, Interval, binary, miss, numbers, same_length

T = "t, adjusted for skewness"
PAIRED_T = "paired t, adjusted for skewness"
WELCH = "Welch, adjusted for skewness"


@dataclass(frozen=True, slots=True)
class Moments:
    """Of the mean of one independent sample: its variance, its third cumulant, its degrees of freedom."""

    variance: float
    third: float
    freedom: int


def moments(values: Floats, sign: int = 1) -> Moments:
    """Moments of ``sign * mean(values)``; those of one value are not known, and its freedom is 0."""
    n = len(values)
    if n < 2:
        return Moments(0.0, 0.0, 0)
    centred = values - np.mean(values)
    squares = centred * centred
    variance = float(np.sum(squares)) / (n - 1)
    third = float(np.sum(squares * centred)) / n
    return Moments(variance / n, sign * third / n**2, n - 1)


def adjusted(estimate: float, samples: Sequence[Moments], n: int, confidence: float, method: str) -> Interval:
    """Bounds of a sum of independent means from their moments.

    ``estimate -+ t s`` with ``s^2`` the sum of the variances and Welch's degrees of freedom; each bound then moves
    outwards, never inwards, by ``s g (1 + 2 z^2) / 6`` with ``g`` the skewness of the sum: the term of order 1/n by
    which a one-sided t bound of skewed losses misses its confidence.
    Sources: Welch (1947), Biometrika 34, 28-35; Johnson (1978), J. Am. Stat. Assoc. 73, 536-544; Hall (1992), J. R.
    Stat. Soc. B 54, 221-228.
    """
    alpha = miss(confidence)
    if any(sample.freedom < 1 for sample in samples):
        return Interval(estimate, None, None, n, confidence, method, unknown="one row says nothing about the spread")
    variance = sum(sample.variance for sample in samples)
    if not variance > 0:
        return Interval(estimate, None, None, n, confidence, method, unknown="the values do not vary")
    freedom = variance**2 / sum(sample.variance**2 / sample.freedom for sample in samples)
    spread = math.sqrt(variance)
    skewness = sum(sample.third for sample in samples) / variance**1.5
    z = normal_quantile(1 - alpha)
    half = t_quantile(1 - alpha, freedom) * spread
    shift = spread * skewness * (1 + 2 * z * z) / 6
    lower, upper = estimate - half + min(0.0, shift), estimate + half + max(0.0, shift)
    return Interval(estimate, lower, upper, n, confidence, method)


def mean(losses: ArrayLike, confidence: float) -> Interval:
    """Mean of a loss over rows: absolute errors, log losses, squared errors of probabilities.

    Source: Student (1908); the adjustment in ``adjusted``.

    Raises:
        ValueError: no rows, or a value that is not finite.
    """
    miss(confidence)
    values = numbers(losses, "losses")
    return adjusted(float(np.mean(values)), (moments(values),), len(values), confidence, T)


def mean_difference(losses_a: ArrayLike, losses_b: ArrayLike, confidence: float) -> Interval:
    """Mean loss of ``a`` minus that of ``b`` on the same rows.

    Source: Student (1908), of the row-wise differences; the adjustment in ``adjusted``.

    Raises:
        ValueError: no rows, other rows, or a value that is not finite.
    """
    miss(confidence)
    a, b = numbers(losses_a, "losses_a"), numbers(losses_b, "losses_b")
    same_length(losses_a=a, losses_b=b)
    d = float(np.mean(a) - np.mean(b))
    return adjusted(d, (moments(a - b),), len(a), confidence, PAIRED_T)


def log_losses(truth: ArrayLike, score: ArrayLike) -> Floats:
    """``-log`` of the probability that each row's true label was given; 0 and 1 are moved by 2.2e-16 first.

    Args:
        truth: (n,) in {0, 1}.
        score: (n,) probability of 1.

    Raises:
        ValueError: a score outside [0, 1], a label that is not 0 or 1, other rows.
    """
    positive, probability = binary(truth), numbers(score, "score")
    same_length(truth=positive, score=probability)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError(f"scores from {probability.min()} to {probability.max()} are no probabilities")
    epsilon = np.finfo(np.float64).eps
    given = np.where(positive, probability, 1 - probability)
    losses: Floats = -np.log(np.clip(given, epsilon, 1 - epsilon))
    return losses


def brier_losses(truth: ArrayLike, score: ArrayLike) -> Floats:
    """``(score - truth)^2`` of each row, (n,).

    Raises:
        ValueError: a label that is not 0 or 1, a score that is not finite, other rows.
    """
    positive, probability = binary(truth), numbers(score, "score")
    same_length(truth=positive, score=probability)
    losses: Floats = np.square(probability - positive)
    return losses
