"""Rows that became worse, and better, with the candidate than with the champion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlops.gates.statistics import Interval, difference, mean
from mlops.report.number_format import signed


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that became worse."""

    row_id: str
    truth: str
    champion: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The candidate against the champion, row by row."""

    worse: NDArray[np.bool_]  # (n,)
    better: NDArray[np.bool_]
    sentence: str
    rows: Sequence[ChangedRow]  # the worst first, not all of them
    total: int  # of rows that became worse


def of_labels(
    row_ids: Sequence[str],
    truth: NDArray[np.int64],
    candidate: NDArray[np.int64],
    champion: NDArray[np.int64],
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    labels: Sequence[str],
    confidence: float,
    most: int,
) -> Changes:
    """Rows whose answer went from right to wrong; ``scores`` are the candidate's and the champion's."""
    now, before = candidate == truth, champion == truth
    worse, better = before & ~now, now & ~before
    net = difference.paired(
        int((now & before).sum()), int(better.sum()), int(worse.sum()), int((~now & ~before).sum()), confidence
    )
    places = np.flatnonzero(worse)
    places = places[np.argsort(-np.abs(scores[0] - scores[1])[places], kind="stable")]

    def answer(label: int, score: float) -> str:
        return f"{labels[label]} (score {score:.3f})"

    mine, others = scores
    rows = [
        ChangedRow(row_ids[i], labels[truth[i]], answer(champion[i], others[i]), answer(candidate[i], mine[i]))
        for i in places[:most].tolist()
    ]
    sentence = (
        f"{len(places):,} of {len(truth):,} rows went from right to wrong, {int(better.sum()):,} from wrong to right: "
        f"{points(net)}"
    )
    return Changes(worse, better, sentence, rows, len(places))


def points(net: Interval) -> str:
    """A difference of shares of right answers in words."""
    lower, estimate, upper = (
        "unknown" if value is None else f"{100 * value:+.1f}" for value in (net.lower, net.estimate, net.upper)
    )
    return f"{estimate} points of accuracy ({lower} to {upper})".replace("-", "\u2212")


def of_values(
    row_ids: Sequence[str],
    truth: NDArray[np.float64],
    candidate: NDArray[np.float64],
    champion: NDArray[np.float64],
    confidence: float,
    most: int,
) -> Changes:
    """For a regression: the tenth of the rows whose absolute error grew most, and the tenth where it shrank most."""
    growth = np.abs(candidate - truth) - np.abs(champion - truth)
    tenth = max(1, len(truth) // 10)
    order = np.argsort(-growth, kind="stable")
    worse, better = np.zeros(len(truth), dtype=bool), np.zeros(len(truth), dtype=bool)
    worse[order[:tenth]] = True
    better[order[-tenth:]] = True
    worse &= growth > 0
    better &= growth < 0
    found = mean.mean_difference(np.abs(candidate - truth), np.abs(champion - truth), confidence)
    rows = [
        ChangedRow(row_ids[i], f"{truth[i]:.6g}", f"{champion[i]:.6g}", f"{candidate[i]:.6g}")
        for i in order[:most].tolist()
        if worse[i]
    ]
    bounds = "" if found.lower is None else f" ({signed(found.lower)} to {signed(found.upper)})"
    sentence = (
        f"{100 * float((growth > 0).mean()):.0f} % of the rows are further off than with the champion; the mean "
        f"absolute error changes by {signed(found.estimate)}{bounds}"
    )
    return Changes(worse, better, sentence, rows, int(worse.sum()))
