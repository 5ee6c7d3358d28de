"""The chart that compares candidate and champion row by row."""

import numpy as np
from numpy.typing import NDArray

from mlops.report.charts.axes import padded
from mlops.report.charts.model_scores import MAX_DOTS, Floats, ModelScores
from mlops.report.charts.plot import Plot, evenly_spaced
from mlops.report.charts.svg import Figure


def decision_threshold(model: ModelScores) -> float | None:
    """Return the score from which the model predicts 1; None if its predictions do not follow from the score."""
    positive = model.prediction == 1
    if positive.all() or not positive.any():
        return None
    low, high = float(model.score[~positive].max()), float(model.score[positive].min())
    return (low + high) / 2 if low < high else None


def row_by_row(
    candidate: Floats,
    champion: Floats,
    worse: NDArray[np.bool_],
    better: NDArray[np.bool_],
    quantity: str,
    limits: tuple[float | None, float | None] = (None, None),
) -> Figure:
    """Return the chart of each row's value with the champion and with the candidate.

    Args:
        candidate: (n,) scores, or absolute errors.
        champion: (n,) the same of the champion.
        worse: (n,) rows to mark as worse.
        better: (n,) rows to mark as better.
        quantity: The name of the values.
        limits: The scores from which the candidate and the champion predict 1, if they exist.
    """
    score = quantity == "score"
    ends = (0.0, 1.0) if score else padded([float(f(v)) for v in (candidate, champion) for f in (np.min, np.max)], 0.03)
    plot = Plot(ends, ends, f"champion's {quantity}", f"candidate's {quantity}")
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
        places = places[evenly_spaced(len(places), MAX_DOTS)] if len(places) else places
        plot.cloud(champion[places].tolist(), candidate[places].tolist(), classes, radius)
    meaning = (
        "Red rows: only the champion is right. Green rows: only the candidate is right."
        if score
        else "Above it, the candidate's error is larger. Red and green: the tenths of the rows with the largest growth "
        "and decrease of the error."
    )
    return plot.figure(
        "row_by_row",
        "Candidate and champion, row by row",
        f"{int(worse.sum()):,} rows became worse (red), {int(better.sum()):,} better (green).",
        f"On the diagonal, both models have the same value. {meaning}",
    )
