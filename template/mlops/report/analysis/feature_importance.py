"""What drives the answers: permutation importance of each input, over the held-out rows.

It asks of any model the same question, whatever is inside: how much worse are the answers when one column no longer
belongs to its row? Source: Breiman (2001), Random Forests, Machine Learning 45(1), section 10; Fisher, Rudin and
Dominici (2019), JMLR 20(177), for any model.
"""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops.gates.statistics import Interval, mean
from mlops.model import Predictor

REPEATS = 10
MOST_PREDICTIONS = 200_000  # rows x columns x repeats: more rows say no more than a sample of them
FEWEST_ROWS = 50
LONGEST = 30.0  # seconds that permuting may take; a model that is slower goes without


@dataclass(frozen=True, slots=True)
class Importance:
    """How much the mean loss grows when a column is shuffled; bounds over the rows."""

    feature: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class FeatureImportance:
    """Features by importance, the most important first."""

    loss: str  # what grows, in words
    rows: int  # that were looked at
    importances: list[Importance]


class TooSlow(Exception):
    """Permuting would take longer than a report may."""


def permutation_importance(
    predictor: Predictor, rows: pd.DataFrame, truth: NDArray[np.float64], confidence: float, seed: int
) -> FeatureImportance:
    """Permutation importance of every input.

    Each repeat shuffles one column over the rows; a row's loss then, less its loss now, is averaged over the repeats,
    and the importance is the mean of that over the rows, with the bounds of such a mean.

    Args:
        rows: (n,) held-out rows with the model's inputs.
        truth: (n,) the value, or 1 for the positive label and 0 for the other.
        seed: of the shuffling and of the choice of rows where there are many.

    Raises:
        TooSlow: the model is, with how long it would take.
    """
    random = np.random.default_rng(seed)
    names = [column.name for column in predictor.signature.inputs]
    most = max(FEWEST_ROWS, MOST_PREDICTIONS // (REPEATS * len(names)))
    if len(rows) > most:
        chosen = np.sort(random.choice(len(rows), most, replace=False))
        rows, truth = rows.iloc[chosen], truth[chosen]
    frame = predictor.signature.frame(rows).reset_index(drop=True)
    started = time.perf_counter()
    before = losses(predictor, frame, truth, 1)
    expected = (time.perf_counter() - started) * len(names) * REPEATS
    if expected > LONGEST:
        raise TooSlow(f"the model is slow: shuffling {len(names)} columns would take about {expected:.0f} seconds")
    found = []
    largest = None if predictor.signature.task == "regression" else 1.0  # of the square of a probability's error
    for name in names:
        repeated = pd.concat([frame] * REPEATS, ignore_index=True)
        places = np.concatenate([random.permutation(len(frame)) for _ in range(REPEATS)])
        repeated[name] = frame[name].to_numpy()[places]
        after = losses(predictor, repeated, truth, REPEATS)
        found.append(Importance(name, mean.mean_difference(after, before, confidence, largest)))
    found.sort(key=lambda importance: -importance.interval.estimate)
    loss = "mean absolute error" if predictor.signature.task == "regression" else "Brier score"
    return FeatureImportance(loss, len(frame), found)


def losses(predictor: Predictor, frame: pd.DataFrame, truth: NDArray[np.float64], repeats: int) -> NDArray[np.float64]:
    """The loss of each row, averaged over its repeats, (n,)."""
    score = predictor.predict(frame).score.reshape(repeats, -1)
    off = np.abs(score - truth)
    each: NDArray[np.float64] = (off if predictor.signature.task == "regression" else off**2).mean(axis=0)
    return each
