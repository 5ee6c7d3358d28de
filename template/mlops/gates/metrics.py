"""Metrics by the names that model_gates.yaml uses: value, bounds, and paired difference, each by its own method.

Values agree with scikit-learn's; a test holds them together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import Task
from .statistics import Interval, calibration, difference, mean, proportion, ranking, regression, table

MOST_LABELS = 200  # for averages over labels: the table has a cell for each pair of them
MOST_LABELS_PAIRED = 30  # and here for each triple


@dataclass(frozen=True)
class Answers:
    """One model's answers with the truth, each (n,), coded as ``reading.Scored`` says.

    ``labels`` is the number of labels, 0 for a regression; ``class_scores`` is (n, labels) or None.
    """

    task: Task
    labels: int
    truth: NDArray[Any]
    score: NDArray[np.float64]
    prediction: NDArray[Any]
    class_scores: NDArray[np.float64] | None = field(default=None)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(labels, labels): rows by truth and prediction."""
        k = self.labels
        return np.bincount(self.truth * k + self.prediction, minlength=k * k).reshape(k, k)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(n,): the prediction is the truth."""
        return np.asarray(self.truth == self.prediction)

    @property
    def outcomes(self) -> tuple[int, int, int, int]:
        """True positives, false positives, false negatives, true negatives of a classification."""
        (tn, fp), (fn, tp) = self.counts.tolist()
        return tp, fp, fn, tn

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(n, labels): the probability of each label.

        Raises:
            Undefined: the evidence does not have them.
        """
        if self.class_scores is None:
            raise Undefined("needs the probability of each label: a column candidate_score_<label> for each")
        return self.class_scores


class Undefined(ValueError):
    """The metric has no value on these rows."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How sure a bound must be, and what resampling starts from."""

    confidence: float
    seed: int


One = Callable[[Answers, Draw], Interval]
Two = Callable[[Answers, Answers, Draw], Interval]
Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """``of`` a model's answers; ``minus``, the first model's value less the second's on the same rows."""

    formula: str
    of: One
    minus: Two
    inputs: Callable[[Answers], Numbers]  # what the formula is filled with, for a person
    higher_is_better: bool = True
    lowest: float | None = 0.0
    highest: float | None = 1.0

    @property
    def range(self) -> str:
        """The values that it can have, in words."""
        if self.lowest is not None and self.highest is not None:
            return f"between {self.lowest:g} and {self.highest:g}"
        return f"{self.highest:g} or less" if self.highest is not None else f"{self.lowest:g} or more"


# ------------------------------------------------------------------------------------------- what formulas are fed


def outcomes(answers: Answers) -> Numbers:
    tp, fp, fn, tn = answers.outcomes
    return {"TP": tp, "FP": fp, "FN": fn, "TN": tn, "rows": len(answers.truth)}


def rightness(answers: Answers) -> Numbers:
    return {"right": int(answers.right.sum()), "rows": len(answers.truth)}


def classes(answers: Answers) -> Numbers:
    positive = int((answers.truth == 1).sum())
    return {"positive rows": positive, "negative rows": len(answers.truth) - positive}


def table_of(answers: Answers) -> Numbers:
    """Rows and right ones of each label, which is all that averages over labels are made of but the predictions."""
    true, predicted = answers.counts.sum(axis=1).tolist(), answers.counts.sum(axis=0).tolist()
    right = answers.counts.diagonal().tolist()
    found: dict[str, float] = {}
    for label in range(min(answers.labels, 10)):
        found |= {f"rows of label {label}": true[label], f"predicted {label}": predicted[label]}
        found |= {f"right {label}": right[label]}
    return found


def rows(answers: Answers) -> Numbers:
    return {"rows": len(answers.truth)}


def spread(losses: Callable[[Answers], NDArray[np.float64]]) -> Callable[[Answers], Numbers]:
    def inputs(answers: Answers) -> Numbers:
        values = losses(answers)
        return {
            "rows": len(values),
            "mean of the losses": float(values.mean()),
            "their standard deviation": float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        }

    return inputs


