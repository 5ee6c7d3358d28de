"""The chart of each row with the champion and with the candidate."""

import numpy as np
from numpy.typing import NDArray

from mlops.report.charts.axes import padded
from mlops.report.charts.model_scores import MOST_DOTS, Floats, ModelScores
from mlops.report.charts.plot import Plot, thin
from mlops.report.charts.svg import Figure


def decision(answers: ModelScores) -> float | None:
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
