"""``plan-sample``: with the planned number of rows, a model of that quality passes with the planned probability."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from support.engine import EvidenceBuilder

SURE = "\nstatistics: {confidence: 0.95}"


def plan(bench, gates: str, *arguments: str) -> dict[str, list[str]]:
    """Gate to its line's cells: true quality, threshold, what it needs."""
    (bench.folder / "model_gates.yaml").write_text(gates)
    (bench.folder / "cases.csv").write_text(bench.cases)
    result = bench.call(bench.folder, "plan-sample", *arguments)
    assert result.code == 0, result.text
    lines = [re.split(r"  +", line) for line in result.out.splitlines() if re.match(r"\w+\.\w+", line)]
    return {line[0]: line[1:] for line in lines} | {"": [result.out]}


def count(cells: list[str]) -> int:
    found = re.search(r"([\d,]+) (?:rows|requests)", "  ".join(cells))
    assert found is not None, cells
    return int(found[1].replace(",", ""))


def passes(n: int, quality: float, minimum: float) -> float:
    """Probability that n rows of a true quality have an exact lower bound of at least the minimum."""
    lower = stats.beta.ppf(0.05, np.arange(n + 1), n - np.arange(n + 1) + 1)
    enough = np.nan_to_num(lower) >= minimum
    return float(stats.binom.sf(int(np.argmax(enough)) - 1, n, quality)) if enough.any() else 0.0


@pytest.mark.parametrize("quality", [0.93, 0.95, 0.99])
@pytest.mark.parametrize("probability", [0.5, 0.9])
def test_accuracy_passes_as_often_as_planned(bench, quality: float, probability: float) -> None:
    gates = "performance: {accuracy: {min: 0.92}}" + SURE
    found = plan(bench, gates, "--quality", f"accuracy={quality}", "--probability", str(probability))
    rows = count(found["performance.accuracy"])
    assert passes(rows, quality, 0.92) >= probability
    assert passes(int(rows * 0.85), quality, 0.92) < probability


def test_default_quality_is_halfway_to_the_best_value(bench) -> None:
    found = plan(bench, "performance: {accuracy: {min: 0.92}}" + SURE)
    assert found["performance.accuracy"][:2] == ["0.96", "0.92"]
    assert passes(count(found["performance.accuracy"]), 0.96, 0.92) >= 0.9


@pytest.mark.parametrize(
    ("name", "share"), [("recall", 0.2), ("precision", 0.2), ("specificity", 0.8)], ids=lambda value: str(value)
)
def test_rate_needs_enough_rows_in_its_denominator(bench, name: str, share: float) -> None:
    found = plan(
        bench, f"performance: {{{name}: {{min: 0.8}}}}" + SURE, "--quality", f"{name}=0.9", "--positives", "0.2"
    )
    rows = count(found[f"performance.{name}"])
    assert passes(math.ceil(rows * share), 0.9, 0.8) >= 0.9
    assert passes(math.ceil(rows * share * 0.8), 0.9, 0.8) < 0.9


def simulate(bench, gates: str, draw, times: int = 150) -> float:
    """How often drawn evidence passes."""
    from pathlib import Path

    from mlops.gates import verdict
    from mlops.gates.evidence import evidence_reader
    from mlops.gates.gate_file import reader

    bench.judge(gates)
    file = reader.read_gate_file(Path(bench.folder / "model_gates.yaml"))
    rng = np.random.default_rng(11)
    passed = 0
    for _ in range(times):
        draw(rng).write(bench.evidence_path)
        passed += verdict.judge(evidence_reader.read_evidence(bench.evidence_path), file).verdict.value == "PASS"
    return passed / times


def test_auc_passes_about_as_often_as_planned(bench) -> None:
    gates = "performance: {auc_roc: {min: 0.85}}" + SURE
    rows = count(plan(bench, gates, "--quality", "auc_roc=0.92", "--positives", "0.3")["performance.auc_roc"])
    shift = math.sqrt(2) * stats.norm.ppf(0.92)

    def draw(rng: np.random.Generator) -> EvidenceBuilder:
        builder = EvidenceBuilder(rows=rows)
        truth = (np.arange(rows) < 0.3 * rows).astype(int)
        score = stats.norm.cdf(rng.normal(0, 1, rows) + shift * truth)
        return fill(builder, truth, score)

    assert 0.82 <= simulate(bench, gates, draw) <= 1


