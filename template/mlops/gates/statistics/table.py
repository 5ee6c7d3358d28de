"""Averages over classes, and their paired differences, by resampling the contingency table."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .difference import paired
from .interval import Floats, Interval, error_probability

RESAMPLED = "resampled table"
DRAWN_AT_ONCE = 2_000_000  # numbers; limits memory for many classes or resamples
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
    """Return ``part / whole``, or 0 if the whole is 0, like scikit-learn's ``zero_division=0``."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def _value(name: str) -> Values:
    """Return the function for a metric of right rows, rows by truth and rows by prediction: (draws, k) to (draws,)."""

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
        raise ValueError(f"a table has no metric '{name}'; there are {', '.join(names)}")
    if name in BINARY and k != 2:
        raise ValueError(f"{name} is for two classes, this table has {k}; use {name.split('_')[0]}_macro")


def _counts(counts: ArrayLike, dimensions: int) -> NDArray[np.float64]:
    """Return the counts as an array.

    Raises:
        ValueError: The table is not square, has negative or broken counts, or has no rows.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != dimensions or len(set(table.shape)) != 1:
        raise ValueError(f"a table of shape {table.shape}; {dimensions} equal dimensions are needed")
    if not np.isfinite(table).all() or (table < 0).any() or (table != np.floor(table)).any():
        raise ValueError("a table of counts contains whole numbers, zero or more")
    if not table.sum() > 0:
        raise ValueError("a table of no rows")
    return table


def _unknown(table: NDArray[np.float64], name: str) -> str | None:
    """Return why a table gives no bound for an average over classes, or None if it does."""
    if name in BINARY:
        return None
    if len(table) == 1:
        return "only one class: nothing can be predicted wrongly"
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
    """The cells of a table that can be drawn; arrays of shape (cells,)."""

    truth: NDArray[np.int64]
    predictions: tuple[NDArray[np.int64], ...]  # of one model, or of a and b
    rows: Floats
    low: Floats  # rows added by one unseen row in each class, for the lower bound
    high: Floats


def _cells(table: Floats, low: Floats, high: Floats) -> Cells:
    used = np.nonzero((table > 0) | (low > 0) | (high > 0))
    truth, *predictions = (np.asarray(index, dtype=np.int64) for index in used)
    return Cells(truth, tuple(predictions), table[used], low[used], high[used])


def _sums(drawn: Floats, index: NDArray[np.int64], k: int) -> Floats:
    """Return sums of the columns with the same index, (draws, k), always in the same order."""
    sums = np.zeros((len(drawn), k))
    if len(index):
        order = np.argsort(index, kind="stable")
        ordered = index[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        sums[:, ordered[starts]] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def _values(cells: Cells, drawn: Floats, k: int, value: Values) -> Floats:
    """Return the metric of each draw, (draws,): of one model, or of a minus b."""
    true = _sums(drawn, cells.truth, k)
    each = []
    for prediction in cells.predictions:
        right = np.flatnonzero(cells.truth == prediction)
        each.append(value(_sums(drawn[:, right], prediction[right], k), true, _sums(drawn, prediction, k)))
    return each[0] if len(each) == 1 else np.asarray(each[0] - each[1])


def _resampled(
    cells: Cells, k: int, name: str, confidence: float, seed: int, resamples: int, unknown: str | None
) -> Interval:
    """Return quantiles of the metric over Dirichlet draws of the table, or no bounds with the reason ``unknown``."""
    alpha = error_probability(confidence)
    rank = math.floor(alpha * (resamples + 1) + 1e-9)
    if rank < 1:
        raise ValueError(f"{resamples} resamples are too few; at least {math.ceil(1 / alpha) - 1} are needed")
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
    """Return a metric of a (k, k) table of rows, or of shares of rows, by truth and prediction, without bounds.

    Raises:
        ValueError: The name is unknown, or the table is invalid.
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
    """Return an average over classes of one model.

    The cells of the table are drawn from the Dirichlet distribution of their counts, with one more row of each class:
    predicted wrongly for the lower bound (in equal parts as each other class), correctly for the upper bound. The
    bound is the quantile of the metric over these draws; for a single share it would be the Clopper-Pearson bound, and
    a class with one row or without errors still gets a bound different from the estimate. The cost does not depend on
    the number of rows.
    Source: Rubin (1981), Annals of Statistics 9(1), 130-134, for the draws; ``rows.unseen`` for the row added.

    Args:
        counts: (k, k) rows by truth and prediction.
        name: One of ``AVERAGES``, or of ``BINARY`` if k is 2.
        confidence: Of each one-sided bound.
        seed: Of the draws.
        resamples: Number of draws.

    Raises:
        ValueError: The name is unknown, the table is invalid, or there are too few resamples.
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
    """Return a metric of model a minus that of model b on the same rows.

    The draws are as in ``metric``, with one more row of each class that only b predicts correctly for the lower bound,
    and only a for the upper bound. Recall and specificity use Tango's interval within their class.

    Args:
        counts: (k, k, k) rows by truth, prediction of a, prediction of b.
        name: One of ``AVERAGES``, or of ``BINARY`` if k is 2.
        confidence: Of each one-sided bound.
        seed: Of the draws.
        resamples: Number of draws.

    Raises:
        ValueError: The name is unknown, the table is invalid, there are too few resamples, or the class of a recall
            has no row.
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
