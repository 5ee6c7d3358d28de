"""Metrics agree with numbers from elsewhere: counted by hand, or computed by statsmodels-free textbook formulas."""

import math

import numpy as np
import pytest

# truth, score, prediction of ten rows; counted by hand: TP 3, FP 1, FN 2, TN 4
TRUTH = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
SCORE = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.6, 0.35, 0.2, 0.1, 0.05])
PREDICTION = (SCORE >= 0.5).astype(int)


def by_hand() -> dict[str, float]:
    tp, fp, fn, tn = 3, 1, 2, 4
    # AUC: of the 25 pairs of a positive and a negative row the positive one scores higher in
    # 5 + 5 + 5 (0.9, 0.8, 0.7 beat all) + 4 (0.4 loses to 0.6) + 3 (0.3 loses to 0.6 and 0.35)
    auc = 22 / 25
    # average precision: precision at each positive row, from the highest score down (ranks 1, 2, 3, 5, 7)
    average_precision = (1 / 1 + 2 / 2 + 3 / 3 + 4 / 5 + 5 / 7) / 5
    likelihood = [p if t else 1 - p for t, p in zip(TRUTH, SCORE, strict=True)]
    return {
        "accuracy": (tp + tn) / 10,
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "precision": tp / (tp + fp),
        "recall": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "f1_score": 2 * tp / (2 * tp + fp + fn),
        "auc_roc": auc,
        "average_precision": average_precision,
        "log_loss": -sum(math.log(value) for value in likelihood) / 10,
        "brier_score": sum((t - p) ** 2 for t, p in zip(TRUTH, SCORE, strict=True)) / 10,
    }


def test_metrics_of_a_classification_are_those_counted_by_hand() -> None:
    from mlops import metrics

    assert metrics.compute("classification", TRUTH, SCORE, PREDICTION) == pytest.approx(by_hand(), abs=1e-12)


def test_metrics_of_a_regression_are_those_counted_by_hand() -> None:
    from mlops import metrics

    truth, answer = np.array([1.0, 2.0, 3.0, 6.0]), np.array([2.0, 2.0, 2.0, 4.0])
    # errors 1, 0, -1, -2: mean absolute 1, mean square 1.5; squares around the mean of 3: 4 + 1 + 0 + 9 = 14
    expected = {"mae": 1.0, "rmse": math.sqrt(1.5), "r2": 1 - 6 / 14}
    assert metrics.compute("regression", truth, answer, answer) == pytest.approx(expected, abs=1e-12)


def test_every_metric_knows_its_better_side() -> None:
    from mlops import metrics

    better = np.array([0.99, 0.98, 0.97, 0.96, 0.95, 0.01, 0.02, 0.03, 0.04, 0.05])
    good = metrics.compute("classification", TRUTH, better, (better >= 0.5).astype(int))
    bad = metrics.compute("classification", TRUTH, SCORE, PREDICTION)
    for name, metric in metrics.CLASSIFICATION.items():
        assert (good[name] > bad[name]) == metric.higher_is_better, name
    truth = np.arange(5.0)
    good, bad = (metrics.compute("regression", truth, truth + off, truth + off) for off in (0.1, 2.0))
    for name, metric in metrics.REGRESSION.items():
        assert (good[name] > bad[name]) == metric.higher_is_better, name


@pytest.mark.parametrize("label", [0, 1])
def test_metrics_that_one_label_alone_does_not_define_are_nan(label: int) -> None:
    from mlops import metrics

    truth = np.full(4, label)
    values = metrics.compute("classification", truth, np.full(4, 0.7), np.ones(4, dtype=int))
    assert values.pop("accuracy") == label
    assert all(math.isnan(value) for value in values.values())


def test_a_model_that_never_says_yes_has_a_precision_of_zero() -> None:
    from mlops import metrics

    values = metrics.compute("classification", TRUTH, np.full(10, 0.1), np.zeros(10, dtype=int))
    assert (values["precision"], values["recall"], values["f1_score"]) == (0, 0, 0)
