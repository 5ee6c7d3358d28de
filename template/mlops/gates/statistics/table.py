"""Averages over classes, and paired differences, by resampling the contingency table."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .difference import paired
from .interval import Floats, Interval, miss

RESAMPLED = "resampled table"
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


def _drop_unused(table: NDArray[np.float64]) -> NDArray[np.float64]:
    for_class = sum(np.moveaxis(table, axis, 0).reshape(len(table), -1).sum(axis=1) for axis in range(table.ndim))
    used = np.flatnonzero(np.asarray(for_class) > 0)
    return table[np.ix_(*[used] * table.ndim)]


def _rank(alpha: float, resamples: int) -> int:
    rank = math.floor(alpha * (resamples + 1) + 1e-9)
    if rank < 1:
        raise ValueError(f"{resamples} resamples are too few; {math.ceil(1 / alpha) - 1} at least")
    return rank


def _draw(rng: np.random.Generator, weights: Floats, resamples: int) -> Floats:
    """Gamma variables of shape ``weights``, (resamples, cells); those of weight 0 are 0. Their ratios are Dirichlet."""
    flat = weights.ravel()
    cells = np.flatnonzero(flat)
    drawn = np.zeros((resamples, len(flat)))
    drawn[:, cells] = rng.standard_gamma(flat[cells], size=(resamples, len(cells)))
    return drawn.reshape(resamples, *weights.shape)


def metric(counts: ArrayLike, name: str, confidence: float, seed: int, resamples: int = 1000) -> Interval:
    """An average over classes, of one model.

    Args:
        counts: (k, k) rows by truth and prediction.
        name: one of ``AVERAGES``, or of ``BINARY`` where k is 2.

    Raises:
        ValueError: an unknown name, a broken table, too few resamples.
    """
    alpha = miss(confidence)
    table = _counts(counts, 2)
    _known(name, len(table), AVERAGES + BINARY)
    if name not in BINARY:
        table = _drop_unused(table)
    value = _value(name)

    def of(tables: Floats) -> Floats:
        return value(np.einsum("rii->ri", tables), tables.sum(axis=2), tables.sum(axis=1))

    estimate = float(of(table[np.newaxis])[0])
    rank = _rank(alpha, resamples)
    k = len(table)
    wrong = (1 - np.eye(k)) / max(1, k - 1)
    right = np.eye(k)
    rng = np.random.default_rng(seed)
    drawn = _draw(rng, table, resamples)
    low = np.sort(of(drawn + _draw(rng, wrong, resamples)))[rank - 1]
    high = np.sort(of(drawn + _draw(rng, right, resamples)))[-rank]
    rows = int(table.sum())
    return Interval(estimate, min(float(low), estimate), max(float(high), estimate), rows, confidence, RESAMPLED)


def paired_difference(counts: ArrayLike, name: str, confidence: float, seed: int, resamples: int = 1000) -> Interval:
    """A metric of model a minus that of model b on the same rows.

    Args:
        counts: (k, k, k) rows by truth, prediction of a, prediction of b.
        name: one of ``AVERAGES``, or of ``BINARY`` where k is 2; recall and specificity by Tango within their class.

    Raises:
        ValueError: an unknown name, a broken table, too few resamples.
    """
    alpha = miss(confidence)
    table = _counts(counts, 3)
    _known(name, len(table), AVERAGES + BINARY)
    if name in ("recall", "specificity"):
        right = int(name == "recall")
        inner = table[right].astype(np.int64)
        wrong = 1 - right
        return paired(
            int(inner[right, right]),
            int(inner[right, wrong]),
            int(inner[wrong, right]),
            int(inner[wrong, wrong]),
            confidence,
        )
    if name not in BINARY:
        table = _drop_unused(table)
    value = _value(name)

    def of(tables: Floats) -> Floats:
        true = tables.sum(axis=(2, 3))
        a, b = tables.sum(axis=3), tables.sum(axis=2)
        first = value(np.einsum("rii->ri", a), true, a.sum(axis=1))
        return np.asarray(first - value(np.einsum("rii->ri", b), true, b.sum(axis=1)))

    estimate = float(of(table[np.newaxis])[0])
    rank = _rank(alpha, resamples)
    k = len(table)
    only_b = np.zeros((k, k, k))  # a wrong, b right
    for true in range(k):
        only_b[true, :, true] = 1 / max(1, k - 1)
        only_b[true, true, true] = 0
    only_a = np.swapaxes(only_b, 1, 2)
    rng = np.random.default_rng(seed)
    drawn = _draw(rng, table, resamples)
    low = np.sort(of(drawn + _draw(rng, only_b, resamples)))[rank - 1]
    high = np.sort(of(drawn + _draw(rng, only_a, resamples)))[-rank]
    rows = int(table.sum())
    return Interval(estimate, min(float(low), estimate), max(float(high), estimate), rows, confidence, RESAMPLED)