# ------------------------------------------------------------------------------------------------ kinds of metrics


def count_of_right(formula: str) -> Metric:
    """A share of rows on which the model is right: exact alone, Tango's score paired."""

    def minus(a: Answers, b: Answers, draw: Draw) -> Interval:
        first, second = a.right, b.right
        both, only_first = int((first & second).sum()), int((first & ~second).sum())
        only_second = int((~first & second).sum())
        neither = len(first) - both - only_first - only_second
        return difference.paired(both, only_first, only_second, neither, draw.confidence)

    return Metric(
        formula,
        lambda a, draw: proportion.clopper_pearson(int(a.right.sum()), len(a.truth), draw.confidence),
        minus,
        rightness,
    )


def triples(a: Answers, b: Answers) -> NDArray[np.int64]:
    """(k, k, k): rows by truth, prediction of a, prediction of b."""
    k = a.labels
    return np.bincount((a.truth * k + a.prediction) * k + b.prediction, minlength=k**3).reshape(k, k, k)


def paired_table(name: str) -> Two:
    """The paired difference of a metric of the confusion table."""

    def minus(a: Answers, b: Answers, draw: Draw) -> Interval:
        if a.labels <= MOST_LABELS_PAIRED:
            return table.paired_difference(triples(a, b), name, draw.confidence, draw.seed)
        estimate = averaged(name)(a, draw).estimate - averaged(name)(b, draw).estimate
        return too_many_labels(estimate, a, draw, MOST_LABELS_PAIRED)

    return minus


def averaged(name: str) -> One:
    def of(answers: Answers, draw: Draw) -> Interval:
        if answers.labels <= MOST_LABELS:
            return table.metric(answers.counts, name, draw.confidence, draw.seed)
        estimate = table.metric(answers.counts, name, draw.confidence, draw.seed, resamples=100).estimate
        return too_many_labels(estimate, answers, draw, MOST_LABELS)

    return of


def too_many_labels(estimate: float, answers: Answers, draw: Draw, most: int) -> Interval:
    why = f"{answers.labels} labels: bounds of averages are known for {most} at most"
    return Interval(estimate, None, None, len(answers.truth), draw.confidence, table.RESAMPLED, why)


def of_outcomes(formula: str, name: str, interval: Callable[[int, int, int, int, float], Interval]) -> Metric:
    """A rate of the four outcomes of a classification; ``interval`` takes TP, FP, FN, TN and the confidence."""
    return Metric(formula, lambda a, draw: interval(*a.outcomes, draw.confidence), paired_table(name), outcomes)


def of_losses(formula: str, losses: Callable[[Answers], NDArray[np.float64]], highest: float | None) -> Metric:
    """A mean over rows of a loss: t interval, alone and paired; less is better."""
    return Metric(
        formula,
        lambda a, draw: mean.mean(losses(a), draw.confidence),
        lambda a, b, draw: mean.mean_difference(losses(a), losses(b), draw.confidence),
        spread(losses),
        higher_is_better=False,
        highest=highest,
    )


def average(formula: str, name: str) -> Metric:
    """An average over labels, by resampling the table."""
    return Metric(formula, averaged(name), paired_table(name), table_of)


def micro(formula: str) -> Metric:
    """Each row has one label and one prediction, so that every micro average is the accuracy."""
    return count_of_right(formula)


# -------------------------------------------------------------------------------------------------- the multiclass


def class_log_losses(answers: Answers) -> NDArray[np.float64]:
    given = answers.probabilities[np.arange(len(answers.truth)), answers.truth]
    epsilon = np.finfo(np.float64).eps
    losses: NDArray[np.float64] = -np.log(np.clip(given, epsilon, 1 - epsilon))
    return losses


