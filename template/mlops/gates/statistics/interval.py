"""The result of every method in this package: an estimate with one-sided bounds. Also checks of inputs."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its one-sided bounds, each at ``confidence``; a bound is None if no method covers the case."""

    estimate: float
    lower: float | None
    upper: float | None
    n: int  # rows, pairs or requests behind the estimate
    confidence: float  # of each bound by itself, a fraction: the two together hold with 2 * confidence - 1
    method: str  # a key of SOURCES
    unknown: str | None = None  # the reason why a bound is None, with the sufficient number of rows if known

    def __post_init__(self) -> None:
        """Refuse values that a verdict must not use: NaN, infinities, a bound on the wrong side, a missing reason."""
        numbers = [value for value in (self.estimate, self.lower, self.upper) if value is not None]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"{self.method}: not a finite number among {numbers}")
        if self.lower is not None and self.lower > self.estimate:
            raise ValueError(f"{self.method}: lower bound {self.lower} above the estimate {self.estimate}")
        if self.upper is not None and self.upper < self.estimate:
            raise ValueError(f"{self.method}: upper bound {self.upper} below the estimate {self.estimate}")
        if (self.lower is None or self.upper is None) and not self.unknown:
            raise ValueError(f"{self.method}: a bound is missing without a reason")


def error_probability(confidence: float) -> float:
    """Return ``1 - confidence``, the probability with which a one-sided bound may be wrong.

    Raises:
        ValueError: The confidence is not between 0.5 and 1.
    """
    if not 0.5 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0.5 and 1; 0.95 is usual")
    return 1.0 - confidence


def counts(**named: int) -> None:
    """Refuse impossible counts.

    Raises:
        ValueError: A count is negative, or not whole.
    """
    for name, value in named.items():
        if int(value) != value or value < 0:
            raise ValueError(f"{name} is {value}: a count is a whole number, zero or more")


def numbers(values: ArrayLike, name: str, least: int = 1) -> Floats:
    """Return ``values`` as float64 of shape (n,).

    Raises:
        ValueError: ``values`` is not one-dimensional, has fewer than ``least`` values, or contains NaN or infinity.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has the shape {array.shape}; one value a row is needed")
    if len(array) < least:
        raise ValueError(f"{name} has {len(array)} values; at least {least} are needed")
    if not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name} is {array[place]} in row {place}; every value must be a finite number")
    return array


def binary(truth: ArrayLike, name: str = "truth") -> NDArray[np.bool_]:
    """Return labels of shape (n,) as booleans, True for the positive class.

    Raises:
        ValueError: The labels are not one-dimensional, empty, or not 0 and 1.
    """
    array = np.asarray(truth)
    if array.ndim != 1 or len(array) == 0:
        raise ValueError(f"{name} has the shape {array.shape}; one label a row is needed, and at least one row")
    positive = array == 1
    if not (positive | (array == 0)).all():
        place = int(np.flatnonzero(~(positive | (array == 0)))[0])
        raise ValueError(f"{name} is {array[place]!r} in row {place}; labels are 0 and 1")
    return np.asarray(positive, dtype=np.bool_)


def same_length(**arrays: NDArray[np.generic]) -> int:
    """Return the common length.

    Raises:
        ValueError: The lengths differ.
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"not the same rows: {lengths}")
    return next(iter(lengths.values()))
