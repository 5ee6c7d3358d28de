"""The type of a metric: its value with bounds, its paired difference, and the number of rows that it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence.contract import Task
from ..statistics import Interval, difference, mean, proportion, table
from . import sample_planning
from .sample_planning import PlanConditions

MAX_LABELS = 200  # for averages over labels: the table has a cell for each pair of labels
MAX_LABELS_PAIRED = 30  # for paired differences: the table has a cell for each triple of labels


@dataclass(frozen=True)
class ModelOutputs:
    """The predictions of one model with the truth, each (n,), coded as in ``evidence_reader.Scored``.

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
            Undefined: The evidence does not have them.
        """
        if self.class_scores is None:
            raise Undefined("needs the probability of each label: a column candidate_score_<label> for each")
        return self.class_scores


class Undefined(ValueError):
    """The metric has no value on these rows."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """Confidence of a bound, and seed of the resampling."""

    confidence: float
    seed: int


IntervalMethod = Callable[[ModelOutputs, Resampling], Interval]
DifferenceMethod = Callable[[ModelOutputs, ModelOutputs, Resampling], Interval]
Numbers = Mapping[str, float]
RowsNeeded = Callable[[PlanConditions, float, float], tuple[int, str]]  # quality, limit: rows, of which rows


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its methods.

    ``interval``: value of one model with bounds.
    ``difference``: the first model's value minus the second's on the same rows, with bounds.
    ``inputs``: the numbers in the formula, for ``--explain``.
    ``rows_needed``: rows for a true quality and a threshold; None if only earlier evidence shows how much it varies.
    ``paired_rows_needed``: likewise, rows for a limit of the degradation.
    ``least_rows``: number of rows below which no bound is known.
    ``defined_for_one_label``: whether it has a value on rows that all have the same label.
    """

    formula: str
    interval: IntervalMethod
    difference: DifferenceMethod
    inputs: Callable[[ModelOutputs], Numbers]
    higher_is_better: bool = True
    lowest: float | None = 0.0
    highest: float | None = 1.0
    rows_needed: RowsNeeded | None = None
    paired_rows_needed: Callable[[PlanConditions, float], tuple[int, str]] | None = None
    least_rows: Callable[[PlanConditions], int] | None = None
    defined_for_one_label: bool = False

    @property
    def range(self) -> str:
        """The range of its values in words."""
        if self.lowest is not None and self.highest is not None:
            return f"between {self.lowest:g} and {self.highest:g}"
        return f"{self.highest:g} or less" if self.highest is not None else f"{self.lowest:g} or more"


# --------------------------------------------------------------------------------------------- inputs of formulas


def outcomes(outputs: ModelOutputs) -> Numbers:
    """Return the counts of the four outcomes."""
    tp, fp, fn, tn = outputs.outcomes
    return {"TP": tp, "FP": fp, "FN": fn, "TN": tn, "rows": len(outputs.truth)}


def rightness(outputs: ModelOutputs) -> Numbers:
    """Return how many rows are right."""
    return {"right": int(outputs.right.sum()), "rows": len(outputs.truth)}


def classes(outputs: ModelOutputs) -> Numbers:
    """Return how many rows are positive and negative."""
    positive = int((outputs.truth == 1).sum())
    return {"positive rows": positive, "negative rows": len(outputs.truth) - positive}


def table_of(outputs: ModelOutputs) -> Numbers:
    """Return rows, predictions and right predictions of each label; averages over labels are computed from these."""
    true, predicted = outputs.counts.sum(axis=1).tolist(), outputs.counts.sum(axis=0).tolist()
    right = outputs.counts.diagonal().tolist()
    found: dict[str, float] = {}
    for label in range(min(outputs.labels, 10)):
        found |= {f"rows of label {label}": true[label], f"predicted {label}": predicted[label]}
        found |= {f"right {label}": right[label]}
    return found


def rows(outputs: ModelOutputs) -> Numbers:
    """Return the number of rows."""
    return {"rows": len(outputs.truth)}


def spread(losses: Callable[[ModelOutputs], NDArray[np.float64]]) -> Callable[[ModelOutputs], Numbers]:
    """Return a function that describes losses by their mean and standard deviation."""

    def inputs(outputs: ModelOutputs) -> Numbers:
        values = losses(outputs)
        return {
            "rows": len(values),
            "mean of the losses": float(values.mean()),
            "their standard deviation": float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        }

    return inputs