def class_brier_losses(answers: Answers) -> NDArray[np.float64]:
    """Sum over the labels of the squared error of its probability, 0 to 2."""
    given = answers.probabilities[np.arange(len(answers.truth)), answers.truth]
    losses: NDArray[np.float64] = np.square(answers.probabilities).sum(axis=1) - 2 * given + 1
    return losses


def each_label(answers: Answers, draw: Draw) -> Draw:
    """The confidence at which one label's bound must hold for the mean of all of them to hold (Bonferroni)."""
    missing = answers.labels - len(np.unique(answers.truth))
    if missing:
        raise Undefined(f"is not defined: {missing} of the {answers.labels} labels have no row")
    return Draw(1 - (1 - draw.confidence) / answers.labels, draw.seed)


def mean_of(parts: list[Interval], draw: Draw) -> Interval:
    """The mean of intervals; a bound that one of them lacks, the mean lacks."""
    lowers, uppers = [part.lower for part in parts], [part.upper for part in parts]
    lower = None if None in lowers else float(np.mean([value for value in lowers if value is not None]))
    upper = None if None in uppers else float(np.mean([value for value in uppers if value is not None]))
    estimate = float(np.mean([part.estimate for part in parts]))
    unknown = next((part.unknown for part in parts if part.unknown), None)
    return Interval(estimate, lower, upper, parts[0].n, draw.confidence, parts[0].method, unknown)


def auc_of_labels(answers: Answers, draw: Draw) -> Interval:
    inner = each_label(answers, draw).confidence
    columns = answers.probabilities.T
    return mean_of([ranking.auc(column, answers.truth == k, inner) for k, column in enumerate(columns)], draw)


def auc_difference_of_labels(a: Answers, b: Answers, draw: Draw) -> Interval:
    inner = each_label(a, draw).confidence
    pairs = enumerate(zip(a.probabilities.T, b.probabilities.T, strict=True))
    return mean_of([ranking.auc_difference(one, two, a.truth == k, inner) for k, (one, two) in pairs], draw)


def top_label_error(answers: Answers, draw: Draw) -> Interval:
    return calibration.expected_calibration_error(answers.score, answers.right, draw.confidence)


def top_label_error_difference(a: Answers, b: Answers, draw: Draw) -> Interval:
    """Their outcomes differ row by row, so that the paired method does not apply: conservative, from both bounds."""
    half = Draw(1 - (1 - draw.confidence) / 2, draw.seed)
    first, second = top_label_error(a, half), top_label_error(b, half)
    lower = None if first.lower is None or second.upper is None else first.lower - second.upper
    upper = None if first.upper is None or second.lower is None else first.upper - second.lower
    unknown = first.unknown or second.unknown
    estimate = first.estimate - second.estimate
    return Interval(estimate, lower, upper, first.n, draw.confidence, first.method, unknown)


# -------------------------------------------------------------------------------------------------- the regression


def absolute_errors(answers: Answers) -> NDArray[np.float64]:
    return np.asarray(np.abs(answers.prediction - answers.truth), dtype=np.float64)


def relative_errors(answers: Answers) -> NDArray[np.float64]:
    if not answers.truth.all():
        zeros = int((answers.truth == 0).sum())
        raise Undefined(f"is not defined: {zeros} rows have a true value of 0, by which it would divide")
    return np.asarray(absolute_errors(answers) / np.abs(answers.truth))


def spread_of_truth(answers: Answers) -> Numbers:
    errors = answers.prediction - answers.truth
    return {
        "rows": len(errors),
        "mean squared error": float(np.mean(np.square(errors))),
        "variance of the truth": float(np.var(answers.truth)),
    }


# ------------------------------------------------------------------------------------------------------- the tables


