"""Means of losses over rows, their paired differences, and the losses themselves."""

import numpy as np
from numpy.typing import ArrayLike

from .interval import Floats, Interval, binary, error_probability, numbers, same_length
from .rows import bounded, rows

T = "t"
PAIRED_T = "paired t"


def mean(losses: ArrayLike, confidence: float, largest: float | None = None) -> Interval:
    """Return the mean of a loss over rows: absolute errors, log losses, squared errors of probabilities.

    Source: Student (1908), Biometrika 6(1), 1-25; adjusted and completed as described in ``rows``.

    Args:
        losses: (n,), zero or more each.
        confidence: Of each one-sided bound.
        largest: The largest possible loss: 1 for squared errors of probabilities, ``largest_log_loss`` for log losses,
            None if there is no limit. Then there is no bound if few rows cause the whole spread.

    Raises:
        ValueError: There are no rows, or a value is not finite, negative, or above ``largest``.
    """
    error_probability(confidence)
    values = _losses(losses, "losses", largest)
    estimate = float(np.mean(values))
    up = None if largest is None else largest - estimate
    return bounded(estimate, [rows(values, down=estimate, up=up)], len(values), confidence, T)


def mean_difference(
    losses_a: ArrayLike, losses_b: ArrayLike, confidence: float, largest: float | None = None
) -> Interval:
    """Return the mean loss of ``a`` minus that of ``b`` on the same rows.

    If few rows differ, one more row is assumed to differ by ``largest``, or by the largest observed loss.
    Source: Student (1908), of the row-wise differences; adjusted and completed as described in ``rows``.

    Raises:
        ValueError: There are no rows, the lengths differ, or a value is not finite, negative, or above ``largest``.
    """
    error_probability(confidence)
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
    """Return ``-log`` of the probability given to each row's true label; 0 and 1 are moved by 2.2e-16 first.

    Args:
        truth: (n,) in {0, 1}.
        score: (n,) probability of 1.

    Raises:
        ValueError: A score is outside [0, 1], a label is not 0 or 1, or the lengths differ.
    """
    positive, probability = binary(truth), numbers(score, "score")
    same_length(truth=positive, score=probability)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError(f"scores from {probability.min()} to {probability.max()} are not probabilities")
    return _surprise(np.where(positive, probability, 1 - probability))


def largest_log_loss(score: ArrayLike) -> float:
    """Return the largest log loss that a row with one of these scores can have, with either label.

    Rows of a rare label may be missing in a sample; the scores show how large their loss could be.

    Raises:
        ValueError: There are no scores, or one is outside [0, 1].
    """
    probability = numbers(score, "score")
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError(f"scores from {probability.min()} to {probability.max()} are not probabilities")
    return float(_surprise(np.array([probability.min(), 1 - probability.max()])).max())


def _surprise(given: Floats) -> Floats:
    epsilon = np.finfo(np.float64).eps
    losses: Floats = -np.log(np.clip(given, epsilon, 1 - epsilon))
    return losses


def brier_losses(truth: ArrayLike, score: ArrayLike) -> Floats:
    """Return ``(score - truth)^2`` of each row, (n,).

    Raises:
        ValueError: A label is not 0 or 1, a score is not finite, or the lengths differ.
    """
    positive, probability = binary(truth), numbers(score, "score")
    same_length(truth=positive, score=probability)
    losses: Floats = np.square(probability - positive)
    return losses
