"""The scores and predictions of one model, as every chart takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_DOTS = 800  # of a cloud of rows
TENTHS = 10


@dataclass(frozen=True, slots=True)
class ModelScores:
    """One model's answers on the held-out rows, (n,) each, coded as the evidence codes them."""

    label: str  # candidate or champion
    score: Floats
    prediction: NDArray[Any]


def compared(said: Sequence[tuple[str, str]]) -> str:
    """``candidate 0.86, champion 0.84``."""
    return ", ".join(f"{label} {words}" for label, words in said)


def tenths(score: Floats) -> list[NDArray[np.intp]]:
    """Rows in the order of the score, in tenths of about equal size."""
    return [part for part in np.array_split(np.argsort(score, kind="stable"), TENTHS) if len(part)]


def shortened(rows: int, shown: int) -> str:
    return f" {shown:,} of {rows:,} rows are drawn." if shown < rows else ""