# ------------------------------------------------------------------------------------------------ kinds of metrics


def count_of_right(formula: str, defined_for_one_label: bool = False) -> Metric:
    """Return a metric that is the share of right rows: exact bounds, and Tango's score for the difference."""

    def minus(a: ModelOutputs, b: ModelOutputs, resampling: Resampling) -> Interval:
        first, second = a.right, b.right
        both, only_first = int((first & second).sum()), int((first & ~second).sum())
        only_second = int((~first & second).sum())
        neither = len(first) - both - only_first - only_second
        return difference.paired(both, only_first, only_second, neither, resampling.confidence)

    return Metric(
        formula,
        lambda a, resampling: proportion.clopper_pearson(int(a.right.sum()), len(a.truth), resampling.confidence),
        minus,
        rightness,
        rows_needed=sample_planning.each_row_counts,
        paired_rows_needed=sample_planning.paired_rows,
        defined_for_one_label=defined_for_one_label,
    )


def triples(a: ModelOutputs, b: ModelOutputs) -> NDArray[np.int64]:
    """Return rows by truth, prediction of a, and prediction of b: (k, k, k)."""
    k = a.labels
    return np.bincount((a.truth * k + a.prediction) * k + b.prediction, minlength=k**3).reshape(k, k, k)


def paired_table(name: str) -> DifferenceMethod:
    """Return the method for the paired difference of a metric of the confusion table."""

    def minus(a: ModelOutputs, b: ModelOutputs, resampling: Resampling) -> Interval:
        if a.labels <= MAX_LABELS_PAIRED:
            return table.paired_difference(triples(a, b), name, resampling.confidence, resampling.seed)
        estimate = averaged(name)(a, resampling).estimate - averaged(name)(b, resampling).estimate
        return too_many_labels(estimate, a, resampling, MAX_LABELS_PAIRED)

    return minus


def averaged(name: str) -> IntervalMethod:
    """Return the method for a metric of the confusion table, by resampling."""

    def of(outputs: ModelOutputs, resampling: Resampling) -> Interval:
        if outputs.labels <= MAX_LABELS:
            return table.metric(outputs.counts, name, resampling.confidence, resampling.seed)
        estimate = table.metric(outputs.counts, name, resampling.confidence, resampling.seed, resamples=100).estimate
        return too_many_labels(estimate, outputs, resampling, MAX_LABELS)

    return of


def too_many_labels(estimate: float, outputs: ModelOutputs, resampling: Resampling, most: int) -> Interval:
    """Return an interval without bounds, for a table with too many labels."""
    why = f"{outputs.labels} labels: bounds of averages are known for {most} at most"
    return Interval(estimate, None, None, len(outputs.truth), resampling.confidence, table.RESAMPLED, why)


def of_outcomes(
    formula: str,
    name: str,
    interval: Callable[[int, int, int, int, float], Interval],
    rows_needed: RowsNeeded,
) -> Metric:
    """Return a metric of the four outcomes; ``interval`` takes TP, FP, FN, TN and the confidence."""
    return Metric(
        formula,
        lambda a, resampling: interval(*a.outcomes, resampling.confidence),
        paired_table(name),
        outcomes,
        rows_needed=rows_needed,
    )


def of_losses(formula: str, losses: Callable[[ModelOutputs], NDArray[np.float64]], highest: float | None) -> Metric:
    """Return a metric that is the mean of a loss: t intervals for the value and the difference; lower is better."""
    return Metric(
        formula,
        lambda a, resampling: mean.mean(losses(a), resampling.confidence),
        lambda a, b, resampling: mean.mean_difference(losses(a), losses(b), resampling.confidence),
        spread(losses),
        higher_is_better=False,
        highest=highest,
    )


def average(formula: str, name: str) -> Metric:
    """Return a metric that is an average over labels, by resampling the table."""
    return Metric(formula, averaged(name), paired_table(name), table_of)


def micro(formula: str) -> Metric:
    """Return a micro average, which equals the accuracy because each row has one label and one prediction."""
    return count_of_right(formula)


def check_defined(metric: Metric, outputs: ModelOutputs) -> None:
    """Refuse rows on which a metric is not defined.

    Raises:
        Undefined: all rows have the same label, and the metric needs rows of several.
    """
    one_label = outputs.task != "regression" and outputs.truth.min() == outputs.truth.max()
    if one_label and not metric.defined_for_one_label:
        raise Undefined("is not defined: all rows have the same label")
