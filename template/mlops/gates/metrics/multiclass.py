"""Metrics for three or more labels, with the names that model_gates.yaml uses. Values agree with scikit-learn's."""

import numpy as np
from numpy.typing import NDArray

from ..statistics import Interval, calibration, ranking
from . import sample_planning
from .metric import Metric, ModelOutputs, Resampling, Undefined, average, count_of_right, micro, of_losses, rows


def class_log_losses(outputs: ModelOutputs) -> NDArray[np.float64]:
    """Return the log loss of each row."""
    given = outputs.probabilities[np.arange(len(outputs.truth)), outputs.truth]
    epsilon = np.finfo(np.float64).eps
    losses: NDArray[np.float64] = -np.log(np.clip(given, epsilon, 1 - epsilon))
    return losses


def class_brier_losses(outputs: ModelOutputs) -> NDArray[np.float64]:
    """Return for each row the sum over labels of the squared error of the probability, 0 to 2."""
    given = outputs.probabilities[np.arange(len(outputs.truth)), outputs.truth]
    losses: NDArray[np.float64] = np.square(outputs.probabilities).sum(axis=1) - 2 * given + 1
    return losses


def each_label(outputs: ModelOutputs, resampling: Resampling) -> Resampling:
    """Return the confidence for the bound of one label, with which the mean over labels holds (Bonferroni)."""
    missing = outputs.labels - len(np.unique(outputs.truth))
    if missing:
        raise Undefined(f"is not defined: {missing} of the {outputs.labels} labels have no row")
    return Resampling(1 - (1 - resampling.confidence) / outputs.labels, resampling.seed)


def mean_of(parts: list[Interval], resampling: Resampling) -> Interval:
    """Return the mean of intervals; it has a bound only if each of them has one."""
    lowers, uppers = [part.lower for part in parts], [part.upper for part in parts]
    lower = None if None in lowers else float(np.mean([value for value in lowers if value is not None]))
    upper = None if None in uppers else float(np.mean([value for value in uppers if value is not None]))
    estimate = float(np.mean([part.estimate for part in parts]))
    unknown = next((part.unknown for part in parts if part.unknown), None)
    return Interval(estimate, lower, upper, parts[0].n, resampling.confidence, parts[0].method, unknown)


def auc_of_labels(outputs: ModelOutputs, resampling: Resampling) -> Interval:
    """Return the mean over labels of the AUC of each label against the others."""
    inner = each_label(outputs, resampling).confidence
    columns = outputs.probabilities.T
    return mean_of([ranking.auc(column, outputs.truth == k, inner) for k, column in enumerate(columns)], resampling)


def auc_difference_of_labels(a: ModelOutputs, b: ModelOutputs, resampling: Resampling) -> Interval:
    """Return ``auc_of_labels`` of a minus that of b."""
    inner = each_label(a, resampling).confidence
    pairs = enumerate(zip(a.probabilities.T, b.probabilities.T, strict=True))
    return mean_of([ranking.auc_difference(one, two, a.truth == k, inner) for k, (one, two) in pairs], resampling)


def top_label_error(outputs: ModelOutputs, resampling: Resampling) -> Interval:
    """Return the expected calibration error of the predicted label's probability."""
    return calibration.expected_calibration_error(outputs.score, outputs.right, resampling.confidence)


def top_label_error_difference(a: ModelOutputs, b: ModelOutputs, resampling: Resampling) -> Interval:
    """Return the difference of two calibration errors, conservatively from the bounds of each.

    The paired method does not apply, because the outcomes of the two models differ in each row.
    """
    half = Resampling(1 - (1 - resampling.confidence) / 2, resampling.seed)
    first, second = top_label_error(a, half), top_label_error(b, half)
    lower = None if first.lower is None or second.upper is None else first.lower - second.upper
    upper = None if first.upper is None or second.lower is None else first.upper - second.lower
    unknown = first.unknown or second.unknown
    estimate = first.estimate - second.estimate
    return Interval(estimate, lower, upper, first.n, resampling.confidence, first.method, unknown)


METRICS: dict[str, Metric] = {
    "accuracy": count_of_right("right / rows", defined_for_one_label=True),
    "balanced_accuracy": average("mean over the labels of right / rows of it", "balanced_accuracy"),
    "precision_macro": average("mean over the labels of right / predicted", "precision_macro"),
    "precision_micro": micro("right / rows, the precision over all labels together"),
    "precision_weighted": average("the same, each label by its rows", "precision_weighted"),
    "recall_macro": average("mean over the labels of right / rows of it", "recall_macro"),
    "recall_micro": micro("right / rows, the recall over all labels together"),
    "recall_weighted": average("the same, each label by its rows", "recall_weighted"),
    "f1_macro": average("mean over the labels of 2 right / (rows of it + predicted)", "f1_macro"),
    "f1_micro": micro("right / rows, the F1 score over all labels together"),
    "f1_weighted": average("the same, each label by its rows", "f1_weighted"),
    "auc_roc_macro": Metric(
        "mean over the labels of the AUC of this label against the others; each bound at 1 - (1 - confidence) / labels",
        auc_of_labels,
        auc_difference_of_labels,
        rows,
        least_rows=sample_planning.ranked_rows,
    ),
    "log_loss": of_losses("mean of -log(probability given to the true label)", class_log_losses, None),
    "brier_score": of_losses(
        "mean of the sum over the labels of (probability - 1 if it is the true one)^2", class_brier_losses, 2.0
    ),
    "expected_calibration_error": Metric(
        "sum over ten bins of the predicted label's probability of (rows in it / rows) * |share right - mean of it|",
        top_label_error,
        top_label_error_difference,
        rows,
        higher_is_better=False,
    ),
}
