"""The features in which some rows differ from the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops.gates.statistics import Interval
from mlops.report.analysis import t_intervals

MIN_ROWS = 2  # in and outside the selection


@dataclass(frozen=True, slots=True)
class Shift:
    """The difference of a feature between selected rows and the others, in standard deviations over all rows."""

    feature: str
    interval: Interval
    inside: float  # the mean, or the share of a category, in the selected rows
    outside: float  # the same in the other rows


def largest_shifts(rows: pd.DataFrame, chosen: NDArray[np.bool_], confidence: float, most: int) -> list[Shift]:
    """Return the features in which the ``chosen`` rows differ most from the others, the largest difference first.

    For a feature with categories, the share of each category is compared, and the category that differs most counts.

    Args:
        rows: (n,) the features.
        chosen: (n,) whether a row is selected.
        confidence: Of the one-sided bounds.
        most: The maximum number of features to return.
    """
    if min(chosen.sum(), (~chosen).sum()) < MIN_ROWS:
        return []
    shifts = []
    for name in rows.columns:
        candidates = [
            shift
            for label, values in numeric_columns(str(name), rows[name])
            if (shift := column_shift(label, values, chosen, confidence)) is not None
        ]
        if candidates:
            shifts.append(max(candidates, key=strength))
    return sorted(shifts, key=strength, reverse=True)[:most]


def strength(shift: Shift) -> float:
    """Return the absolute value of a shift."""
    return abs(shift.interval.estimate)


def numeric_columns(name: str, values: pd.Series) -> list[tuple[str, NDArray[np.float64]]]:
    """Return a feature as numbers: itself, or a column of 0 and 1 for each of its most frequent categories."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return [(name, values.to_numpy(dtype=np.float64, na_value=np.nan))]
    text = values.astype(object).where(values.notna(), "missing").astype(str)
    common = text.value_counts().index[:20]
    return [(f"{name} = {category}", (text == category).to_numpy(dtype=np.float64)) for category in common]


def column_shift(label: str, values: NDArray[np.float64], chosen: NDArray[np.bool_], confidence: float) -> Shift | None:
    """Return the shift of one column; None if it does not vary or too few of its values are known."""
    known = np.isfinite(values)
    inside, outside = values[known & chosen], values[known & ~chosen]
    if min(len(inside), len(outside)) < MIN_ROWS:
        return None
    spread = float(values[known].std())
    if not spread > 0:
        return None
    interval = t_intervals.of_difference(inside / spread, outside / spread, confidence)
    return Shift(label, interval, float(inside.mean()), float(outside.mean()))
