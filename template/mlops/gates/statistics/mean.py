"""Means of per-row losses, alone and paired, and the losses themselves."""

import numpy as np
from numpy.typing import ArrayLike

from .interval import Floats, Interval, binary, miss, numbers, same_length
from .rows import bounded, rows

T = "t"
PAIRED_T = "paired t"


def mean(losses: ArrayLike, confidence: float, largest: float | None = None) -> Interval:
    """Mean of a loss over rows: absolute errors, log losses, squared errors of probabilities.

    Source: Student (1908), Biometrika 6(1), 1-25; adjusted and completed as ``rows`` says.

    Args:
        losses: (n,), zero or more each.
        largest: what a loss cannot exceed: 1 for squared errors of probabilities, ``largest_log_loss`` for log losses;
            None where there is no such limit, and then no bound either while few rows carry the whole spread.

    Raises:
        ValueError: no rows, a value that is not finite, negative, or above ``largest``.
    """
    miss(confidence)
    values = _losses(losses, "losses", largest)
    estimate = float(np.mean(values))
    up = None if largest is None else largest - estimate
    return bounded(estimate, [rows(values, down=estimate, up=up)], len(values), confidence, T)


def mean_difference(
    losses_a: ArrayLike, losses_b: ArrayLike, confidence: float, largest: float | None = None
) -> Interval:
    """Mean loss of ``a`` minus that of ``b`` on the same rows.

    While few rows differ, one more is taken to differ by ``largest``, or by the largest loss seen of either.
    Source: Student (1908), of the row-wise differences; adjusted and completed as ``rows`` says.

    Raises:
        ValueError: no rows, other rows, a value that is not finite, negative, or above ``largest``.
    """
    miss(confidence)
    a, b = _losses(losses_a, "losses_a", largest), _losses(losses_b, "losses_b", largest)
    same_length(losses_a=a, losses_b=b)
    seen = max(float(a.max()), float(b.max()))
    reach = seen if largest is None else largest
    d = float(np.mean(a) - np.mean(b))
    return bounded(d, [rows(a - b, down=reach, up=reach, scale=seen)], len(a), confidence, PAIRED_T)


def _losses(losses: ArrayLike, name: str, largest: float | None) -> Floats:
    values = numbers(losses, name)
    if values.min() < 0 or (largest is not None and values.max() > largest):
        limit = "zero or more" if largest is None else f"between 0 and {largest:g}"
        raise ValueError(f"{name} from {values.min()} to {values.max()}: each must be {limit}")
    return values


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
    return _surprise(np.where(positive, probability, 1 - probability))


def largest_log_loss(score: ArrayLike) -> float:
    """The log loss of the worst row that these scores leave room for: that of its other label.

    Rows of a rare label may be missing from a sample; what they would cost can be read off the scores.

    Raises:
        ValueError: no scores, or one outside [0, 1].
    """
    probability = numbers(score, "score")
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError(f"scores from {probability.min()} to {probability.max()} are no probabilities")
    return float(_surprise(np.array([probability.min(), 1 - probability.max()])).max())


def _surprise(given: Floats) -> Floats:
    epsilon = np.finfo(np.float64).eps
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
