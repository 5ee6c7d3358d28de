"""Averages over classes, and paired differences, by resampling the contingency table."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .difference import paired
from .interval import Floats, Interval, miss

RESAMPLED = "resampled table"
DRAWN_AT_ONCE = 2_000_000  # numbers, so that memory does not grow with classes or resamples
AVERAGES = (
    "balanced_accuracy",
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "precision_weighted",
    "recall_weighted",
    "f1_weighted",
)
BINARY = ("precision", "recall", "specificity", "f1_score")

Values = Callable[[Floats, Floats, Floats], Floats]


def _share(part: Floats, whole: Floats) -> Floats:
    """``part / whole``, 0 where the whole is 0, as scikit-learn's ``zero_division=0`` has it."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def _value(name: str) -> Values:
    """The metric ``name`` of (draws, k) right rows, rows by truth and rows by prediction; (draws,)."""

    def of_class(right: Floats, true: Floats, predicted: Floats) -> Floats:
        kind = name.split("_")[0]
        if kind == "precision":
            return _share(right, predicted)
        if kind == "f1":
            return _share(2 * right, true + predicted)
        return _share(right, true)

    def value(right: Floats, true: Floats, predicted: Floats) -> Floats:
        each = of_class(right, true, predicted)
        if name in ("precision", "recall", "f1_score"):
            return each[:, 1]
        if name == "specificity":
            return each[:, 0]
        if name.endswith("_weighted"):
            return np.asarray(np.sum(each * true, axis=1) / np.sum(true, axis=1))
        if name == "balanced_accuracy":
            return np.asarray(np.sum(each, axis=1) / np.maximum(1, np.count_nonzero(true, axis=1)))
        return np.asarray(np.mean(each, axis=1))

    return value


