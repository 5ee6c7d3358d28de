"""Curves over the held-out rows, for `dvc plots`."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BINS = 10


def calibration_curve(truth: NDArray[Any], score: NDArray[np.float64]) -> pd.DataFrame:
    """Return the columns ``predicted`` and ``observed``: means over tenths of the rows in the order of the score.

    Args:
        truth: (n,), the actual value, or 1 for the positive label and 0 for the other.
        score: (n,), what the model predicted.
    """
    tenths = np.array_split(np.argsort(score, kind="stable"), min(BINS, len(score)))
    return pd.DataFrame(
        {"predicted": [score[rows].mean() for rows in tenths], "observed": [truth[rows].mean() for rows in tenths]}
    )


def gains_curve(truth: NDArray[Any], score: NDArray[np.float64]) -> pd.DataFrame:
    """Return the columns ``rows`` and ``outcome``: the share of the outcome in the rows with the highest scores.

    ``truth`` and ``score`` as for ``calibration_curve``. If the outcome is 0 in every row, so is its share.
    """
    outcome = np.cumsum(truth[np.argsort(-score, kind="stable")], dtype=np.float64)
    share = np.arange(1, len(outcome) + 1) / len(outcome)
    return pd.DataFrame({"rows": share, "outcome": outcome / outcome[-1] if outcome[-1] else outcome})