def fill(builder: EvidenceBuilder, truth: np.ndarray, score: np.ndarray) -> EvidenceBuilder:
    table = builder.predictions
    table["y_true"], table["candidate_score"], table["candidate_prediction"] = truth, score, (score >= 0.5).astype(int)
    return builder


def test_groups_pass_about_as_often_as_planned(bench) -> None:
    gates = "performance: {accuracy: {min: 0.8}}\nfairness: {max_disparity: 0.1, protected_attributes: [sex]}" + SURE
    rows = 2 * count(plan(bench, gates, "--quality", "accuracy=0.9")["fairness.sex"])

    def draw(rng: np.random.Generator) -> EvidenceBuilder:
        builder = EvidenceBuilder(rows=rows)
        table = builder.predictions
        table["sex"] = ["f", "m"] * (rows // 2)
        wrong = rng.random(rows) > 0.9
        table["candidate_prediction"] = np.where(wrong, 1 - table["y_true"], table["y_true"])
        return builder

    # both directions are tested, and each of them was planned for
    share = simulate(bench, gates.split("\n", 1)[1], draw)
    assert 0.7 <= share <= 1


def test_requests_pass_as_often_as_planned(bench) -> None:
    found = plan(bench, "latency: {p99_ms: 50}" + SURE, "--quality", "p99_ms=1")
    assert count(found["latency.p99_ms"]) == 299
    found = plan(bench, "latency: {p95_ms: 50}" + SURE)
    rows = count(found["latency.p95_ms"])
    assert passes(rows, 0.975, 0.95) >= 0.9 > passes(int(0.85 * rows), 0.975, 0.95)


def test_the_champion_needs_rows_for_the_margin(bench) -> None:
    gates = "performance: {accuracy: {min: 0.8}}\nregression: {max_degradation: %s}" + SURE
    tight = count(plan(bench, gates % 0.01)["regression.accuracy"])
    wide = count(plan(bench, gates % 0.02)["regression.accuracy"])
    for margin, rows in ((0.01, tight), (0.02, wide)):  # a few more than by the normal distribution, as the judge knows
        assert 1 <= rows / (0.05 * ((stats.norm.ppf(0.95) + stats.norm.ppf(0.9)) / margin) ** 2) < 1.2
    found = plan(bench, gates % 0)
    assert "?" in found["regression.accuracy"]
    assert "cannot prove it" in found[""][0]


def test_earlier_evidence_provides_the_variance(bench) -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 400)
    builder = fill(EvidenceBuilder(rows=400), truth, np.clip(0.25 + 0.5 * truth + rng.normal(0, 0.2, 400), 0, 1))
    builder.write(bench.folder / "earlier")
    loss = (builder.predictions["candidate_score"] - truth) ** 2
    gates = f"performance: {{brier_score: {{max: {loss.mean() + 0.01}}}}}\n"
    gates += "fairness: {max_disparity: 0.1, protected_attributes: [sex]}" + SURE
    found = plan(bench, gates)
    assert "?" in found["performance.brier_score"]
    assert "--evidence DIR" in found[""][0]
    found = plan(bench, gates, "--evidence", "earlier")
    expected = loss.var() * ((stats.norm.ppf(0.95) + stats.norm.ppf(0.9)) / 0.01) ** 2
    assert count(found["performance.brier_score"]) == pytest.approx(expected, rel=0.2)
    assert "with groups as in this evidence" in found[""][0]


def test_no_number_of_rows_helps_a_model_below_the_threshold(bench) -> None:
    found = plan(bench, "performance: {accuracy: {min: 0.92}}" + SURE, "--quality", "accuracy=0.92")
    assert "?" in found["performance.accuracy"]
    assert "no number of rows is sufficient" in found[""][0]


def test_minimums_of_the_gate_file_are_included(bench) -> None:
    gates = (
        "performance: {accuracy: {min: 0.5}}\nfairness: {max_disparity: 0.5, protected_attributes: [sex]}\n"
        "statistics: {min_samples: 300, min_group_samples: 200}"
    )
    assert "total: 300 rows, 200 rows of each group" in plan(bench, gates)[""][0]


