"""Samples that say little: never a bound of no width, never NaN, never an error that is not a clear ValueError."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from mlops.gates.statistics import (
    SOURCES,
    Interval,
    calibration,
    difference,
    mean,
    percentile,
    proportion,
    ranking,
    regression,
    table,
)

C = 0.95
HALF = np.repeat([1, 0], 20)
PERFECT = np.where(HALF == 1, 0.9, 0.1) + np.linspace(0, 0.01, 40)
CONSTANT = np.full(40, 0.5)
ONE_POSITIVE = np.repeat([1, 0], [1, 39])
TARGETS = np.linspace(1, 5, 40)
OFF = TARGETS + 0.5  # every error the same

# name, interval, and the bounds that may equal the end of the range: (lower, upper)
CASES: dict[str, tuple[Callable[[], Interval], tuple[float | None, float | None]]] = {
    "perfect accuracy": (lambda: proportion.clopper_pearson(40, 40, C), (None, 1.0)),
    "nothing right": (lambda: proportion.clopper_pearson(0, 40, C), (0.0, None)),
    "one row, right": (lambda: proportion.clopper_pearson(1, 1, C), (None, 1.0)),
    "one row, wrong": (lambda: proportion.clopper_pearson(0, 1, C), (0.0, None)),
    "perfect precision": (lambda: proportion.precision(5, 0, C), (None, 1.0)),
    "precision of no alarm": (lambda: proportion.precision(0, 0, C), (None, None)),
    "recall of no positive": (lambda: proportion.recall(0, 0, C), (None, None)),
    "specificity of no negative": (lambda: proportion.specificity(0, 0, C), (None, None)),
    "perfect f1": (lambda: proportion.f1(5, 0, 0, C), (None, 1.0)),
    "f1 of negatives only": (lambda: proportion.f1(0, 0, 0, C), (None, None)),
    "two perfect groups": (lambda: difference.independent(40, 40, 30, 30, C), (None, None)),
    "opposite groups": (lambda: difference.independent(40, 40, 0, 30, C), (None, 1.0)),
    "groups of one row": (lambda: difference.independent(1, 1, 0, 1, C), (None, 1.0)),
    "no discordant pair": (lambda: difference.paired(30, 0, 0, 10, C), (None, None)),
    "both always right": (lambda: difference.paired(40, 0, 0, 0, C), (None, None)),
    "one pair": (lambda: difference.paired(1, 0, 0, 0, C), (None, None)),
    "always only the first": (lambda: difference.paired(0, 40, 0, 0, C), (None, 1.0)),
    "always only the second": (lambda: difference.paired(0, 0, 40, 0, C), (-1.0, None)),
    "perfect table": (lambda: table.metric([[20, 0], [0, 20]], "balanced_accuracy", C, 1), (None, 1.0)),
    "perfect table of three": (lambda: table.metric(np.eye(3) * 9, "f1_macro", C, 1), (None, 1.0)),
    "one row in a cell": (lambda: table.metric([[39, 0], [0, 1]], "f1_macro", C, 1), (None, 1.0)),
    "table of wrong rows": (lambda: table.metric([[0, 20], [20, 0]], "f1_macro", C, 1), (0.0, None)),
    "one class in a table": (lambda: table.metric([[40]], "f1_macro", C, 1), (None, None)),
    "a class without rows": (lambda: table.metric([[20, 3], [0, 0]], "balanced_accuracy", C, 1), (None, None)),
    "weights of a class without rows": (lambda: table.metric([[20, 3], [0, 0]], "f1_weighted", C, 1), (None, None)),
    "equal models": (lambda: table.paired_difference(equal_models(), "f1_score", C, 1), (None, None)),
    "equal models, precision": (lambda: table.paired_difference(equal_models(), "precision", C, 1), (None, None)),
    "equal perfect models": (lambda: table.paired_difference(equal_models(0), "f1_macro", C, 1), (None, None)),
    "equal models, recall": (lambda: table.paired_difference(equal_models(), "recall", C, 1), (None, None)),
    "perfect ranking": (lambda: ranking.auc(PERFECT, HALF, C), (None, 1.0)),
    "ranking upside down": (lambda: ranking.auc(-PERFECT, HALF, C), (0.0, None)),
    "constant score": (lambda: ranking.auc(CONSTANT, HALF, C), (None, None)),
    "ranking of one positive": (lambda: ranking.auc(PERFECT, ONE_POSITIVE, C), (None, None)),
    "equal rankings": (lambda: ranking.auc_difference(PERFECT, PERFECT, HALF, C), (None, None)),
    "equal rankings, one positive": (lambda: ranking.auc_difference(PERFECT, PERFECT, ONE_POSITIVE, C), (None, None)),
    "equal noise": (lambda: ranking.auc_difference(NOISE, NOISE, HALF, C), (None, None)),
    "perfect precision at every recall": (lambda: ranking.average_precision(PERFECT, HALF, C), (None, 1.0)),
    "average precision of a constant": (lambda: ranking.average_precision(CONSTANT, HALF, C), (None, None)),
    "average precision of one positive": (lambda: ranking.average_precision(PERFECT, ONE_POSITIVE, C), (None, None)),
    "equal precisions": (lambda: ranking.average_precision_difference(NOISE, NOISE, HALF, C), (None, None)),
    "equal losses": (lambda: mean.mean(np.full(40, 0.3), C), (None, None)),
    "no loss": (lambda: mean.mean(np.zeros(40), C), (0.0, None)),
    "no loss of at most one": (lambda: mean.mean(np.zeros(40), C, largest=1.0), (0.0, None)),
    "one loss": (lambda: mean.mean([0.3], C), (None, None)),
    "one loss of at most one": (lambda: mean.mean([0.3], C, largest=1.0), (None, None)),
    "the same losses twice": (lambda: mean.mean_difference(TARGETS, TARGETS, C), (None, None)),
    "no losses twice": (lambda: mean.mean_difference(np.zeros(40), np.zeros(40), C), (None, None)),
    "equal but for rounding": (lambda: mean.mean(np.full(40, 0.1) + ROUNDING, C), (None, None)),
    "the same but for rounding": (lambda: mean.mean_difference(TARGETS, TARGETS + ROUNDING, C), (None, None)),
    "equal regressions but for rounding": (
        lambda: regression.rmse_difference(TARGETS, OFF, OFF + ROUNDING, C),
        (None, None),
    ),
    "one difference": (lambda: mean.mean_difference(one_other(TARGETS), TARGETS, C), (None, None)),
    "no error": (lambda: regression.rmse(TARGETS, TARGETS, C), (0.0, None)),
    "the same error everywhere": (lambda: regression.rmse(TARGETS, OFF, C), (None, None)),
    "one row's error": (lambda: regression.rmse([1.0], [2.0], C), (None, None)),
    "perfect regression": (lambda: regression.r2(TARGETS, TARGETS, C), (None, None)),
    "equal regressions, rmse": (lambda: regression.rmse_difference(TARGETS, OFF, OFF, C), (None, None)),
    "perfect regressions, rmse": (lambda: regression.rmse_difference(TARGETS, TARGETS, TARGETS, C), (None, None)),
    "one perfect regression": (lambda: regression.rmse_difference(TARGETS, OFF, TARGETS, C), (None, None)),
    "equal regressions, r2": (lambda: regression.r2_difference(TARGETS, OFF, OFF, C), (None, None)),
    "calibrated zeros": (lambda: calibration.expected_calibration_error(np.zeros(40), np.zeros(40), C), (0.0, None)),
    "one calibrated row": (lambda: calibration.expected_calibration_error([1.0], [1], C), (0.0, None)),
    "equal calibrations": (lambda: calibration.ece_difference(PERFECT, PERFECT, HALF, C), (None, None)),
    "one latency": (lambda: percentile.percentile([3.0], 0.5, C), (None, None)),
    "equal latencies": (lambda: percentile.percentile(np.full(1000, 3.0), 0.95, C), (None, None)),
    "two latencies, tied": (lambda: percentile.percentile(np.repeat([2.0, 3.0], [10, 990]), 0.95, C), (None, None)),
    "groups of one loss": (lambda: difference.means_independent([1.0], [2.0], C), (None, None)),
    "groups of equal losses": (lambda: difference.means_independent(np.ones(20), np.ones(20), C), (None, None)),
    "groups without loss": (
        lambda: difference.means_independent(np.zeros(9), np.zeros(9), C, largest=1.0),
        (None, None),
    ),
}
ROUNDING = np.random.default_rng(2).normal(size=40) * 1e-16
NOISE = np.random.default_rng(1).random(40)


def equal_models(wrong: int = 5) -> np.ndarray:
    counts = np.zeros((2, 2, 2))
    counts[0, 0, 0] = counts[1, 1, 1] = 20 - wrong
    counts[0, 1, 1] = counts[1, 0, 0] = wrong
    return counts


def one_other(values: np.ndarray) -> np.ndarray:
    return np.append(values[:-1], values[-1] + 0.4)


@pytest.mark.parametrize("name", CASES)
def test_uninformative_sample_gives_a_wide_bound_or_none(name: str) -> None:
    make, (end_below, end_above) = CASES[name]
    interval = make()
    assert interval.method in SOURCES
    assert math.isfinite(interval.estimate)
    for bound, end in ((interval.lower, end_below), (interval.upper, end_above)):
        if bound is None:
            assert interval.unknown
        elif end is not None:
            assert bound == end
        else:
            assert abs(bound - interval.estimate) > 0.1 / interval.n, "as good as no width"
    if interval.lower is not None and interval.upper is not None:
        assert interval.upper - interval.lower > 0.1 / interval.n


def test_bound_of_a_perfect_score_depends_on_the_number_of_rows() -> None:
    """A model right on twenty rows may still be wrong on one in seven."""
    lower = proportion.clopper_pearson(20, 20, C).lower
    assert lower == pytest.approx(0.05 ** (1 / 20), rel=1e-12)
    assert lower is not None
    assert lower < 0.87
    area = ranking.auc(PERFECT, HALF, C).lower
    assert area is not None
    assert area < 0.93
    same = difference.paired(20, 0, 0, 0, C).lower
    assert same is not None
    assert same < -0.11


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no rows": (lambda: proportion.clopper_pearson(0, 0, C), "n is 0"),
    "more right than rows": (lambda: proportion.clopper_pearson(5, 4, C), "5 successes among 4"),
    "a negative count": (lambda: proportion.precision(-1, 4, C), "zero or more"),
    "half a row": (lambda: proportion.clopper_pearson(1.5, 4, C), "whole number"),  # type: ignore[arg-type]
    "confidence in percent": (lambda: proportion.clopper_pearson(1, 4, 95), "between 0.5 and 1"),
    "confidence of one": (lambda: ranking.auc(PERFECT, HALF, 1.0), "between 0.5 and 1"),
    "confidence that is none": (lambda: mean.mean([0.1, 0.2], math.nan), "between 0.5 and 1"),
    "an empty group": (lambda: difference.independent(0, 0, 1, 2, C), "n1 is 0"),
    "too many in a group": (lambda: difference.independent(3, 2, 1, 2, C), "more successes than rows"),
    "no pairs": (lambda: difference.paired(0, 0, 0, 0, C), "no rows"),
    "one label only": (lambda: ranking.auc(CONSTANT, np.ones(40), C), "same label"),
    "one label only, paired": (lambda: ranking.auc_difference(CONSTANT, CONSTANT, np.zeros(40), C), "same label"),
    "one label only, precision": (lambda: ranking.average_precision(CONSTANT, np.ones(40), C), "same label"),
    "a score that is NaN": (lambda: ranking.auc(np.append(PERFECT[:-1], np.nan), HALF, C), "nan in row 39"),
    "an infinite score": (lambda: ranking.auc(np.append(PERFECT[:-1], np.inf), HALF, C), "inf in row 39"),
    "labels 1 and 2": (lambda: ranking.auc(PERFECT, HALF + 1, C), "labels are 0 and 1"),
    "a label that is NaN": (lambda: ranking.auc(PERFECT, np.append(HALF[:-1], np.nan), C), "labels are 0 and 1"),
    "other rows": (lambda: ranking.auc(PERFECT[1:], HALF, C), "not the same rows"),
    "other rows, paired": (lambda: mean.mean_difference([1.0, 2.0], [1.0], C), "not the same rows"),
    "an empty score": (lambda: ranking.auc([], [], C), "shape|at least 1"),
    "no losses": (lambda: mean.mean([], C), "at least 1"),
    "a negative loss": (lambda: mean.mean([-1.0, 2.0], C), "zero or more"),
    "a loss above its largest": (lambda: mean.mean([0.5, 2.0], C, largest=1.0), "between 0 and 1"),
    "losses in a table": (lambda: mean.mean([[1.0, 2.0]], C), "one value a row"),
    "a truth that does not vary": (lambda: regression.r2(CONSTANT, OFF, C), "do not vary"),
    "a difference on such a truth": (lambda: regression.r2_difference(CONSTANT, OFF, OFF, C), "do not vary"),
    "a probability of 1.2": (
        lambda: calibration.expected_calibration_error([0.2, 1.2], [0, 1], C),
        "not a probability",
    ),
    "a log loss of such": (lambda: mean.log_losses([0, 1], [0.2, 1.2]), "not probabilities"),
    "the worst log loss of such": (lambda: mean.largest_log_loss([0.2, 1.2]), "not probabilities"),
    "no bins": (lambda: calibration.expected_calibration_error([0.2, 0.8], [0, 1], C, bins=0), "0 bins"),
    "a table that is not square": (lambda: table.metric([[1, 2, 3], [4, 5, 6]], "f1_macro", C, 1), "equal dimensions"),
    "a table of no rows": (lambda: table.metric([[0, 0], [0, 0]], "f1_macro", C, 1), "no rows"),
    "a table with a negative cell": (lambda: table.metric([[1, -1], [0, 3]], "f1_macro", C, 1), "zero or more"),
    "a table with NaN": (lambda: table.metric([[1, math.nan], [0, 3]], "f1_macro", C, 1), "whole numbers"),
    "an unknown metric": (lambda: table.metric([[1, 0], [0, 3]], "f2", C, 1), "no metric 'f2'"),
    "a binary metric of three": (lambda: table.metric(np.eye(3), "precision", C, 1), "precision_macro"),
    "ten resamples": (lambda: table.metric([[5, 1], [1, 5]], "f1_macro", C, 1, resamples=10), "at least 19 are needed"),
    "a paired table of two dimensions": (lambda: table.paired_difference(np.eye(2), "f1_score", C, 1), "3 equal"),
    "a recall of nobody": (lambda: table.paired_difference(np.zeros((2, 2, 2)) + [[[1]], [[0]]], "recall", C, 1), "0"),
    "no latencies": (lambda: percentile.percentile([], 0.95, C), "at least 1"),
    "the 95th percentile as 95": (lambda: percentile.percentile([1.0, 2.0], 95, C), "0.99 for the 99th"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_invalid_sample_is_refused_with_a_reason(name: str) -> None:
    make, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        make()


def test_interval_refuses_invalid_bounds() -> None:
    with pytest.raises(ValueError, match="finite"):
        Interval(math.nan, 0.0, 1.0, 5, C, "t")
    with pytest.raises(ValueError, match="above the estimate"):
        Interval(0.5, 0.6, 1.0, 5, C, "t")
    with pytest.raises(ValueError, match="below the estimate"):
        Interval(0.5, 0.4, 0.45, 5, C, "t")
    with pytest.raises(ValueError, match="without a reason"):
        Interval(0.5, None, 1.0, 5, C, "t")
