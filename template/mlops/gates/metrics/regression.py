"""Metrics for predicted numbers, with the names that model_gates.yaml uses. Values agree with scikit-learn's."""

import numpy as np
from numpy.typing import NDArray

from ..statistics import regression
from .metric import Metric, ModelOutputs, Numbers, Undefined, of_losses


def absolute_errors(outputs: ModelOutputs) -> NDArray[np.float64]:
    """Return the absolute error of each row."""
    return np.asarray(np.abs(outputs.prediction - outputs.truth), dtype=np.float64)


def relative_errors(outputs: ModelOutputs) -> NDArray[np.float64]:
    """Return the absolute error of each row relative to its true value."""
    if not outputs.truth.all():
        zeros = int((outputs.truth == 0).sum())
        raise Undefined(f"is not defined: {zeros} rows have a true value of 0, a division by zero")
    return np.asarray(absolute_errors(outputs) / np.abs(outputs.truth))


def spread_of_truth(outputs: ModelOutputs) -> Numbers:
    """Return the mean squared error and the variance of the truth."""
    errors = outputs.prediction - outputs.truth
    return {
        "rows": len(errors),
        "mean squared error": float(np.mean(np.square(errors))),
        "variance of the truth": float(np.var(outputs.truth)),
    }


METRICS: dict[str, Metric] = {
    "mae": of_losses("mean of |prediction - truth|", absolute_errors, None),
    "rmse": Metric(
        "square root of the mean of (prediction - truth)^2",
        lambda a, resampling: regression.rmse(a.truth, a.prediction, resampling.confidence),
        lambda a, b, resampling: regression.rmse_difference(a.truth, a.prediction, b.prediction, resampling.confidence),
        spread_of_truth,
        higher_is_better=False,
        highest=None,
    ),
    "r2": Metric(
        "1 - mean squared error / variance of the truth",
        lambda a, resampling: regression.r2(a.truth, a.prediction, resampling.confidence),
        lambda a, b, resampling: regression.r2_difference(a.truth, a.prediction, b.prediction, resampling.confidence),
        spread_of_truth,
        lowest=None,
    ),
    "mape": of_losses("mean of |prediction - truth| / |truth|", relative_errors, None),
}
