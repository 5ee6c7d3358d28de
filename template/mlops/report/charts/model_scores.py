"""The scores and predictions of one model, the input of most charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MAX_DOTS = 800  # in a scatter plot of rows
TENTHS = 10


@dataclass(frozen=True, slots=True)
class ModelScores:
    """The scores and predictions of one model on the n held-out rows, coded as in the evidence."""

    label: str  # candidate or champion
    score: Floats  # (n,)
    prediction: NDArray[Any]  # (n,)


def per_model(values: Sequence[tuple[str, str]]) -> str:
    """Return one value per model as text: ``candidate 0.86, champion 0.84``."""
    return ", ".join(f"{label} {value}" for label, value in values)


def tenths(score: Floats) -> list[NDArray[np.intp]]:
    """Return the positions of the rows in the order of the score, in tenths of about equal size."""
    return [part for part in np.array_split(np.argsort(score, kind="stable"), TENTHS) if len(part)]


def sample_note(rows: int, shown: int) -> str:
    """Return a sentence about how many rows are drawn; empty if all are."""
    return f" {shown:,} of {rows:,} rows are drawn." if shown < rows else ""
