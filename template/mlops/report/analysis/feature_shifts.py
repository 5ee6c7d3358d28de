"""The features in which some rows differ from the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops.gates.statistics import Interval
from mlops.report.analysis import t_intervals

FEWEST = 2  # rows on each side, below which there is no difference to speak of


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a feature of some rows lies from that of the others, in standard deviations over all rows."""

    feature: str
    interval: Interval
    inside: float  # mean, or share of a category, in the rows
    outside: float  # the same in the others


def shifts(rows: pd.DataFrame, chosen: NDArray[np.bool_], confidence: float, most: int) -> list[Shift]:
    """The features in which the ``chosen`` rows differ most from the others, the strongest first.

    A category counts as the share of rows that have it, and a feature with the category that differs most.

    Args:
        rows: (n,) the features alone.
        chosen: (n,).
    """
    if min(chosen.sum(), (~chosen).sum()) < FEWEST:
        return []
    found = []
    for name in rows.columns:
        candidates = [
            shift
            for label, values in columns(str(name), rows[name])
            if (shift := shifted(label, values, chosen, confidence)) is not None
        ]
        if candidates:
            found.append(max(candidates, key=strength))
    return sorted(found, key=strength, reverse=True)[:most]


def strength(shift: Shift) -> float:
    return abs(shift.interval.estimate)


def columns(name: str, values: pd.Series) -> list[tuple[str, NDArray[np.float64]]]:
    """A feature as numbers: itself, or for categories one column of 0 and 1 each."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return [(name, values.to_numpy(dtype=np.float64, na_value=np.nan))]
    text = values.astype(object).where(values.notna(), "missing").astype(str)
    common = text.value_counts().index[:20]
    return [(f"{name} = {category}", (text == category).to_numpy(dtype=np.float64)) for category in common]


def shifted(label: str, values: NDArray[np.float64], chosen: NDArray[np.bool_], confidence: float) -> Shift | None:
    """The shift of one column; None where it does not vary or too few of its values are known."""
    known = np.isfinite(values)
    inside, outside = values[known & chosen], values[known & ~chosen]
    if min(len(inside), len(outside)) < FEWEST:
        return None
    spread = float(values[known].std())
    if not spread > 0:
        return None
    found = t_intervals.of_difference(inside / spread, outside / spread, confidence)
    return Shift(label, found, float(inside.mean()), float(outside.mean()))
