"""Permutation importance of each input, over the held-out rows.

It is defined for any model: how much worse are the predictions if the values of one column are shuffled? Source:
Breiman (2001), Random Forests, Machine Learning 45(1), section 10; Fisher, Rudin and Dominici (2019), JMLR 20(177), for
any model.
"""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops.gates.statistics import Interval, mean
from mlops.model import Predictor

REPEATS = 10
MAX_PREDICTIONS = 200_000  # rows x columns x repeats: a sample of the rows is used if there are more
MIN_ROWS = 50
MAX_SECONDS = 30.0  # of the computation; for a slower model it is skipped


@dataclass(frozen=True, slots=True)
class Importance:
    """How much the mean loss grows if a column is shuffled, with bounds over the rows."""

    feature: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class FeatureImportance:
    """The importance of all features, the most important first."""

    loss: str  # its name
    rows: int  # that were used
    importances: list[Importance]


class TooSlow(Exception):
    """The computation would take longer than ``MAX_SECONDS``."""


def permutation_importance(
    predictor: Predictor, rows: pd.DataFrame, truth: NDArray[np.float64], confidence: float, seed: int
) -> FeatureImportance:
    """Return the permutation importance of every input.

    Each repeat shuffles one column over the rows. The growth of each row's loss is averaged over the repeats; the
    importance is the mean of this growth over the rows, with the bounds of a mean.

    Args:
        predictor: The model.
        rows: (n,) held-out rows with the model's inputs.
        truth: (n,) the actual value, or 1 for the positive label and 0 for the other.
        confidence: Of the one-sided bounds.
        seed: Of the shuffling and of the sample of rows.

    Raises:
        TooSlow: The model is too slow; the message states how long the computation would take.
    """
    random = np.random.default_rng(seed)
    names = [column.name for column in predictor.signature.inputs]
    most = max(MIN_ROWS, MAX_PREDICTIONS // (REPEATS * len(names)))
    if len(rows) > most:
        chosen = np.sort(random.choice(len(rows), most, replace=False))
        rows, truth = rows.iloc[chosen], truth[chosen]
    frame = predictor.signature.frame(rows).reset_index(drop=True)
    started = time.perf_counter()
    before = losses(predictor, frame, truth, 1)
    expected = (time.perf_counter() - started) * len(names) * REPEATS
    if expected > MAX_SECONDS:
        raise TooSlow(f"The model is slow: shuffling {len(names)} columns would take about {expected:.0f} s")
    importances = []
    max_loss = None if predictor.signature.task == "regression" else 1.0  # the squared error of a probability
    for name in names:
        repeated = pd.concat([frame] * REPEATS, ignore_index=True)
        permutation = np.concatenate([random.permutation(len(frame)) for _ in range(REPEATS)])
        repeated[name] = frame[name].to_numpy()[permutation]
        after = losses(predictor, repeated, truth, REPEATS)
        importances.append(Importance(name, mean.mean_difference(after, before, confidence, max_loss)))
    importances.sort(key=lambda importance: -importance.interval.estimate)
    loss = "mean absolute error" if predictor.signature.task == "regression" else "Brier score"
    return FeatureImportance(loss, len(frame), importances)


def losses(predictor: Predictor, frame: pd.DataFrame, truth: NDArray[np.float64], repeats: int) -> NDArray[np.float64]:
    """Return the loss of each row, averaged over its repeats, (n,)."""
    score = predictor.predict(frame).score.reshape(repeats, -1)
    error = np.abs(score - truth)
    loss: NDArray[np.float64] = (error if predictor.signature.task == "regression" else error**2).mean(axis=0)
    return loss
