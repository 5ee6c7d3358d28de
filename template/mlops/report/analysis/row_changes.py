"""Rows that became worse, and better, with the candidate than with the champion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlops.gates.statistics import Interval, difference, mean
from mlops.report.number_format import signed


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that became worse, with its values as text."""

    row_id: str
    truth: str
    champion: str
    candidate: str


@dataclass(frozen=True, slots=True)
class RowChanges:
    """How the rows changed from champion to candidate."""

    worse: NDArray[np.bool_]  # (n,)
    better: NDArray[np.bool_]  # (n,)
    summary: str
    rows: Sequence[ChangedRow]  # that became worse, the worst first; not all if there are many
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
) -> RowChanges:
    """Return the rows whose prediction went from right to wrong; ``scores`` are the candidate's and the champion's."""
    now, before = candidate == truth, champion == truth
    worse, better = before & ~now, now & ~before
    net = difference.paired(
        int((now & before).sum()), int(better.sum()), int(worse.sum()), int((~now & ~before).sum()), confidence
    )
    positions = np.flatnonzero(worse)
    positions = positions[np.argsort(-np.abs(scores[0] - scores[1])[positions], kind="stable")]

    def prediction(label: int, score: float) -> str:
        return f"{labels[label]} (score {score:.3f})"

    rows = [
        ChangedRow(
            row_ids[i],
            labels[truth[i]],
            prediction(champion[i], scores[1][i]),
            prediction(candidate[i], scores[0][i]),
        )
        for i in positions[:most].tolist()
    ]
    summary = (
        f"{len(positions):,} of {len(truth):,} rows went from right to wrong, {int(better.sum()):,} from wrong to "
        f"right: {accuracy_points(net)}"
    )
    return RowChanges(worse, better, summary, rows, len(positions))


def accuracy_points(net: Interval) -> str:
    """Return a difference of accuracies as text."""
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
) -> RowChanges:
    """Return, for a regression, the tenths of the rows whose absolute error grew and decreased most."""
    growth = np.abs(candidate - truth) - np.abs(champion - truth)
    tenth = max(1, len(truth) // 10)
    order = np.argsort(-growth, kind="stable")
    worse, better = np.zeros(len(truth), dtype=bool), np.zeros(len(truth), dtype=bool)
    worse[order[:tenth]] = True
    better[order[-tenth:]] = True
    worse &= growth > 0
    better &= growth < 0
    change = mean.mean_difference(np.abs(candidate - truth), np.abs(champion - truth), confidence)
    rows = [
        ChangedRow(row_ids[i], f"{truth[i]:.6g}", f"{champion[i]:.6g}", f"{candidate[i]:.6g}")
        for i in order[:most].tolist()
        if worse[i]
    ]
    bounds = "" if change.lower is None else f" ({signed(change.lower)} to {signed(change.upper)})"
    summary = (
        f"{100 * float((growth > 0).mean()):.0f} % of the rows have a larger error than with the champion; the "
        f"mean absolute error changes by {signed(change.estimate)}{bounds}"
    )
    return RowChanges(worse, better, summary, rows, int(worse.sum()))
