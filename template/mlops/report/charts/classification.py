"""Charts of a classification: ROC, precision and recall, calibration, confusion matrix."""

from collections.abc import Sequence

import numpy as np

from mlops.gates.statistics import calibration, proportion, ranking
from mlops.report.charts.model_scores import Floats, Integers, ModelScores, per_model, tenths
from mlops.report.charts.plot import Plot
from mlops.report.charts.svg import Figure, box, num, text_element
from mlops.report.number_format import number, with_bounds

MAX_LABELS = 12  # in a confusion matrix with numbers and names; of more, only the shading is drawn


def roc(truth: Integers, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Return the chart of true and false positive rate over all thresholds, with the threshold in use marked."""
    plot = Plot((0, 1), (0, 1), "false positive rate", "true positive rate")
    plot.segment(0, 0, 1, 1, "reference")
    values = []
    for model in reversed(models):
        _, positives, negatives = cumulative_counts(truth, model.score)
        plot.curve(negatives / negatives[-1], positives / positives[-1], model.label)
    for model in reversed(models):
        chosen = model.prediction == 1
        x, y = chosen[truth == 0].mean(), chosen[truth == 1].mean()
        plot.point(float(x), float(y), f"{model.label}-mark", 4.5)
    for model in models:
        values.append((model.label, with_bounds(ranking.auc(model.score, truth, confidence))))
    plot.legend([(model.label, model.label) for model in models])
    return plot.figure(
        "roc",
        "ROC curve",
        f"Area under the curve: {per_model(values)}.",
        "Up and left is better; the dashed diagonal is a random guess. The dot is the threshold in use.",
    )


def precision_recall(truth: Integers, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Return the chart of precision and recall over all thresholds, with the threshold in use marked."""
    plot = Plot((0, 1), (0, 1), "recall", "precision")
    share = float(truth.mean())
    plot.segment(0, share, 1, share, "reference")
    values = []
    for model in reversed(models):
        _, positives, negatives = cumulative_counts(truth, model.score)
        precision = positives[1:] / (positives[1:] + negatives[1:])
        plot.curve(positives[1:] / positives[-1], precision, model.label)
    for model in reversed(models):
        chosen = model.prediction == 1
        if chosen.any():
            plot.point(float(chosen[truth == 1].mean()), float(truth[chosen].mean()), f"{model.label}-mark", 4.5)
    for model in models:
        values.append((model.label, with_bounds(ranking.average_precision(model.score, truth, confidence))))
    plot.legend([(model.label, model.label) for model in models], "bottom left")
    return plot.figure(
        "precision_recall",
        "Precision and recall",
        f"Average precision: {per_model(values)}.",
        f"Up and right is better; the dashed line, {number(share)}, is the share of positive rows, the precision of a "
        "random guess. The dot is the threshold in use.",
    )


def cumulative_counts(truth: Integers, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the distinct scores in descending order, and how many positives and negatives have at least each score.

    Both counts start with an additional 0.
    """
    order = np.argsort(-score, kind="stable")
    ordered, hits = score[order], truth[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    positives = np.cumsum(hits)[last]
    negatives = last + 1 - positives
    return ordered[last], np.append(0.0, positives), np.append(0.0, negatives)


def calibration_curve(truth: Integers, models: Sequence[ModelScores], binary: bool, confidence: float) -> Figure:
    """Return the chart of mean score and observed share, by tenths of the rows.

    With two labels (``binary``), the score is that of the positive label; with more, that of the predicted label.
    """
    y_label = "share of positive rows" if binary else "share of correct predictions"
    plot = Plot((0, 1), (0, 1), "mean score of a tenth of the rows", y_label)
    plot.segment(0, 0, 1, 1, "reference")
    values = []
    for model in reversed(models):
        outcome = truth if binary else (truth == model.prediction).astype(np.int64)
        for rows in tenths(model.score):
            observed = proportion.clopper_pearson(int(outcome[rows].sum()), len(rows), confidence)
            x = float(model.score[rows].mean())
            if model.label == "candidate" and observed.lower is not None and observed.upper is not None:
                plot.segment(x, observed.lower, x, observed.upper, "whisker half")
            plot.point(x, observed.estimate, f"{model.label}-mark", 4)
        values.append(
            (model.label, with_bounds(calibration.expected_calibration_error(model.score, outcome, confidence)))
        )
    plot.legend([(f"{model.label}-mark", model.label) for model in models], dots=True)
    return plot.figure(
        "calibration",
        "Calibration",
        f"Expected calibration error: {per_model(values[::-1])}.",
        "On the diagonal, scores equal the observed shares; below it, scores are too high. Bars are the candidate's "
        "bounds.",
    )


def confusion_matrix(truth: Integers, models: Sequence[ModelScores], labels: Sequence[str]) -> Figure:
    """Return the confusion matrix of the candidate, with the champion's counts below."""
    shown = len(labels) <= MAX_LABELS
    size = max(40.0, min(118.0, 330 / len(labels))) if shown else 330 / len(labels)
    left, top = 110, 34
    tables = {model.label: count_matrix(truth, model.prediction, len(labels)) for model in models}
    candidate = tables["candidate"]
    parts = [text_element(left + size * len(labels) / 2, 13, "predicted label", "label", "middle")]
    parts.append(text_element(8, top - 8, "true label", "label"))
    for i, label in enumerate(labels if shown else ()):
        name = label if len(label) <= 14 else label[:13] + "…"
        parts.append(text_element(left - 8, top + size * (i + 0.5) + 4, name, "strong", "end"))
        narrow = max(3, int(size / 7))
        name = label if len(label) <= narrow else label[: narrow - 1] + "…"
        parts.append(text_element(left + size * (i + 0.5), top - 8, name, "strong", "middle"))
    for i in range(len(labels)):
        total = candidate[i].sum()
        for j in range(len(labels)):
            x, y = left + size * j, top + size * i
            share = candidate[i, j] / total if total else 0.0
            shade = f' fill-opacity="{num(0.05 + 0.45 * share)}"'
            parts.append(box(x, y, size, size, "right-cell" if i == j else "wrong-cell", shade))
            parts.append(box(x, y, size, size, "cell-edge"))
            if not shown:
                continue
            middle, center, count = x + size / 2, y + size / 2, f"{candidate[i, j]:,}"
            if size < 70:
                parts.append(text_element(middle, center + 4, count, "", "middle"))
                continue
            parts.append(text_element(middle, center - 4, count, "large", "middle"))
            parts.append(text_element(middle, center + 15, f"{100 * share:.0f} % of the row", "small", "middle"))
            if "champion" in tables:
                parts.append(
                    text_element(middle, center + 33, f"champion {tables['champion'][i, j]:,}", "small", "middle")
                )
    correct = int(np.trace(candidate))
    summary = f"The candidate predicts {correct:,} of {len(truth):,} rows correctly"
    if "champion" in tables:
        summary += f", the champion {int(np.trace(tables['champion'])):,}"
    if not shown:
        summary += f"; labels and numbers are left out because there are {len(labels)} labels"
    return Figure(
        "confusion",
        "Confusion matrix",
        summary + ".",
        "Each row is a true label, each column a predicted label; correct predictions are on the diagonal.",
        max(left + size * len(labels) + 14, 360),
        top + size * len(labels) + 8,
        "".join(parts),
    )


def count_matrix(truth: Integers, prediction: Integers, count: int) -> Integers:
    """Return how many rows have each true label (first axis) and predicted label, (count, count)."""
    return np.bincount(truth * count + prediction, minlength=count * count).reshape(count, count)
