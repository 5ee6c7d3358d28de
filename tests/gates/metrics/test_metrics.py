"""Metrics agree with scikit-learn to 1e-12, and with numbers counted by hand."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

# truth, score, prediction of ten rows; counted by hand: TP 3, FP 1, FN 2, TN 4
TRUTH = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
SCORE = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.6, 0.35, 0.2, 0.1, 0.05])
PREDICTION = (SCORE >= 0.5).astype(int)


def computed(task: str, truth: Any, score: Any, prediction: Any, classes: Any = None) -> dict[str, float]:
    """Every metric of a task that these rows define."""
    from mlops.gates import metrics
    from mlops.gates.metrics.metric import ModelOutputs, Resampling, Undefined, check_defined

    labels = {"classification": 2, "regression": 0}.get(task, 0 if classes is None else classes.shape[1])
    answers = ModelOutputs(task, labels, truth, score, prediction, classes)
    found = {}
    for name, metric in metrics.BY_TASK[task].items():
        try:
            check_defined(metric, answers)
            found[name] = metric.interval(answers, Resampling(0.95, 1)).estimate
        except Undefined:
            continue
    return found


def by_hand() -> dict[str, float]:
    tp, fp, fn, tn = 3, 1, 2, 4
    # AUC: of the 25 pairs of a positive and a negative row the positive one scores higher in
    # 5 + 5 + 5 (0.9, 0.8, 0.7 beat all) + 4 (0.4 loses to 0.6) + 3 (0.3 loses to 0.6 and 0.35)
    auc = 22 / 25
    # average precision: precision at each positive row, from the highest score down (ranks 1, 2, 3, 5, 7)
    average_precision = (1 / 1 + 2 / 2 + 3 / 3 + 4 / 5 + 5 / 7) / 5
    likelihood = [p if t else 1 - p for t, p in zip(TRUTH, SCORE, strict=True)]
    # bins of 0.1, each row in one of its own but 0.05 and nothing else below 0.1, 0.35 and 0.3 together
    gaps = [0.1, 0.2, 0.3, 0.6, (1 - 0.3) + (0 - 0.35), -0.6, -0.2, -0.1, -0.05]
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
        "expected_calibration_error": sum(map(abs, gaps)) / 10,
    }


def test_metrics_of_a_classification_are_those_counted_by_hand() -> None:
    assert computed("classification", TRUTH, SCORE, PREDICTION) == pytest.approx(by_hand(), abs=1e-12)


def test_metrics_of_a_regression_are_those_counted_by_hand() -> None:
    truth, answer = np.array([1.0, 2.0, 3.0, 6.0]), np.array([2.0, 2.0, 2.0, 4.0])
    # errors 1, 0, -1, -2: mean absolute 1, mean square 1.5; squares around the mean of 3: 4 + 1 + 0 + 9 = 14
    expected = {"mae": 1.0, "rmse": math.sqrt(1.5), "r2": 1 - 6 / 14, "mape": (1 + 0 + 1 / 3 + 1 / 3) / 4}
    assert computed("regression", truth, answer, answer) == pytest.approx(expected, abs=1e-12)


def random_rows(seed: int, rows: int, labels: int) -> tuple[Any, Any, Any]:
    """Truth, probabilities and predictions; some scores are equal."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, rows)
    truth[:labels] = np.arange(labels)
    raw = rng.gamma(1.0, size=(rows, labels)) + 2 * np.eye(labels)[truth] * (rng.random((rows, 1)) < 0.6)
    classes = raw / raw.sum(axis=1, keepdims=True)
    classes[rows // 2 :] = np.round(classes[rows // 2 :], 1)
    classes /= classes.sum(axis=1, keepdims=True)
    return truth, classes, classes.argmax(axis=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows", [20, 1000])
def test_a_classification_agrees_with_scikit_learn(seed: int, rows: int) -> None:
    truth, classes, prediction = random_rows(seed, rows, 2)
    score = classes[:, 1]
    expected = {
        "accuracy": sk.accuracy_score(truth, prediction),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, prediction),
        "precision": sk.precision_score(truth, prediction),
        "recall": sk.recall_score(truth, prediction),
        "specificity": sk.recall_score(truth, prediction, pos_label=0),
        "f1_score": sk.f1_score(truth, prediction),
        "auc_roc": sk.roc_auc_score(truth, score),
        "average_precision": sk.average_precision_score(truth, score),
        "log_loss": sk.log_loss(truth, score),
        "brier_score": sk.brier_score_loss(truth, score),
    }
    found = computed("classification", truth, score, prediction)
    assert found.pop("expected_calibration_error") >= 0
    assert found == pytest.approx(expected, abs=1e-12, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("labels", [3, 7])
def test_a_multiclass_agrees_with_scikit_learn(seed: int, labels: int) -> None:
    truth, classes, prediction = random_rows(seed, 300, labels)
    expected = {
        "accuracy": sk.accuracy_score(truth, prediction),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, prediction),
        "auc_roc_macro": sk.roc_auc_score(truth, classes, multi_class="ovr", average="macro"),
        "log_loss": sk.log_loss(truth, classes),
        "brier_score": float(np.mean(np.sum((classes - np.eye(labels)[truth]) ** 2, axis=1))),
    }
    for average in ("macro", "micro", "weighted"):
        expected |= {
            f"precision_{average}": sk.precision_score(truth, prediction, average=average, zero_division=0),
            f"recall_{average}": sk.recall_score(truth, prediction, average=average, zero_division=0),
            f"f1_{average}": sk.f1_score(truth, prediction, average=average, zero_division=0),
        }
    found = computed("multiclass", truth, classes.max(axis=1), prediction, classes)
    assert 0 <= found.pop("expected_calibration_error") <= 1
    assert found == pytest.approx(expected, abs=1e-12, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_a_regression_agrees_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(50, 10, 200)
    answer = truth + rng.normal(1, 5, 200)
    expected = {
        "mae": sk.mean_absolute_error(truth, answer),
        "rmse": sk.root_mean_squared_error(truth, answer),
        "r2": sk.r2_score(truth, answer),
        "mape": sk.mean_absolute_percentage_error(truth, answer),
    }
    assert computed("regression", truth, answer, answer) == pytest.approx(expected, abs=1e-12, rel=1e-12)


@pytest.mark.parametrize("score", [0.0, 1.0, 0.5])
def test_a_probability_of_0_or_1_agrees_too(score: float) -> None:
    scores = np.full(10, score)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.log_loss(TRUTH, scores)
    found = computed("classification", TRUTH, scores, np.zeros(10, dtype=int))
    assert found["log_loss"] == pytest.approx(expected, rel=1e-12)
    assert found["auc_roc"] == 0.5


def test_every_metric_declares_direction_and_range() -> None:
    from mlops.gates import metrics

    better = np.array([0.99, 0.98, 0.97, 0.96, 0.95, 0.01, 0.02, 0.03, 0.04, 0.05])
    good = computed("classification", TRUTH, better, (better >= 0.5).astype(int))
    bad = computed("classification", TRUTH, SCORE, PREDICTION)
    truth, classes, prediction = random_rows(1, 300, 3)
    sure = 0.985 * np.eye(3)[truth] + 0.005
    pairs = {
        "classification": (good, bad),
        "multiclass": (
            computed("multiclass", truth, sure.max(axis=1), truth, sure),
            computed("multiclass", truth, classes.max(axis=1), prediction, classes),
        ),
    }
    numbers = np.arange(1.0, 6.0)
    pairs["regression"] = tuple(computed("regression", numbers, numbers + off, numbers + off) for off in (0.1, 2.0))
    for task, (one, other) in pairs.items():
        assert set(one) == set(metrics.BY_TASK[task])
        for name, metric in metrics.BY_TASK[task].items():
            assert (one[name] > other[name]) == metric.higher_is_better, (task, name)
            for value in (one[name], other[name]):
                assert metric.lowest is None or value >= metric.lowest, name
                assert metric.highest is None or value <= metric.highest, name


@pytest.mark.parametrize("label", [0, 1])
def test_metrics_undefined_for_one_label_are_left_out(label: int) -> None:
    found = computed("classification", np.full(4, label), np.full(4, 0.7), np.ones(4, dtype=int))
    assert found == {"accuracy": label}


def test_model_without_positive_predictions_has_a_precision_of_zero() -> None:
    values = computed("classification", TRUTH, np.full(10, 0.1), np.zeros(10, dtype=int))
    assert (values["precision"], values["recall"], values["f1_score"]) == (0, 0, 0)


def test_a_relative_error_of_a_true_value_of_zero_is_not_defined() -> None:
    truth = np.array([0.0, 1.0, 2.0])
    assert set(computed("regression", truth, truth + 1, truth + 1)) == {"mae", "rmse", "r2"}


def test_probabilities_of_labels_are_needed_only_where_they_are_used() -> None:
    from mlops.gates import metrics
    from mlops.gates.metrics.metric import ModelOutputs, Resampling, Undefined

    truth, classes, prediction = random_rows(1, 300, 3)
    answers = ModelOutputs("multiclass", 3, truth, classes.max(axis=1), prediction, None)
    for name, metric in metrics.BY_TASK["multiclass"].items():
        if name in {"auc_roc_macro", "log_loss", "brier_score"}:
            with pytest.raises(Undefined, match="candidate_score_<label>"):
                metric.interval(answers, Resampling(0.95, 1))
        else:
            assert 0 <= metric.interval(answers, Resampling(0.95, 1)).estimate <= 1


@pytest.mark.parametrize("task", ["classification", "multiclass", "regression"])
def test_a_model_is_no_better_than_itself_and_the_difference_is_of_the_two_values(task: str) -> None:
    from mlops.gates import metrics
    from mlops.gates.metrics.metric import ModelOutputs, Resampling

    labels = {"classification": 2, "multiclass": 4, "regression": 0}[task]
    if labels:
        truth, classes, prediction = random_rows(3, 400, labels)
        _, other_classes, other_prediction = random_rows(4, 400, labels)
        score, other_score = classes.max(axis=1), other_classes.max(axis=1)
        if labels == 2:
            score, other_score = classes[:, 1], other_classes[:, 1]
    else:
        rng = np.random.default_rng(3)
        truth = rng.normal(50, 5, 400)
        score = prediction = truth + rng.normal(0, 2, 400)
        other_score = other_prediction = truth + rng.normal(0, 3, 400)
        classes = other_classes = None
    one = ModelOutputs(task, labels, truth, score, prediction, classes)
    other = ModelOutputs(task, labels, truth, other_score, other_prediction, other_classes)
    draw = Resampling(0.95, 7)
    for name, metric in metrics.BY_TASK[task].items():
        expected = metric.interval(one, draw).estimate - metric.interval(other, draw).estimate
        found = metric.difference(one, other, draw)
        assert found.estimate == pytest.approx(expected, abs=1e-9), name
        assert found.lower is not None, name
        assert found.upper is not None, name
        assert found.lower < found.estimate < found.upper, name
        back = metric.difference(other, one, draw)
        assert back.estimate == pytest.approx(-expected, abs=1e-9), name
        assert abs(metric.difference(one, one, draw).estimate) < 1e-12, name
