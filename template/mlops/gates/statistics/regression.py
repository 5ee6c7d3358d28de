"""RMSE and R squared of one model, and paired differences of two, by the delta method."""

import math

import numpy as np
from numpy.typing import ArrayLike

from .interval import Floats, Interval, error_probability, numbers, same_length
from .rows import bounded, rows

DELTA = "delta method"
NO_SPREAD = "the true values do not vary: R squared is not defined"


def _errors(truth: ArrayLike, prediction: ArrayLike, name: str = "prediction") -> tuple[Floats, Floats]:
    true, predicted = numbers(truth, "truth"), numbers(prediction, name)
    same_length(truth=true, prediction=predicted)
    return true, predicted - true


def rmse(truth: ArrayLike, prediction: ArrayLike, confidence: float) -> Interval:
    """Return the root of the mean squared error; the bounds are roots of the bounds of the mean square.

    Raises:
        ValueError: There are no rows, the lengths differ, or a value is not finite.
    """
    error_probability(confidence)
    _, errors = _errors(truth, prediction)
    squares = np.square(errors)
    value = float(np.mean(squares))
    inner = bounded(value, [rows(squares, down=value)], len(squares), confidence, DELTA)
    estimate = math.sqrt(inner.estimate)
    lower = None if inner.lower is None else math.sqrt(max(0.0, inner.lower))
    upper = None if inner.upper is None else math.sqrt(inner.upper)
    return Interval(estimate, lower, upper, inner.n, confidence, DELTA, inner.unknown)


def r2(truth: ArrayLike, prediction: ArrayLike, confidence: float) -> Interval:
    """Return ``1 - sum(e^2) / sum((y - mean(y))^2)``; its influence is ``-(e^2 - (1 - R2) (y - mean(y))^2) / var(y)``.

    Raises:
        ValueError: There are no rows, the lengths differ, a value is not finite, or the true values do not vary.
    """
    error_probability(confidence)
    true, errors = _errors(truth, prediction)
    squares, around = np.square(errors), np.square(true - np.mean(true))
    total = float(np.mean(around))
    if not total > 0:
        raise ValueError(NO_SPREAD)
    ratio = float(np.mean(squares)) / total
    influence = (ratio * around - squares) / total
    return bounded(1 - ratio, [rows(influence)], len(true), confidence, DELTA)


def rmse_difference(truth: ArrayLike, a: ArrayLike, b: ArrayLike, confidence: float) -> Interval:
    """Return the RMSE of ``a`` minus that of ``b`` on the same rows.

    The influence is ``e_a^2 / (2 RMSE_a) - e_b^2 / (2 RMSE_b)``.

    Raises:
        ValueError: There are no rows, the lengths differ, or a value is not finite.
    """
    error_probability(confidence)
    _, errors_a = _errors(truth, a, "a")
    _, errors_b = _errors(truth, b, "b")
    squares_a, squares_b = np.square(errors_a), np.square(errors_b)
    root_a, root_b = math.sqrt(float(np.mean(squares_a))), math.sqrt(float(np.mean(squares_b)))
    d = root_a - root_b
    if not (root_a > 0 and root_b > 0):
        return Interval(d, None, None, len(squares_a), confidence, DELTA, "a model without any error: its RMSE is 0")
    influence = squares_a / (2 * root_a) - squares_b / (2 * root_b)
    reach_a, reach_b = float(squares_a.max()) / (2 * root_a), float(squares_b.max()) / (2 * root_b)
    reach = max(reach_a, reach_b)
    return bounded(d, [rows(influence, down=reach, up=reach, scale=reach)], len(influence), confidence, DELTA)


def r2_difference(truth: ArrayLike, a: ArrayLike, b: ArrayLike, confidence: float) -> Interval:
    """Return R squared of ``a`` minus that of ``b`` on the same rows.

    Raises:
        ValueError: There are no rows, the lengths differ, a value is not finite, or the true values do not vary.
    """
    error_probability(confidence)
    true, errors_a = _errors(truth, a, "a")
    _, errors_b = _errors(truth, b, "b")
    around = np.square(true - np.mean(true))
    total = float(np.mean(around))
    if not total > 0:
        raise ValueError(NO_SPREAD)
    squares_a, squares_b = np.square(errors_a), np.square(errors_b)
    gain = squares_b - squares_a
    d = float(np.mean(gain)) / total
    influence = (gain - d * around) / total
    reach = max(float(squares_a.max()), float(squares_b.max())) / total
    return bounded(d, [rows(influence, down=reach, up=reach, scale=reach)], len(true), confidence, DELTA)