def _known(name: str, k: int, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ValueError(f"no metric '{name}' of a table; there are {', '.join(names)}")
    if name in BINARY and k != 2:
        raise ValueError(f"{name} is of two classes, this table has {k}; {name.split('_')[0]}_macro is of any number")


def _counts(counts: ArrayLike, dimensions: int) -> NDArray[np.float64]:
    """The table without classes that neither occur nor are predicted.

    Raises:
        ValueError: not square, negative or broken counts, no rows.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != dimensions or len(set(table.shape)) != 1:
        raise ValueError(f"a table of shape {table.shape}; {dimensions} equal dimensions are needed")
    if not np.isfinite(table).all() or (table < 0).any() or (table != np.floor(table)).any():
        raise ValueError("a table of counts holds whole numbers, zero or more")
    if not table.sum() > 0:
        raise ValueError("a table of no rows")
    return table


def _unknown(table: NDArray[np.float64], name: str) -> str | None:
    """Why rows by truth (and predictions) bound no average over classes: what is not there was never tried."""
    if name in BINARY:
        return None
    if len(table) == 1:
        return "one class only: nothing can be predicted wrongly"
    empty = int(np.sum(table.reshape(len(table), -1).sum(axis=1) == 0))
    if empty and not name.endswith("_weighted"):
        return f"an average over classes needs rows of each, and {empty} of {len(table)} have none"
    return None


def _drop_unused(table: NDArray[np.float64]) -> NDArray[np.float64]:
    for_class = sum(np.moveaxis(table, axis, 0).reshape(len(table), -1).sum(axis=1) for axis in range(table.ndim))
    used = np.flatnonzero(np.asarray(for_class) > 0)
    return table[np.ix_(*[used] * table.ndim)]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a table that a draw can fill; arrays of shape (cells,)."""

    truth: NDArray[np.int64]
    predictions: tuple[NDArray[np.int64], ...]  # of one model, or of a and b
    rows: Floats
    low: Floats  # what one unseen row in each class adds, for the lower bound
    high: Floats


def _cells(table: Floats, low: Floats, high: Floats) -> Cells:
    used = np.nonzero((table > 0) | (low > 0) | (high > 0))
    truth, *predictions = (np.asarray(index, dtype=np.int64) for index in used)
    return Cells(truth, tuple(predictions), table[used], low[used], high[used])


def _sums(drawn: Floats, index: NDArray[np.int64], k: int) -> Floats:
    """Sums of the columns with the same index, (draws, k), always in the same order."""
    sums = np.zeros((len(drawn), k))
    if len(index):
        order = np.argsort(index, kind="stable")
        ordered = index[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        sums[:, ordered[starts]] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def _values(cells: Cells, drawn: Floats, k: int, value: Values) -> Floats:
    """The metric of each draw, (draws,): of one model, or of a minus b."""
    true = _sums(drawn, cells.truth, k)
    each = []
    for prediction in cells.predictions:
        right = np.flatnonzero(cells.truth == prediction)
        each.append(value(_sums(drawn[:, right], prediction[right], k), true, _sums(drawn, prediction, k)))
    return each[0] if len(each) == 1 else np.asarray(each[0] - each[1])


def _resampled(
    cells: Cells, k: int, name: str, confidence: float, seed: int, resamples: int, unknown: str | None
) -> Interval:
    """Quantiles of the metric over Dirichlet draws of the table, or none where ``unknown`` says why."""
    alpha = miss(confidence)
    rank = math.floor(alpha * (resamples + 1) + 1e-9)
    if rank < 1:
        raise ValueError(f"{resamples} resamples are too few; {math.ceil(1 / alpha) - 1} at least")
    value = _value(name)
    estimate = float(_values(cells, cells.rows[np.newaxis], k, value)[0])
    rows = int(cells.rows.sum())
    if unknown:
        return Interval(estimate, None, None, rows, confidence, RESAMPLED, unknown)
    random = np.random.default_rng(seed)
    low, high = [], []
    step = max(1, DRAWN_AT_ONCE // len(cells.rows))
    for start in range(0, resamples, step):
        size = (min(step, resamples - start), len(cells.rows))
        drawn = random.standard_gamma(cells.rows, size)
        low.append(_values(cells, drawn + random.standard_gamma(cells.low, size), k, value))
        high.append(_values(cells, drawn + random.standard_gamma(cells.high, size), k, value))
    lower, upper = np.sort(np.concatenate(low))[rank - 1], np.sort(np.concatenate(high))[-rank]
    return Interval(estimate, min(float(lower), estimate), max(float(upper), estimate), rows, confidence, RESAMPLED)


def value_of(shares: ArrayLike, name: str) -> float:
    """A metric of a (k, k) table of rows, or of shares of rows, by truth and prediction, without bounds.

    Raises:
        ValueError: an unknown name, or a table that is none.
    """
    cells = np.asarray(shares, dtype=np.float64)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or not cells.sum() > 0 or (cells < 0).any():
        raise ValueError(f"a table of shape {cells.shape}, sum {cells.sum()}: rows by truth and prediction are needed")
    _known(name, len(cells), AVERAGES + BINARY)
    if name not in BINARY:
        cells = _drop_unused(cells)
    value = _value(name)(np.diag(cells)[np.newaxis], cells.sum(axis=1)[np.newaxis], cells.sum(axis=0)[np.newaxis])
    return float(value[0])


def metric(counts: ArrayLike, name: str, confidence: float, seed: int, resamples: int = 1000) -> Interval:
    """An average over classes, of one model.

    The cells of the table are drawn from the Dirichlet distribution of their counts, with one more row of each class:
    predicted wrongly for the lower bound (in equal parts as each of the others), rightly for the upper one. The bound
    is the quantile of the metric over these draws; of a single share it would be the Clopper-Pearson bound, and a
    class of one row or without an error has no bound of no width. The cost does not grow with the rows.
    Source: Rubin (1981), Annals of Statistics 9(1), 130-134, for the draws; ``rows.unseen`` for the row added.

    Args:
        counts: (k, k) rows by truth and prediction.
        name: one of ``AVERAGES``, or of ``BINARY`` where k is 2.

    Raises:
        ValueError: an unknown name, a broken table, too few resamples.
    """
    table = _counts(counts, 2)
    _known(name, len(table), AVERAGES + BINARY)
    unknown = _unknown(table, name)
    if name not in BINARY:
        table = _drop_unused(table)
    k = len(table)
    right = np.eye(k)
    return _resampled(_cells(table, (1 - right) / max(1, k - 1), right), k, name, confidence, seed, resamples, unknown)


def paired_difference(counts: ArrayLike, name: str, confidence: float, seed: int, resamples: int = 1000) -> Interval:
    """A metric of model a minus that of model b on the same rows.

    Drawn as ``metric`` draws, with one more row of each class that only b predicts rightly for the lower bound, only
    a for the upper one. Recall and specificity: Tango's interval within their class.

    Args:
        counts: (k, k, k) rows by truth, prediction of a, prediction of b.
        name: one of ``AVERAGES``, or of ``BINARY`` where k is 2.

    Raises:
        ValueError: an unknown name, a broken table, too few resamples, no row of the class of a recall.
    """
    table = _counts(counts, 3)
    _known(name, len(table), AVERAGES + BINARY)
    if name in ("recall", "specificity"):
        of_class = table[int(name == "recall")].astype(np.int64)
        (neither, only_b), (only_a, both) = of_class if name == "recall" else of_class[::-1, ::-1]
        return paired(int(both), int(only_a), int(only_b), int(neither), confidence)
    unknown = _unknown(table, name)
    if name not in BINARY:
        table = _drop_unused(table)
    k = len(table)
    truth, a, b = np.indices((k, k, k))
    only_b = ((b == truth) & (a != truth)) / max(1, k - 1)
    only_a = ((a == truth) & (b != truth)) / max(1, k - 1)
    return _resampled(_cells(table, only_b, only_a), k, name, confidence, seed, resamples, unknown)
