"""Pictures of the evidence. Each says one thing, and is drawn the same for candidate and champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.gates.statistics import Interval, calibration, proportion, ranking
from mlops.report import t_intervals
from mlops.report.svg import (
    Figure,
    Plot,
    Scale,
    at,
    box,
    dot,
    line,
    log_ticks,
    nice_ticks,
    padded,
    thin,
    tick_label,
    words,
)
from mlops.report.text import number

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_DOTS = 800  # of a cloud of rows
MOST_CELLS = 12  # rows and columns of a confusion matrix that can still be read
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's answers on the held-out rows, (n,) each, coded as the evidence codes them."""

    label: str  # candidate or champion
    score: Floats
    prediction: NDArray[Any]


def both(interval: Interval) -> str:
    """An estimate with its bounds in words."""
    if interval.lower is None or interval.upper is None:
        return f"{number(interval.estimate)} (no bounds: {interval.unknown})"
    return f"{number(interval.estimate)} ({number(interval.lower)} to {number(interval.upper)})"


def compared(said: Sequence[tuple[str, str]]) -> str:
    """``candidate 0.86, champion 0.84``."""
    return ", ".join(f"{label} {words}" for label, words in said)


# classification


def roc(truth: Integers, models: Sequence[Answers], confidence: float) -> Figure:
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
        said.append((answers.label, both(ranking.auc(answers.score, truth, confidence))))
    plot.key([(answers.label, answers.label) for answers in models])
    return plot.figure(
        "roc",
        "ROC curve",
        f"Area under the curve: {compared(said)}.",
        "Further up and left is better; the dashed diagonal is guessing. The dot is the threshold in use.",
    )


def precision_recall(truth: Integers, models: Sequence[Answers], confidence: float) -> Figure:
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
        said.append((answers.label, both(ranking.average_precision(answers.score, truth, confidence))))
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


def tenths(score: Floats) -> list[NDArray[np.intp]]:
    """Rows in the order of the score, in tenths of about equal size."""
    return [part for part in np.array_split(np.argsort(score, kind="stable"), TENTHS) if len(part)]


def share_calibration(truth: Integers, models: Sequence[Answers], binary: bool, confidence: float) -> Figure:
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
        said.append((answers.label, both(calibration.expected_calibration_error(answers.score, happened, confidence))))
    plot.key([(f"{answers.label}-mark", answers.label) for answers in models], dots=True)
    return plot.figure(
        "calibration",
        "Calibration",
        f"Expected calibration error: {compared(said[::-1])}.",
        "On the diagonal a score is the probability that it claims to be; below it the model claims too much. Bars "
        "are the candidate's bounds.",
    )


def confusion(truth: Integers, models: Sequence[Answers], labels: Sequence[str]) -> Figure:
    """Rows by true label and answer, the candidate's with the champion's below."""
    shown = len(labels) <= MOST_CELLS
    size = max(40.0, min(118.0, 330 / len(labels))) if shown else 330 / len(labels)
    left, top = 110, 34
    tables = {answers.label: matrix(truth, answers.prediction, len(labels)) for answers in models}
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


def matrix(truth: Integers, prediction: Integers, count: int) -> Integers:
    """Rows by true label (first axis) and answer, (count, count)."""
    return np.bincount(truth * count + prediction, minlength=count * count).reshape(count, count)


# regression


def predicted(truth: Floats, models: Sequence[Answers]) -> Figure:
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


def residuals(truth: Floats, models: Sequence[Answers], confidence: float) -> Figure:
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
    said = [(answers.label, both(t_intervals.of_mean(answers.prediction - truth, confidence))) for answers in models]
    return plot.figure(
        "residuals",
        "Residuals",
        f"Mean error: {compared(said)}." + shortened(len(truth), len(some)),
        "Gray: the candidate's errors, row by row; blue: the mean of each tenth of the rows with its bounds. A trend "
        "is something the model has not learned, a funnel an error that grows with the prediction.",
    )


def regression_calibration(truth: Floats, models: Sequence[Answers], confidence: float) -> Figure:
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


def shortened(rows: int, shown: int) -> str:
    return f" {shown:,} of {rows:,} rows are drawn." if shown < rows else ""


# both


def decision(answers: Answers) -> float | None:
    """The score from which on the model answers 1; None where the answers do not follow the score."""
    positive = answers.prediction == 1
    if positive.all() or not positive.any():
        return None
    low, high = float(answers.score[~positive].max()), float(answers.score[positive].min())
    return (low + high) / 2 if low < high else None


