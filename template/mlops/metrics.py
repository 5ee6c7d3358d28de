"""Metrics by the names that model_gates.yaml uses; values agree with scikit-learn's, which computes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from mlops.model import Task

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """``of(truth, score, prediction)``, each (n,); for a classification ``truth`` and ``prediction`` are 0 or 1.

    ``higher_is_better`` says which way a model may not move.
    """

    of: Callable[[Array, Array, Array], float]
    higher_is_better: bool = True


CLASSIFICATION: dict[str, Metric] = {
    "accuracy": Metric(lambda truth, score, prediction: sk.accuracy_score(truth, prediction)),
    "balanced_accuracy": Metric(lambda truth, score, prediction: sk.balanced_accuracy_score(truth, prediction)),
    "precision": Metric(lambda truth, score, prediction: sk.precision_score(truth, prediction, zero_division=0.0)),
    "recall": Metric(lambda truth, score, prediction: sk.recall_score(truth, prediction)),
    "specificity": Metric(lambda truth, score, prediction: sk.recall_score(truth, prediction, pos_label=0)),
    "f1_score": Metric(lambda truth, score, prediction: sk.f1_score(truth, prediction)),
    "auc_roc": Metric(lambda truth, score, prediction: sk.roc_auc_score(truth, score)),
    "average_precision": Metric(lambda truth, score, prediction: sk.average_precision_score(truth, score)),
    "log_loss": Metric(lambda truth, score, prediction: sk.log_loss(truth, score, labels=[0, 1]), False),
    "brier_score": Metric(lambda truth, score, prediction: sk.brier_score_loss(truth, score), False),
}

REGRESSION: dict[str, Metric] = {
    "mae": Metric(lambda truth, score, prediction: sk.mean_absolute_error(truth, prediction), False),
    "rmse": Metric(lambda truth, score, prediction: sk.root_mean_squared_error(truth, prediction), False),
    "r2": Metric(lambda truth, score, prediction: sk.r2_score(truth, prediction)),
}

BY_TASK: Mapping[Task, dict[str, Metric]] = {"classification": CLASSIFICATION, "regression": REGRESSION}


def compute(task: Task, truth: Array, score: Array, prediction: Array) -> dict[str, float]:
    """All metrics of a task; ``truth`` and ``prediction`` as ``Metric.of`` takes them.

    A metric that these rows do not define (AUC of rows with one label only) is NaN, which no gate accepts.
    """
    values = {}
    for name, metric in BY_TASK[task].items():
        defined = task == "regression" or len(np.unique(truth)) == 2 or name == "accuracy"
        values[name] = float(metric.of(truth, score, prediction)) if defined else float("nan")
    return values