ALL = """performance: {accuracy: {min: 0.92}, recall: {min: 0.8}, f1_score: {min: 0.8}, auc_roc: {min: 0.8},
  balanced_accuracy: {min: 0.8}, log_loss: {max: 0.5}, profit: {min: 5}}
latency: {p99_ms: 50}
fairness: {max_disparity: 0.1, protected_attributes: [sex]}
"""


@pytest.mark.parametrize(
    ("quality", "phrase"),
    [
        ("acuracy=0.9", "did you mean 'accuracy'?"),
        ("accuracy", "write it as"),
        ("accuracy=nan", "is not a finite number"),
        ("accuracy=2", "accuracy is between 0 and 1"),
        ("recall=1.5", "recall is between 0 and 1"),
        ("f1_score=2", "f1_score is between 0 and 1"),
        ("auc_roc=1.5", "auc_roc is between 0 and 1"),
        ("balanced_accuracy=3", "balanced_accuracy is between 0 and 1"),
        ("log_loss=-3", "log_loss is 0 or more"),
        ("p99_ms=1.5", "share of requests within the limit, between 0 and 1"),
        ("disparity=-1", "difference of the groups, between 0 and 1"),
    ],
)
def test_impossible_quality_is_refused(bench, quality: str, phrase: str) -> None:
    (bench.folder / "model_gates.yaml").write_text(ALL)
    result = bench.call(bench.folder, "plan-sample", "--quality", quality)
    assert (result.code, phrase in result.err) == (2, True), result.text


@pytest.mark.parametrize("quality", ["accuracy=1", "f1_score=1", "auc_roc=1", "log_loss=0", "profit=-3", "p99_ms=1"])
def test_possible_quality_is_planned(bench, quality: str) -> None:
    assert len(plan(bench, ALL, "--quality", quality)) == 10


@pytest.mark.parametrize(
    ("gates", "task", "phrase"),
    [
        (
            "size: {max_mb: 1}\nperformance: {accuracy: {min: 0.9}}",
            "regression",
            ":2: the task regression has no metric 'accuracy'",
        ),
        (
            "performance: {f1_macro: {min: 0.9}}",
            "classification",
            ":1: the task classification has no metric 'f1_macro'; use --task m",
        ),
        (
            "regression: {max_degradation: 1,\n  metrics: [mae]}",
            "multiclass",
            ":2: the task multiclass has no metric 'mae'",
        ),
        (
            "fairness:\n  metric: accuracy\n  max_disparity: 1\n  protected_attributes: [sex]",
            "regression",
            ":2: the task reg",
        ),
        (
            "fairness:\n  metric: recall\n  max_disparity: 1\n  protected_attributes: [sex]",
            "multiclass",
            ":2: the task multi",
        ),
        (
            "fairness: {protected_attributes: [sex],\n  max_disparity: 1.5}",
            "classification",
            ":2: shares cannot differ",
        ),
    ],
)
def test_metric_of_another_task_is_refused(bench, gates: str, task: str, phrase: str) -> None:
    (bench.folder / "model_gates.yaml").write_text(gates)
    result = bench.call(bench.folder, "plan-sample", "--task", task)
    assert (result.code, f"model_gates.yaml{phrase}" in result.err) == (2, True), result.text
    fitting = {"regression": EvidenceBuilder().as_regression(), "classification": EvidenceBuilder()}
    if task in fitting:  # likewise with evidence, which contains the task
        fitting[task].write(bench.folder / "earlier")
        result = bench.call(bench.folder, "plan-sample", "--evidence", "earlier")
        assert (result.code, f"model_gates.yaml{phrase[:3]}" in result.err) == (2, True), result.text


def test_metrics_of_the_task_and_custom_metrics_are_planned(bench) -> None:
    assert "computed by the trainer" in plan(bench, "performance: {profit: {min: 0.9}}", "--task", "regression")[""][0]
    gates = "performance: {mae: {max: 9}}\nfairness: {max_disparity: 2, protected_attributes: [sex]}"
    assert len(plan(bench, gates, "--task", "regression")) == 3


# --------------------------------------------------------------------------- few rows, on which a formula promises much