CLASSIFICATION: dict[str, Metric] = {
    "accuracy": count_of_right("right / rows"),
    "balanced_accuracy": Metric(
        "(TP / (TP + FN) + TN / (TN + FP)) / 2",
        averaged("balanced_accuracy"),
        paired_table("balanced_accuracy"),
        outcomes,
    ),
    "precision": of_outcomes("TP / (TP + FP)", "precision", lambda tp, fp, fn, tn, c: proportion.precision(tp, fp, c)),
    "recall": of_outcomes("TP / (TP + FN)", "recall", lambda tp, fp, fn, tn, c: proportion.recall(tp, fn, c)),
    "specificity": of_outcomes(
        "TN / (TN + FP)", "specificity", lambda tp, fp, fn, tn, c: proportion.specificity(tn, fp, c)
    ),
    "f1_score": of_outcomes(
        "2 TP / (2 TP + FP + FN)", "f1_score", lambda tp, fp, fn, tn, c: proportion.f1(tp, fp, fn, c)
    ),
    "auc_roc": Metric(
        "share of the pairs of a positive and a negative row in which the positive one scores higher; ties half",
        lambda a, draw: ranking.auc(a.score, a.truth, draw.confidence),
        lambda a, b, draw: ranking.auc_difference(a.score, b.score, a.truth, draw.confidence),
        classes,
    ),
    "average_precision": Metric(
        "sum over the thresholds of (recall there - recall before) * precision there",
        lambda a, draw: ranking.average_precision(a.score, a.truth, draw.confidence, draw.seed),
        lambda a, b, draw: ranking.average_precision_difference(a.score, b.score, a.truth, draw.confidence, draw.seed),
        classes,
    ),
    "log_loss": of_losses(
        "mean of -log(probability given to the true label)", lambda a: mean.log_losses(a.truth, a.score), None
    ),
    "brier_score": of_losses("mean of (score - truth)^2", lambda a: mean.brier_losses(a.truth, a.score), 1.0),
    "expected_calibration_error": Metric(
        "sum over ten bins of the score of (rows in it / rows) * |share of positives - mean score|",
        lambda a, draw: calibration.expected_calibration_error(a.score, a.truth, draw.confidence),
        lambda a, b, draw: calibration.ece_difference(a.score, b.score, a.truth, draw.confidence),
        rows,
        higher_is_better=False,
    ),
}

MULTICLASS: dict[str, Metric] = {
    "accuracy": count_of_right("right / rows"),
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

REGRESSION: dict[str, Metric] = {
    "mae": of_losses("mean of |prediction - truth|", absolute_errors, None),
    "rmse": Metric(
        "square root of the mean of (prediction - truth)^2",
        lambda a, draw: regression.rmse(a.truth, a.prediction, draw.confidence),
        lambda a, b, draw: regression.rmse_difference(a.truth, a.prediction, b.prediction, draw.confidence),
        spread_of_truth,
        higher_is_better=False,
        highest=None,
    ),
    "r2": Metric(
        "1 - mean squared error / variance of the truth",
        lambda a, draw: regression.r2(a.truth, a.prediction, draw.confidence),
        lambda a, b, draw: regression.r2_difference(a.truth, a.prediction, b.prediction, draw.confidence),
        spread_of_truth,
        lowest=None,
    ),
    "mape": of_losses("mean of |prediction - truth| / |truth|", relative_errors, None),
}

BY_TASK: Mapping[Task, dict[str, Metric]] = {
    "classification": CLASSIFICATION,
    "multiclass": MULTICLASS,
    "regression": REGRESSION,
}
EVERY: dict[str, list[Metric]] = {}  # by name, over the tasks
for _metrics in BY_TASK.values():
    for _name, _metric in _metrics.items():
        EVERY.setdefault(_name, []).append(_metric)


def defined(name: str, answers: Answers) -> None:
    """Refuse rows on which a metric has no value.

    Raises:
        Undefined: all rows are of one label, of which nothing but the accuracy says how the model tells them apart.
    """
    if answers.task != "regression" and name != "accuracy" and answers.truth.min() == answers.truth.max():
        raise Undefined("is not defined: all rows have the same label")