def row_by_row(
    candidate: Floats,
    champion: Floats,
    worse: NDArray[np.bool_],
    better: NDArray[np.bool_],
    what: str,
    limits: tuple[float | None, float | None] = (None, None),
) -> Figure:
    """Each row's value with the champion and with the candidate; ``worse`` and ``better`` are picked out.

    Args:
        candidate, champion: (n,), a score, or the size of an error.
        worse, better: (n,) rows that became wrong, and right.
        what: the value's name.
        limits: the score from which on the candidate, and the champion, answers 1, where there is one.
    """
    score = what == "score"
    ends = (0.0, 1.0) if score else padded([float(f(v)) for v in (candidate, champion) for f in (np.min, np.max)], 0.03)
    plot = Plot(ends, ends, f"champion's {what}", f"candidate's {what}")
    plot.segment(ends[0], ends[0], ends[1], ends[1], "reference")
    if limits[0] is not None:
        plot.segment(ends[0], limits[0], ends[1], limits[0], "axis")
    if limits[1] is not None:
        plot.segment(limits[1], ends[0], limits[1], ends[1], "axis")
    for chosen, classes, radius in (
        (~(worse | better), "", 2.6),
        (better, "better-cloud", 3.4),
        (worse, "worse-cloud", 3.4),
    ):
        places = np.flatnonzero(chosen)
        places = places[thin(len(places), MOST_DOTS)] if len(places) else places
        plot.cloud(champion[places].tolist(), candidate[places].tolist(), classes, radius)
    meaning = (
        "Red rows were right and are wrong now, green ones the other way round."
        if score
        else "Above it the candidate's error is larger. Red and green are the tenths of the rows whose error grew and "
        "shrank most."
    )
    return plot.figure(
        "row_by_row",
        "Row by row against the champion",
        f"{int(worse.sum()):,} rows became worse (red), {int(better.sum()):,} better (green).",
        f"On the diagonal both models say the same. {meaning}",
    )


@dataclass(frozen=True, slots=True)
class Percentile:
    """One percentile of the latency with its limit, if a gate sets one."""

    name: str
    interval: Interval
    limit: float | None
    tone: str


def latency(measured: Floats, percentiles: Sequence[Percentile], conditions: str) -> Figure:
    """How the requests' times are distributed, and below the percentiles with bounds and limits, on a log axis."""
    positive = measured[measured > 0]
    least = float(positive.min()) if len(positive) else 0.001
    limits = [p.limit for p in percentiles if p.limit]
    low, high = least / 1.15, max([float(measured.max()), *limits, least * 1.5]) * 1.02
    width, left, right = 420, 56, 74  # room for the words beside the last limit
    x = Scale(low, high, left, width - right, logarithmic=True)
    base, top, lane = 168, 12, 30
    edges = np.geomspace(least, max(float(measured.max()), least * 1.0001) * 1.0001, 41)
    counts, _ = np.histogram(np.maximum(measured, least), bins=edges)
    y = Scale(0, float(counts.max()), base, top)
    bottom = base + lane * len(percentiles) + 10
    parts = []
    for value in log_ticks(low, high):
        parts.append(line(x(value), top, x(value), bottom, "grid"))
        parts.append(words(x(value), bottom + 16, tick_label(value), "tick", "middle"))
    for value in nice_ticks(0, float(counts.max()), 4):
        parts.append(words(left - 7, y(value) + 4, tick_label(value), "tick", "end"))
    for start, stop, count in zip(edges[:-1], edges[1:], counts, strict=True):
        if count:
            a, b = x(float(start)), x(float(stop))
            parts.append(box(a, y(float(count)), max(b - a - 0.5, 0.8), base - y(float(count)), "bar"))
    parts.append(line(left, base, width - right, base, "axis"))
    parts.append(
        f'<text class="label" transform="translate(13 {at((base + top) / 2)}) rotate(-90)" text-anchor="middle">'
        "requests</text>"
    )
    for number_, percentile_ in enumerate(percentiles):
        found, middle = percentile_.interval, base + lane * number_ + 20
        tone = percentile_.tone or "candidate-mark"
        whisker = f"{percentile_.tone} thin" if percentile_.tone else "whisker"
        parts.append(words(left - 7, middle + 4, percentile_.name, "strong", "end"))
        for bound in (found.lower, found.upper):
            if bound is not None:
                parts.append(line(x(found.estimate), middle, x(bound), middle, whisker))
                parts.append(line(x(bound), middle - 5, x(bound), middle + 5, whisker))
        parts.append(dot(x(found.estimate), middle, tone, 4.5))
        if percentile_.limit:
            limit = x(percentile_.limit)
            parts.append(line(limit, middle - 11, limit, middle + 11, "threshold"))
            parts.append(words(limit + 6, middle + 4, f"≤ {percentile_.limit:g} ms", "small soft"))
    parts.append(words((left + width - right) / 2, bottom + 34, "milliseconds", "label", "middle"))
    said = ", ".join(f"{p.name} {number(p.interval.estimate)} ms" for p in percentiles)
    return Figure(
        "latency",
        "Latency of one prediction",
        f"{len(measured):,} requests: {said}.",
        "Bars count requests; below, each percentile with its bounds, and its limit as an upright line. Equal steps "
        f"are equal factors. {conditions}",
        width,
        bottom + 42,
        "".join(parts),
    )