@pytest.mark.parametrize("positives", [0.05, 0.5, 0.95])
def test_a_ranking_is_planned_with_enough_rows_of_each_label(bench, positives: float) -> None:
    """The judge knows no bound of an AUC for fewer than ten rows of a label."""
    gates = "performance: {auc_roc: {min: 0.6}}" + SURE
    rows = count(plan(bench, gates, "--quality", "auc_roc=0.99", "--positives", str(positives))["performance.auc_roc"])
    both = stats.binom.cdf(rows - 10, rows, positives) - stats.binom.cdf(9, rows, positives)
    assert both >= 0.9
    fewer = int(0.9 * rows)
    assert stats.binom.cdf(fewer - 10, fewer, positives) - stats.binom.cdf(9, fewer, positives) < 0.9


@pytest.mark.parametrize(("quality", "positives"), [(1, 0.5), (0.99, 0.5), (0.99, 0.2)])
def test_an_average_over_labels_passes_as_often_as_planned_on_few_rows(bench, quality: float, positives: float) -> None:
    gates = "performance: {balanced_accuracy: {min: 0.7}}" + SURE
    arguments = ("--quality", f"balanced_accuracy={quality}", "--positives", str(positives))
    rows = count(plan(bench, gates, *arguments)["performance.balanced_accuracy"])

    def draw(rng: np.random.Generator) -> EvidenceBuilder:
        truth = (rng.random(rows) < positives).astype(int)
        return fill(
            EvidenceBuilder(rows=rows), truth, np.where(rng.random(rows) < quality, truth, 1 - truth) * 0.8 + 0.1
        )

    assert rows < 100
    assert simulate(bench, gates, draw, times=100) >= 0.85


@pytest.mark.parametrize("quality", [1, 0.9])
def test_groups_pass_as_often_as_planned_on_few_rows(bench, quality: float) -> None:
    gates = "performance: {accuracy: {min: 0.8}}\nfairness: {max_disparity: 0.4, protected_attributes: [sex]}" + SURE
    rows = 2 * count(plan(bench, gates, "--quality", f"accuracy={quality}")["fairness.sex"])

    def draw(rng: np.random.Generator) -> EvidenceBuilder:
        builder = EvidenceBuilder(rows=rows)
        table = builder.predictions
        table["sex"] = ["f", "m"] * (rows // 2)
        table["candidate_prediction"] = np.where(rng.random(rows) < quality, table["y_true"], 1 - table["y_true"])
        return builder

    assert rows < 100
    assert simulate(bench, gates.split("\n", 1)[1], draw, times=100) >= 0.85


def test_a_champion_is_compared_as_often_as_planned_on_few_rows(bench) -> None:
    gates = "performance: {accuracy: {min: 0.5}}\nregression: {max_degradation: 0.1, metrics: [accuracy]}" + SURE
    rows = count(plan(bench, gates)["regression.accuracy"])
    from mlops.gates.statistics import difference

    rng = np.random.default_rng(5)
    draws = rng.multinomial(rows, [0.95, 0.025, 0.025], 400)
    lower = [difference.paired(same, better, worse, 0, 0.95).lower for same, better, worse in draws.tolist()]
    assert rows < 150
    assert np.mean([bound is not None and -bound <= 0.1 for bound in lower]) >= 0.88


def test_a_file_without_statistics_is_planned_for_the_usual_confidence(bench) -> None:
    found = plan(bench, "performance: {accuracy: {min: 0.92}}", "--quality", "accuracy=0.95")
    same = plan(bench, "performance: {accuracy: {min: 0.92}}" + SURE, "--quality", "accuracy=0.95")
    assert found["performance.accuracy"] == same["performance.accuracy"]
    assert "only estimates decide" in found[""][0]


def test_a_regression_is_planned_from_earlier_evidence(bench) -> None:
    rng = np.random.default_rng(4)
    builder = EvidenceBuilder(rows=300).as_regression()
    table = builder.predictions
    table["candidate_score"] = table["candidate_prediction"] = table["y_true"] + rng.normal(0, 10, 300)
    builder.write(bench.folder / "earlier")
    gates = "performance: {mae: {max: 9}}\nfairness: {max_disparity: 2, protected_attributes: [sex]}" + SURE
    found = plan(bench, gates, "--evidence", "earlier")
    error = np.abs(pd.Series(table["candidate_score"] - table["y_true"]))
    z = stats.norm.ppf(0.95) + stats.norm.ppf(0.9)
    assert count(found["performance.mae"]) == pytest.approx(error.var() * (z / (9 - error.mean())) ** 2, rel=0.15)
    assert count(found["fairness.sex"]) == pytest.approx(2 * error.var() * (z / 2) ** 2, rel=0.01)
