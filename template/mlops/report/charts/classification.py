"""Charts of a classification: ROC, precision and recall, calibration, confusion matrix."""

from collections.abc import Sequence

import numpy as np

from mlops.gates.statistics import calibration, proportion, ranking
from mlops.report.charts.model_scores import Floats, Integers, ModelScores, compared, tenths
from mlops.report.charts.plot import Plot
from mlops.report.charts.svg import Figure, at, box, words
from mlops.report.number_format import number, with_bounds

MOST_CELLS = 12  # rows and columns of a confusion matrix that can still be read


def roc(truth: Integers, models: Sequence[ModelScores], confidence: float) -> Figure:
    """True against false positive rate over all thresholds, with the one that is used."""
    plot = Plot((0, 1), (0, 1), "false positive rate", "true positive rate")
    plot.segment(0, 0, 1, 1, "reference")
    said = []
    for answers in reversed(models):
        _, positives, negatives = cumulated(truth, answers.score)
        plot.curve(negatives / negatives[-1], positives / positives[-1], answers.label)
    for answers in reversed(models):
        chosen = answers.prediction == 1
        x, y = chosen[truth == 0].mean(), chosen[truth == 1].mean()
        plot.point(float(x), float(y), f"{answers.label}-mark", 4.5)
    for answers in models:
        said.append((answers.label, with_bounds(ranking.auc(answers.score, truth, confidence))))
    plot.key([(answers.label, answers.label) for answers in models])
    return plot.figure(
        "roc",
        "ROC curve",
        f"Area under the curve: {compared(said)}.",
        "Further up and left is better; the dashed diagonal is guessing. The dot is the threshold in use.",
    )


def precision_recall(truth: Integers, models: Sequence[ModelScores], confidence: float) -> Figure:
    """Precision against recall over all thresholds."""
    plot = Plot((0, 1), (0, 1), "recall", "precision")
    share = float(truth.mean())
    plot.segment(0, share, 1, share, "reference")
    said = []
    for answers in reversed(models):
        _, positives, negatives = cumulated(truth, answers.score)
        precision = positives[1:] / (positives[1:] + negatives[1:])
        plot.curve(positives[1:] / positives[-1], precision, answers.label)
    for answers in reversed(models):
        chosen = answers.prediction == 1
        if chosen.any():
            plot.point(float(chosen[truth == 1].mean()), float(truth[chosen].mean()), f"{answers.label}-mark", 4.5)
    for answers in models:
        said.append((answers.label, with_bounds(ranking.average_precision(answers.score, truth, confidence))))
    plot.key([(answers.label, answers.label) for answers in models], "bottom left")
    return plot.figure(
        "precision_recall",
        "Precision and recall",
        f"Average precision: {compared(said)}.",
        f"Further up and right is better; the dashed line, {number(share)}, is the share of positive rows, which "
        "guessing reaches. The dot is the threshold in use.",
    )


def cumulated(truth: Integers, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Scores from the highest down, each once, and the positives and negatives at or above it; a 0 in front."""
    order = np.argsort(-score, kind="stable")
    ordered, hits = score[order], truth[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    positives = np.cumsum(hits)[last]
    negatives = last + 1 - positives
    return ordered[last], np.append(0.0, positives), np.append(0.0, negatives)


def share_calibration(truth: Integers, models: Sequence[ModelScores], binary: bool, confidence: float) -> Figure:
    """What a score promises against what happens, by tenths of the rows.

    Of two labels (``binary``) the score is the positive one's; of more, it is that of the label answered.
    """
    what = "share that is positive" if binary else "share that is right"
    plot = Plot((0, 1), (0, 1), "mean score of a tenth of the rows", what)
    plot.segment(0, 0, 1, 1, "reference")
    said = []
    for answers in reversed(models):
        happened = truth if binary else (truth == answers.prediction).astype(np.int64)
        for rows in tenths(answers.score):
            found = proportion.clopper_pearson(int(happened[rows].sum()), len(rows), confidence)
            x = float(answers.score[rows].mean())
            if answers.label == "candidate" and found.lower is not None and found.upper is not None:
                plot.segment(x, found.lower, x, found.upper, "whisker half")
            plot.point(x, found.estimate, f"{answers.label}-mark", 4)
        said.append(
            (answers.label, with_bounds(calibration.expected_calibration_error(answers.score, happened, confidence)))
        )
    plot.key([(f"{answers.label}-mark", answers.label) for answers in models], dots=True)
    return plot.figure(
        "calibration",
        "Calibration",
        f"Expected calibration error: {compared(said[::-1])}.",
        "On the diagonal a score is the probability that it claims to be; below it the model claims too much. Bars "
        "are the candidate's bounds.",
    )


def confusion_matrix(truth: Integers, models: Sequence[ModelScores], labels: Sequence[str]) -> Figure:
    """Rows by true label and answer, the candidate's with the champion's below."""
    shown = len(labels) <= MOST_CELLS
    size = max(40.0, min(118.0, 330 / len(labels))) if shown else 330 / len(labels)
    left, top = 110, 34
    tables = {answers.label: count_matrix(truth, answers.prediction, len(labels)) for answers in models}
    candidate = tables["candidate"]
    parts = [words(left + size * len(labels) / 2, 13, "answer", "label", "middle")]
    parts.append(words(8, top - 8, "true label", "label"))
    for i, label in enumerate(labels if shown else ()):
        name = label if len(label) <= 14 else label[:13] + "…"
        parts.append(words(left - 8, top + size * (i + 0.5) + 4, name, "strong", "end"))
        narrow = max(3, int(size / 7))
        name = label if len(label) <= narrow else label[: narrow - 1] + "…"
        parts.append(words(left + size * (i + 0.5), top - 8, name, "strong", "middle"))
    for i in range(len(labels)):
        total = candidate[i].sum()
        for j in range(len(labels)):
            x, y = left + size * j, top + size * i
            share = candidate[i, j] / total if total else 0.0
            shade = f' fill-opacity="{at(0.05 + 0.45 * share)}"'
            parts.append(box(x, y, size, size, "right-cell" if i == j else "wrong-cell", shade))
            parts.append(box(x, y, size, size, "cell-edge"))
            if not shown:
                continue
            middle, center, count = x + size / 2, y + size / 2, f"{candidate[i, j]:,}"
            if size < 70:
                parts.append(words(middle, center + 4, count, "", "middle"))
                continue
            parts.append(words(middle, center - 4, count, "large", "middle"))
            parts.append(words(middle, center + 15, f"{100 * share:.0f} % of the row", "small", "middle"))
            if "champion" in tables:
                parts.append(words(middle, center + 33, f"champion {tables['champion'][i, j]:,}", "small", "middle"))
    right = int(np.trace(candidate))
    said = f"The candidate has {right:,} of {len(truth):,} rows right"
    if "champion" in tables:
        said += f", the champion {int(np.trace(tables['champion'])):,}"
    if not shown:
        said += f"; {len(labels)} labels are too many to name"
    return Figure(
        "confusion",
        "Confusion matrix",
        said + ".",
        "A row holds the held-out rows of one true label, a column one answer: right answers lie on the diagonal.",
        max(left + size * len(labels) + 14, 360),
        top + size * len(labels) + 8,
        "".join(parts),
    )


def count_matrix(truth: Integers, prediction: Integers, count: int) -> Integers:
    """Rows by true label (first axis) and answer, (count, count)."""
    return np.bincount(truth * count + prediction, minlength=count * count).reshape(count, count)
