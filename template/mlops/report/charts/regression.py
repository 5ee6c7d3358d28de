"""Charts of a regression: predicted against actual, residuals, calibration."""

from collections.abc import Sequence

import numpy as np

from mlops.report.analysis import t_intervals
from mlops.report.charts.axes import padded
from mlops.report.charts.model_scores import MAX_DOTS, Floats, ModelScores, per_model, sample_note, tenths
from mlops.report.charts.plot import Plot, evenly_spaced
from mlops.report.charts.svg import Figure
from mlops.report.number_format import number, with_bounds


def predicted(truth: Floats, models: Sequence[ModelScores]) -> Figure:
    """Return the chart of predicted and actual values."""
    every = [truth, *(model.prediction for model in models)]
    ends = padded([float(f(values)) for values in every for f in (np.min, np.max)])
    plot = Plot(ends, ends, "actual", "predicted")
    plot.segment(ends[0], ends[0], ends[1], ends[1], "reference")
    some = evenly_spaced(len(truth), MAX_DOTS)
    values = []
    for model in reversed(models):
        plot.cloud(truth[some].tolist(), model.prediction[some].tolist(), f"{model.label}-cloud")
    for model in models:
        slope = float(np.polyfit(truth, model.prediction, 1)[0]) if np.ptp(truth) else 0.0
        values.append((model.label, f"{number(slope)}"))
    plot.legend([(f"{model.label}-mark", model.label) for model in models], dots=True)
    return plot.figure(
        "predicted",
        "Predicted against actual",
        f"If the actual value rises by 1, the prediction rises on average by: {per_model(values)}."
        + sample_note(len(truth), len(some)),
        "On the diagonal, a prediction is exact. If the cloud is flat, the model predicts values near the mean.",
    )


def residuals(truth: Floats, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Return the chart of the candidate's errors by prediction, with the mean error of each tenth of the rows."""
    candidate = models[0]
    errors = candidate.prediction - truth
    x = padded([float(candidate.prediction.min()), float(candidate.prediction.max())])
    plot = Plot(x, padded([float(errors.min()), float(errors.max())]), "predicted", "predicted − actual")
    plot.segment(x[0], 0, x[1], 0, "reference")
    some = evenly_spaced(len(truth), MAX_DOTS)
    plot.cloud(candidate.prediction[some].tolist(), errors[some].tolist(), "")
    for rows in tenths(candidate.prediction):
        found = t_intervals.of_mean(errors[rows], confidence)
        middle = float(candidate.prediction[rows].mean())
        if found.lower is not None and found.upper is not None:
            plot.segment(middle, found.lower, middle, found.upper, "whisker")
        plot.point(middle, found.estimate, "candidate-mark", 4)
    values = [(model.label, with_bounds(t_intervals.of_mean(model.prediction - truth, confidence))) for model in models]
    return plot.figure(
        "residuals",
        "Residuals",
        f"Mean error: {per_model(values)}." + sample_note(len(truth), len(some)),
        "Gray: the candidate's error in each row; blue: the mean of each tenth of the rows with its bounds. A trend "
        "is a pattern that the model has not learned; a funnel means that the error grows with the prediction.",
    )


def calibration_curve(truth: Floats, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Return the chart of mean actual and mean predicted value, by tenths of the rows."""
    points = [
        (model.label, float(model.prediction[rows].mean()), t_intervals.of_mean(truth[rows], confidence))
        for model in models
        for rows in tenths(model.prediction)
    ]
    seen = [value for _, x, found in points for value in (x, found.estimate, found.lower, found.upper)]
    ends = padded([value for value in seen if value is not None])
    plot = Plot(ends, ends, "mean prediction of a tenth of the rows", "mean actual value")
    plot.segment(ends[0], ends[0], ends[1], ends[1], "reference")
    outside = count = 0
    for label, x, found in reversed(points):
        if label == "candidate" and found.lower is not None and found.upper is not None:
            plot.segment(x, found.lower, x, found.upper, "whisker half")
            count += 1
            outside += not found.lower <= x <= found.upper
        plot.point(x, found.estimate, f"{label}-mark", 4)
    plot.legend([(f"{model.label}-mark", model.label) for model in models], dots=True)
    return plot.figure(
        "calibration",
        "Calibration",
        f"In {outside} of {count} tenths, the mean prediction is outside the bounds of the mean actual value.",
        "On the diagonal, predictions are right on average; above it, they are too low. Bars are the candidate's "
        "bounds.",
    )
