"""Each gate kind rejects a deliberately bad model and lets a good one pass."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from support.engine import EvidenceBuilder


def performance(bench, good):
    bench.evidence = type(bench.evidence)(correct=90 if good else 40)
    return "performance: {accuracy: {min: 0.9}}", "performance.accuracy"


def error_metric(bench, good):
    bench.evidence.as_regression(error=10 if good else 40)
    return "performance: {mae: {max: 10}}", "performance.mae"


def regression(bench, good):
    bench.evidence.with_champion(correct=91 if good else 92)
    return "regression: {max_degradation: 0.01, metrics: [accuracy]}", "regression.accuracy"


def regression_of_an_error(bench, good):
    bench.evidence.as_regression(error=10)
    bench.evidence.with_champion(correct=100)
    truth = bench.evidence.predictions["y_true"]
    off = 9.0 if good else 5.0  # the champion's own error: the candidate is 1 or 5 worse
    bench.evidence.predictions["champion_score"] = truth + off
    bench.evidence.predictions["champion_prediction"] = truth + off
    return "regression: {max_degradation: 1, metrics: [mae]}", "regression.mae"


def latency(bench, good):
    bench.evidence.latency = pd.DataFrame({"latency_ms": np.full(100, 9.0 if good else 31.0)})
    return "latency: {p50_ms: 10, p95_ms: 30, p99_ms: 50}", "latency.p95_ms"


def latency_tail(bench, good):
    slow = 1 if good else 2  # of 100 requests: the 99th percentile is the 99th of them
    bench.evidence.latency = pd.DataFrame({"latency_ms": [1.0] * (100 - slow) + [500.0] * slow})
    return "latency: {p99_ms: 50}", "latency.p99_ms"


def size(bench, good):
    bench.evidence.document["candidate"]["size_bytes"] = 100_000_000 if good else 100_000_001
    return "size: {max_mb: 100}", "size.max_mb"


def fairness(bench, good):
    table = bench.evidence.predictions
    # 50 rows a group; f: 45 right, m: 45 or 40 right
    table["sex"] = ["f"] * 50 + ["m"] * 50
    wrong = [*range(5), *range(50, 55 if good else 60)]
    table["candidate_prediction"] = table["y_true"]
    table.loc[wrong, "candidate_prediction"] = 1 - table.loc[wrong, "y_true"]
    return "fairness: {max_disparity: 0.05, protected_attributes: [sex]}", "fairness.sex"


def behavioral(bench, good):
    if not good:
        bench.evidence.behavioral.loc[1, ["got", "passed"]] = ["1", False]
    return "behavioral: {test_cases: cases.csv, min_pass_rate: 1.0}", "behavioral.min_pass_rate"


def policy_card(bench, good):
    bench.evidence.document["policy"]["model_card"] = bench.evidence.document["policy"]["model_card"] if good else None
    return "policy: {require: [data_digest, model_card]}", "policy.model_card"


def policy_blank_approver(bench, good):
    bench.evidence.document["policy"]["approver"] = " Ada" if good else " \t"
    return "policy: {require: [approver]}", "policy.approver"


def policy_approver(bench, good):
    bench.evidence.document["policy"]["approver"] = "Ada" if good else None
    return "policy: {require: [approver]}", "policy.approver"


KINDS = [
    performance,
    error_metric,
    regression,
    regression_of_an_error,
    latency,
    latency_tail,
    size,
    fairness,
    behavioral,
    policy_card,
    policy_approver,
    policy_blank_approver,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_good_model_passes(bench, kind: Callable) -> None:
    gates, name = kind(bench, good=True)
    result = bench.judge(gates)
    assert result.code == 0, result.text
    assert bench.verdict["verdict"] == "PASS"
    assert bench.finding(*name.split(".", 1))["verdict"] == "PASS"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_bad_model_is_rejected(bench, kind: Callable) -> None:
    gates, name = kind(bench, good=False)
    result = bench.judge(gates)
    assert result.code == 1, result.text
    assert bench.verdict["verdict"] == "FAIL"
    assert bench.finding(*name.split(".", 1))["verdict"] == "FAIL"
    assert f"FAIL     {name}" in result.out
    assert "VERDICT FAIL" in result.out.splitlines()[-1]


def test_one_failing_gate_fails_the_model(bench) -> None:
    result = bench.judge("performance: {accuracy: {min: 0.5}, f1_score: {min: 0.99}}\nsize: {max_mb: 100}")
    assert result.code == 1
    assert [gate["verdict"] for gate in bench.verdict["gates"]] == ["PASS", "FAIL", "PASS"]


def test_a_fail_outweighs_a_hold(bench) -> None:
    gates = "performance: {accuracy: {min: 0.5}}\nsize: {max_mb: 1}\nstatistics: {min_samples: 101}"
    assert bench.judge(gates).code == 1
    assert [gate["verdict"] for gate in bench.verdict["gates"]] == ["HOLD", "FAIL"]


def test_first_model_passes_the_comparison(bench) -> None:
    result = bench.judge("performance: {accuracy: {min: 0.5}}\nregression: {max_degradation: 0}")
    assert result.code == 0
    found = bench.finding("regression", "accuracy")
    assert (found["verdict"], found["estimate"]) == ("PASS", None)
    assert "first model" in found["reason"]


def test_regression_compares_the_metrics_under_performance_by_default(bench) -> None:
    bench.evidence.with_champion(correct=90)
    bench.judge("performance: {accuracy: {min: 0.5}, auc_roc: {min: 0.5}}\nregression: {max_degradation: 0}")
    assert [gate["name"] for gate in bench.verdict["gates"] if gate["kind"] == "regression"] == ["accuracy", "auc_roc"]
    bench.judge("performance: {accuracy: {min: 0.5}}\nregression: {max_degradation: 0, metrics: [recall]}")
    assert [gate["name"] for gate in bench.verdict["gates"] if gate["kind"] == "regression"] == ["recall"]


def test_better_candidate_passes_the_comparison(bench) -> None:
    bench.evidence.with_champion(correct=10)
    assert bench.judge("regression: {max_degradation: 0, metrics: [accuracy, log_loss]}").code == 0
    assert bench.finding("regression", "accuracy")["estimate"] == pytest.approx(-0.8)
    assert bench.finding("regression", "log_loss")["estimate"] < 0


def test_candidate_equal_to_the_champion_has_no_degradation(bench) -> None:
    bench.evidence.with_champion(correct=90)
    bench.evidence.document["champion"]["digest"] = bench.evidence.document["candidate"]["digest"]
    assert bench.judge("regression: {max_degradation: 0, metrics: [accuracy]}").code == 0
    found = bench.finding("regression", "accuracy")
    assert (found["verdict"], found["estimate"]) == ("PASS", 0.0)
    assert "the champion itself" in found["reason"]


def test_regression_without_metrics_is_refused(bench) -> None:
    bench.evidence.with_champion(correct=90)
    bench.evidence.document["custom_metrics"] = {"profit": {"candidate": 5.0, "champion": 9.0}}
    result = bench.judge("regression: {max_degradation: 0}")
    assert (result.code, "regression" in result.err) == (2, True)
    # a metric of the team's own has no known direction, so it is compared only where it is named
    result = bench.judge("performance: {profit: {min: 1}}\nregression: {max_degradation: 0}")
    assert (result.code, "compares no metric" in result.err) == (2, True), result.text


def test_custom_metric_is_compared_with_its_threshold(bench) -> None:
    bench.evidence.document["custom_metrics"] = {"profit": {"candidate": 5.0}}
    assert bench.judge("performance: {profit: {min: 5}}").code == 0
    assert bench.judge("performance: {profit: {min: 5.1}}").code == 1
    assert bench.judge("performance: {profit: {max: 4.9}}").code == 1


@pytest.mark.parametrize(("name", "rank"), [("p50_ms", 5), ("p95_ms", 10), ("p99_ms", 10)])
def test_percentile_is_a_measured_time(bench, name: str, rank: int) -> None:
    # the smallest of the ten times that at least the share of them does not exceed, counted by hand
    bench.evidence.latency = pd.DataFrame({"latency_ms": [9.0, 1.0, 4.0, 100.0, 81.0, 64.0, 16.0, 25.0, 36.0, 49.0]})
    assert bench.judge(f"latency: {{{name}: {rank**2}}}").code == 0
    assert bench.finding("latency", name)["estimate"] == rank**2


def test_failing_case_is_named_with_its_prediction(bench) -> None:
    bench.evidence.behavioral.loc[1, ["got", "passed"]] = ["1", False]
    result = bench.judge("behavioral: {test_cases: cases.csv, min_pass_rate: 0.5}")
    assert result.code == 0
    assert "'b' (second case) expected 0, got 1" in bench.finding("behavioral", "min_pass_rate")["reason"]


@pytest.mark.parametrize(
    ("expected", "got", "passes"),
    [("100..200", "100", True), ("100..200", "200", True), ("100..200", "200.1", False), ("-5..-1", "-3", True)],
)
def test_a_range_includes_its_ends(bench, expected: str, got: str, passes: bool) -> None:
    bench.evidence.behavioral = pd.DataFrame(
        {"case_id": ["a"], "description": ["d"], "expected": [expected], "got": [got], "passed": [passes]}
    )
    bench.cases = f"case_id,description,expected,x\na,d,{expected},1\n"
    assert bench.judge("behavioral: {test_cases: cases.csv, min_pass_rate: 1}").code == (0 if passes else 1)


# ------------------------------------------------------------------------------------------ edges and statistics


def test_exactly_on_the_threshold_passes(bench) -> None:
    bench.evidence.latency = pd.DataFrame({"latency_ms": [30.0] * 20})
    gates = "performance: {accuracy: {min: 0.9}}\nlatency: {p95_ms: 30}\nsize: {max_mb: 2}"
    assert bench.judge(gates).code == 0


def test_a_difference_of_binary_fractions_is_not_a_degradation(bench) -> None:
    # 0.75 - 0.74 is 0.010000000000000009 in binary fractions
    bench.evidence = type(bench.evidence)(correct=74).with_champion(correct=75)
    assert bench.judge("regression: {max_degradation: 0.01, metrics: [accuracy]}").code == 0
    assert bench.finding("regression", "accuracy")["estimate"] == 0.01
    assert bench.judge("regression: {max_degradation: 0.00999, metrics: [accuracy]}").code == 1


@pytest.mark.parametrize(
    ("value", "threshold", "kept"),
    [
        (0.75 - 0.74, 0.01, True),  # 0.010000000000000009
        (0.01 + 1e-13, 0.01, False),  # the rounding is a share of a small threshold
        (1000 + 5e-10, 1000.0, False),  # and does not grow with a large one
        (1e-13, 0.0, True),
        (1e-11, 0.0, False),
        (-1.0, -1.0, True),
        (-1.0 + 1e-13, -1.0, True),
        (-1.0 + 1e-11, -1.0, False),
    ],
)
def test_threshold_is_met_within_rounding(value: float, threshold: float, kept: bool) -> None:
    from mlops.gates.decision.verdict_rule import meets

    assert meets(value, "<=", threshold) is kept
    assert meets(-value, ">=", -threshold) is kept


def test_smallest_real_difference_fails(bench) -> None:
    bench.evidence = type(bench.evidence)(rows=1000, correct=899)
    assert bench.judge("performance: {accuracy: {min: 0.9}}").code == 1


def test_without_statistics_a_single_row_is_compared_literally(bench) -> None:
    bench.evidence = type(bench.evidence)(rows=2, correct=2)
    assert bench.judge("performance: {accuracy: {min: 1}}").code == 0


@pytest.mark.parametrize(
    ("on_insufficient", "code"),
    [("", 3), (", on_insufficient: hold", 3), (", on_insufficient: fail", 1), (", on_insufficient: pass", 0)],
)
def test_too_few_rows_give_the_verdict_of_on_insufficient(bench, on_insufficient: str, code: int) -> None:
    gates = "performance: {accuracy: {min: 0.5}}\nstatistics: {min_samples: 101" + on_insufficient + "}"
    assert bench.judge(gates).code == code
    assert "100 of the 101 required samples" in bench.finding("performance", "accuracy")["reason"]


def test_enough_rows_pass(bench) -> None:
    assert bench.judge("performance: {accuracy: {min: 0.5}}\nstatistics: {min_samples: 100}").code == 0


def test_unmet_threshold_fails_even_with_too_few_rows(bench) -> None:
    assert bench.judge("performance: {accuracy: {min: 0.95}}\nstatistics: {min_samples: 1000}").code == 1


@pytest.mark.parametrize(
    ("gates", "passes"),
    [  # of 90 right among 100 rows, every estimate below meets its threshold; bounds in test_bounds.py
        ("performance: {accuracy: {min: 0.83}}", True),
        ("performance: {accuracy: {min: 0.89}}", False),
        ("performance: {auc_roc: {min: 0.75}}", True),
        ("performance: {auc_roc: {min: 0.89}}", False),
        ("fairness: {max_disparity: 0.2, protected_attributes: [sex]}", True),
        ("fairness: {max_disparity: 0.05, protected_attributes: [sex]}", False),
        ("latency: {p50_ms: 60}", True),
        ("latency: {p50_ms: 51}", False),
    ],
)
def test_with_statistics_a_sample_passes_only_by_its_bound(bench, gates: str, passes: bool) -> None:
    assert bench.judge(gates).code == 0
    assert bench.judge(gates + "\nstatistics: {confidence: 0.95}").code == (0 if passes else 3)
    [gate] = bench.verdict["gates"]
    assert ("not proven" in gate["reason"]) != passes


def test_facts_need_no_confidence(bench) -> None:
    gates = (
        "size: {max_mb: 2}\nbehavioral: {test_cases: cases.csv, min_pass_rate: 1}\npolicy: {require: [model_card]}\n"
        "statistics: {confidence: 0.99, min_samples: 1000}"
    )
    assert bench.judge(gates).code == 0


# ------------------------------------------------------------------------------------------ the verdict as a whole


def test_the_verdict_is_a_pure_function_of_evidence_and_gate_file(bench) -> None:
    gates = (
        "performance: {accuracy: {min: 0.5}, auc_roc: {min: 0.5}}\nlatency: {p99_ms: 1000}\nsize: {max_mb: 5}\n"
        "fairness: {max_disparity: 1, protected_attributes: [sex]}\n"
        "behavioral: {test_cases: cases.csv, min_pass_rate: 1}\npolicy: {require: [model_card]}"
    )
    bench.judge(gates)
    first = bench.verdict_path.read_bytes()
    bench.judge(gates, rewrite=False)
    assert bench.verdict_path.read_bytes() == first


def test_verdict_contains_digests_of_evidence_and_gate_file(bench) -> None:
    bench.judge("size: {max_mb: 5}")
    verdict = bench.verdict
    assert verdict["schema_version"] == "mlverdict/v1"
    assert verdict["candidate"] == bench.evidence.document["candidate"]["digest"]
    assert verdict["commit"] == bench.evidence.document["commit"]
    before = verdict["gates_digest"], verdict["evidence_digest"]
    bench.judge("size: {max_mb: 6}")
    assert bench.verdict["gates_digest"] != before[0]
    assert bench.verdict["evidence_digest"] == before[1]
    bench.evidence.document["seed"] = 2
    bench.judge("size: {max_mb: 5}")
    assert (bench.verdict["gates_digest"], bench.verdict["evidence_digest"] == before[1]) == (before[0], False)


def test_old_verdict_is_removed_on_error(bench) -> None:
    assert bench.judge("size: {max_mb: 5}").code == 0
    assert bench.judge("sice: {max_mb: 5}").code == 2
    assert not bench.verdict_path.exists()
    assert bench.judge("size: {max_mb: 5}").code == 0
    (bench.evidence_path / "latency.parquet").unlink()
    assert bench.judge("size: {max_mb: 5}", rewrite=False).code == 2
    assert not bench.verdict_path.exists()


# ---------------------------------------------------------------------------------------- metrics of the team's own


def costs(bench, candidate: float, champion: float) -> None:
    bench.evidence.with_champion(90)
    bench.evidence.document["custom_metrics"] = {"cost": {"candidate": candidate, "champion": champion}}


@pytest.mark.parametrize(("candidate", "champion", "code"), [(10.0, 1.0, 1), (1.0, 10.0, 0)])
@pytest.mark.parametrize(
    "gates",
    [
        "performance: {cost: {max: 20}}\nregression: {max_degradation: 0.5, metrics: [cost]}",
        "performance: {accuracy: {min: 0.5}, cost: {max: 20, max_degradation: 0.5}}\nregression: {max_degradation: 1}",
    ],
)
def test_higher_cost_is_a_degradation(bench, gates: str, candidate: float, champion: float, code: int) -> None:
    costs(bench, candidate, champion)
    assert bench.judge(gates).code == code
    word = "worse by 9.00" if code else "better by 9.00"
    assert word in bench.finding("regression", "cost")["reason"]


def test_comparison_of_a_custom_metric_needs_a_direction(bench) -> None:
    costs(bench, 1.0, 10.0)
    result = bench.judge("regression: {max_degradation: 0.5, metrics: [cost]}")
    assert (result.code, "shows whether higher or lower is better" in result.err) == (2, True)
    costs(bench, 1e308, -1e308)
    result = bench.judge("performance: {cost: {min: 0}}\nregression: {max_degradation: 0.5, metrics: [cost]}")
    assert (result.code, "the difference is not a finite number" in result.err) == (2, True)


# ------------------------------------------------------------------------------------------------- nothing is merged


def test_a_small_unit_has_small_differences(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=100).as_regression(0.4)
    table = bench.evidence.predictions
    table[["y_true", "candidate_score", "candidate_prediction"]] *= 1e-13  # an error of 4e-14
    assert bench.judge("performance: {mae: {max: 1.0e-15}}").code == 1
    assert bench.judge("performance: {mae: {max: 5.0e-14}}").code == 0
    table["candidate_score"] *= 100
    result = bench.judge("performance: {mae: {max: 5.0e-14}}")
    assert (result.code, "for a regression they must be the same" in result.err) == (2, True)
