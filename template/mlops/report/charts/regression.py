"""Charts of a regression: predicted against actual, residuals, calibration."""

from collections.abc import Sequence

import numpy as np

from mlops.report.analysis import t_intervals
from mlops.report.charts.axes import padded
from mlops.report.charts.model_scores import MOST_DOTS, Floats, ModelScores, compared, shortened, tenths
from mlops.report.charts.plot import Plot, thin
from mlops.report.charts.svg import Figure
from mlops.report.number_format import number, with_bounds


def predicted(truth: Floats, models: Sequence[ModelScores]) -> Figure:
    """Predicted against actual values."""
    every = [truth, *(answers.prediction for answers in models)]
    ends = padded([float(f(values)) for values in every for f in (np.min, np.max)])
    plot = Plot(ends, ends, "actual", "predicted")
    plot.segment(ends[0], ends[0], ends[1], ends[1], "reference")
    some = thin(len(truth), MOST_DOTS)
    said = []
    for answers in reversed(models):
        plot.cloud(truth[some].tolist(), answers.prediction[some].tolist(), f"{answers.label}-cloud")
    for answers in models:
        slope = float(np.polyfit(truth, answers.prediction, 1)[0]) if np.ptp(truth) else 0.0
        said.append((answers.label, f"{number(slope)}"))
    plot.key([(f"{answers.label}-mark", answers.label) for answers in models], dots=True)
    return plot.figure(
        "predicted",
        "Predicted against actual",
        f"Where the actual value rises by 1, the prediction rises by: {compared(said)}."
        + shortened(len(truth), len(some)),
        "On the diagonal a prediction is exact. A flat cloud is a model that stays near the mean.",
    )


def residuals(truth: Floats, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Errors against predictions, the candidate's rows and the means of their tenths."""
    candidate = models[0]
    errors = candidate.prediction - truth
    x = padded([float(candidate.prediction.min()), float(candidate.prediction.max())])
    plot = Plot(x, padded([float(errors.min()), float(errors.max())]), "predicted", "predicted − actual")
    plot.segment(x[0], 0, x[1], 0, "reference")
    some = thin(len(truth), MOST_DOTS)
    plot.cloud(candidate.prediction[some].tolist(), errors[some].tolist(), "")
    for rows in tenths(candidate.prediction):
        found = t_intervals.of_mean(errors[rows], confidence)
        middle = float(candidate.prediction[rows].mean())
        if found.lower is not None and found.upper is not None:
            plot.segment(middle, found.lower, middle, found.upper, "whisker")
        plot.point(middle, found.estimate, "candidate-mark", 4)
    said = [
        (answers.label, with_bounds(t_intervals.of_mean(answers.prediction - truth, confidence))) for answers in models
    ]
    return plot.figure(
        "residuals",
        "Residuals",
        f"Mean error: {compared(said)}." + shortened(len(truth), len(some)),
        "Gray: the candidate's errors, row by row; blue: the mean of each tenth of the rows with its bounds. A trend "
        "is something the model has not learned, a funnel an error that grows with the prediction.",
    )


def regression_calibration(truth: Floats, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Mean actual against mean predicted value, by tenths of the rows."""
    points = [
        (answers.label, float(answers.prediction[rows].mean()), t_intervals.of_mean(truth[rows], confidence))
        for answers in models
        for rows in tenths(answers.prediction)
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
    plot.key([(f"{answers.label}-mark", answers.label) for answers in models], dots=True)
    return plot.figure(
        "calibration",
        "Calibration",
        f"The mean prediction lies outside of the bounds of the mean actual value in {outside} of {count} tenths.",
        "On the diagonal predictions are right on average; above it they are too low. Bars are the candidate's bounds.",
    )
