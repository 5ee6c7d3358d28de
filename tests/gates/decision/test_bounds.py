"""With ``statistics`` a gate passes by its bound, fails by its estimate, and is held in between, with a reason.

Expected bounds are computed here by scipy, which the judge does not use.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from support.engine import EvidenceBuilder

SURE = "\nstatistics: {confidence: 0.95}"


def exact_lower(successes: int, n: int, confidence: float = 0.95) -> float:
    """Clopper and Pearson's one-sided lower bound."""
    return float(stats.beta.ppf(1 - confidence, successes, n - successes + 1)) if successes else 0.0


# ----------------------------------------------------------------------------------------------------- performance


@pytest.mark.parametrize(
    ("correct", "rows", "code"),
    [  # bounds of accuracy against 0.90
        (899, 1000, 1),  # 0.899 misses 0.90 itself
        (915, 1000, 3),  # bound 0.8991
        (916, 1000, 0),  # bound 0.9001
        (1000, 1000, 0),
        (28, 28, 3),  # a perfect score on 28 rows: bound 0.8985
        (29, 29, 0),  # bound 0.9019
    ],
)
def test_accuracy_passes_only_if_its_bound_meets_the_threshold(bench, correct: int, rows: int, code: int) -> None:
    bench.evidence = EvidenceBuilder(rows=rows, correct=correct)
    assert bench.judge("performance: {accuracy: {min: 0.90}}" + SURE).code == code
    found = bench.finding("performance", "accuracy")
    assert found["lower"] == pytest.approx(exact_lower(correct, rows), abs=1e-9)
    assert (found["lower"] >= 0.9) == (code == 0)
    assert found["lower"] < found["estimate"] or found["lower"] == 0


def test_confidence_decides_whether_the_same_model_passes(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=1000, correct=916)
    gates = "performance: {accuracy: {min: 0.90}}\nstatistics: {confidence: %s}"
    assert [bench.judge(gates % confidence).code for confidence in (0.9, 0.95, 0.99)] == [0, 0, 3]
    assert bench.finding("performance", "accuracy")["lower"] == pytest.approx(exact_lower(916, 1000, 0.99))


@pytest.mark.parametrize("name", ["precision", "recall", "specificity"])
def test_bound_of_a_rate_uses_its_denominator(bench, name: str) -> None:
    # of 50 positive and 50 negative rows 5 each are wrong: every rate is 45 of 50
    assert bench.judge(f"performance: {{{name}: {{min: 0.8}}}}" + SURE).code == 0
    found = bench.finding("performance", name)
    assert (found["estimate"], found["n"]) == (0.9, 100)
    assert found["lower"] == pytest.approx(exact_lower(45, 50))
    assert bench.judge(f"performance: {{{name}: {{min: 0.81}}}}" + SURE).code == 3


def test_f1_is_bounded_through_its_conditional_binomial(bench) -> None:
    bench.judge("performance: {f1_score: {min: 0.8}}" + SURE)
    inner = exact_lower(45, 55)  # TP among TP + FP + FN
    assert bench.finding("performance", "f1_score")["lower"] == pytest.approx(2 * inner / (1 + inner))


def test_upper_bound_of_an_error_decides(bench) -> None:
    rng = np.random.default_rng(5)
    bench.evidence = EvidenceBuilder(rows=400).as_regression()
    table = bench.evidence.predictions
    table["candidate_score"] = table["candidate_prediction"] = table["y_true"] + rng.normal(0, 10, 400)
    error = np.abs(table["candidate_score"] - table["y_true"])
    upper = error.mean() + stats.t.ppf(0.95, 399) * error.std(ddof=1) / math.sqrt(400)
    assert bench.judge("performance: {mae: {max: 100}}" + SURE).code == 0
    found = bench.finding("performance", "mae")
    assert found["upper"] == pytest.approx(upper, rel=0.01)  # the judge's is a little wider: errors are skewed
    assert found["upper"] >= upper - 1e-9
    assert bench.judge(f"performance: {{mae: {{max: {(error.mean() + upper) / 2}}}}}" + SURE).code == 3
    assert bench.judge(f"performance: {{mae: {{max: {error.mean() - 0.01}}}}}" + SURE).code == 1


@pytest.mark.parametrize(
    "name",
    ["balanced_accuracy", "auc_roc", "average_precision", "log_loss", "brier_score", "expected_calibration_error"],
)
def test_every_other_metric_has_bounds_around_its_estimate(bench, name: str) -> None:
    from mlops.gates import metrics

    higher = metrics.BY_TASK["classification"][name].higher_is_better
    bench.judge(f"performance: {{{name}: {{{'min: 0.1' if higher else 'max: 0.9'}}}}}" + SURE)
    found = bench.finding("performance", name)
    assert found["lower"] < found["estimate"] < found["upper"]
    assert (found["verdict"], found["confidence"]) == ("PASS", 0.95)


def test_custom_metric_has_no_bound_and_holds(bench) -> None:
    bench.evidence.document["custom_metrics"] = {"profit": {"candidate": 5.0, "champion": 4.0}}
    bench.evidence.with_champion(90)
    gates = "performance: {profit: {min: 4}}\nregression: {max_degradation: 1, metrics: [profit]}"
    assert bench.judge(gates).code == 0
    assert bench.judge(gates + SURE).code == 3
    for kind in ("performance", "regression"):
        found = bench.finding(kind, "profit")
        assert (found["verdict"], found["lower"], found["method"]) == ("HOLD", None, None)
        assert "the trainer computed it" in found["reason"]


# ---------------------------------------------------------------------------------------------------------- reasons


def test_a_reason_gives_estimate_bound_threshold_and_what_would_settle_it(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=1000, correct=931)
    result = bench.judge("performance: {accuracy: {min: 0.92}}" + SURE)
    found = bench.finding("performance", "accuracy")
    expected = "accuracy 0.931, at least 0.916 with 95 % confidence, threshold 0.92: not proven; about "
    assert found["reason"].startswith(expected), found["reason"]
    assert found["reason"].endswith(" more rows would settle it")
    assert result.code == 3
    assert expected in result.out


def test_reported_number_of_rows_settles_the_gate(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=1000, correct=931)
    gates = "performance: {accuracy: {min: 0.92}}" + SURE
    bench.judge(gates)
    more = bench.finding("performance", "accuracy")["more_rows"]
    rows = 1000 + more
    bench.evidence = EvidenceBuilder(rows=rows, correct=round(0.931 * rows))
    assert bench.judge(gates).code == 0
    fewer = 1000 + int(more * 0.8)
    bench.evidence = EvidenceBuilder(rows=fewer, correct=round(0.931 * fewer))
    assert bench.judge(gates).code == 3


def test_estimate_equal_to_the_threshold_is_never_settled(bench) -> None:
    assert bench.judge("performance: {accuracy: {min: 0.9}}" + SURE).code == 3
    found = bench.finding("performance", "accuracy")
    assert found["more_rows"] is None
    assert "no number of rows would settle it" in found["reason"]


def test_reason_of_pass_is_proven_and_of_fail_not_met(bench) -> None:
    bench.judge("performance: {accuracy: {min: 0.8}, f1_score: {min: 0.95}}" + SURE)
    assert bench.finding("performance", "accuracy")["reason"].endswith("threshold 0.8: proven")
    assert bench.finding("performance", "f1_score")["reason"].endswith("threshold 0.95: not met")


def test_without_statistics_the_bound_is_still_reported_with_a_warning(bench) -> None:
    assert bench.judge("performance: {accuracy: {min: 0.89}}").code == 0
    found = bench.finding("performance", "accuracy")
    assert (found["verdict"], found["confidence"]) == ("PASS", 0.95)
    assert found["lower"] == pytest.approx(exact_lower(90, 100))
    assert "met, but not proven; about " in found["reason"]
    bench.judge("performance: {accuracy: {min: 0.8}}")
    assert "met, and proven" in bench.finding("performance", "accuracy")["reason"]


def test_reason_contains_the_missing_rows(bench) -> None:
    gates = "performance: {accuracy: {min: 0.5}}\nstatistics: {min_samples: 150%s}"
    assert bench.judge(gates % "").code == 3
    assert bench.finding("performance", "accuracy")["more_rows"] == 50
    assert bench.judge(gates % ", on_insufficient: pass").code == 0
    assert "NOT PROVEN, but on_insufficient is pass" in bench.finding("performance", "accuracy")["reason"]
    assert bench.judge(gates % ", on_insufficient: fail").code == 1
    assert "on_insufficient is fail" in bench.finding("performance", "accuracy")["reason"]


# ------------------------------------------------------------------------------------------------------- regression


def champion(builder: EvidenceBuilder, broken: int, mended: int) -> EvidenceBuilder:
    """A champion that gets ``broken`` rows right which the candidate gets wrong, and the other way round."""
    table = builder.predictions
    truth, mine = table["y_true"].to_numpy(), table["candidate_prediction"].to_numpy()
    theirs = mine.copy()
    wrong, right = np.flatnonzero(mine != truth), np.flatnonzero(mine == truth)
    theirs[wrong[:broken]] = truth[wrong[:broken]]
    theirs[right[:mended]] = 1 - truth[right[:mended]]
    builder.with_champion(0)
    table["champion_prediction"] = theirs
    table["champion_score"] = np.where(theirs == 1, 0.8, 0.2)
    return builder


def test_equal_predictions_prove_nothing_on_few_rows(bench) -> None:
    """No discordant pair: Tango's bound is z^2 / (n + z^2), and never of no width."""
    z2 = stats.norm.ppf(0.95) ** 2
    for rows, code in [(100, 3), (267, 3), (268, 0)]:  # 0.01 >= z^2 / (n + z^2) from n = 268 on
        bench.evidence = champion(EvidenceBuilder(rows=rows, correct=rows - 5), 0, 0)
        assert bench.judge("regression: {max_degradation: 0.01, metrics: [accuracy]}" + SURE).code == code
        found = bench.finding("regression", "accuracy")
        assert found["estimate"] == 0
        assert found["upper"] == pytest.approx(z2 / (rows + z2), abs=1e-6)


def test_a_better_candidate_needs_fewer_rows(bench) -> None:
    bench.evidence = champion(EvidenceBuilder(rows=200, correct=190), 0, 8)
    assert bench.judge("regression: {max_degradation: 0.01, metrics: [accuracy]}" + SURE).code == 0
    assert bench.finding("regression", "accuracy")["estimate"] == -0.04


def test_worse_candidate_fails_and_slightly_worse_one_holds(bench) -> None:
    gates = "regression: {max_degradation: 0.02, metrics: [accuracy]}" + SURE
    bench.evidence = champion(EvidenceBuilder(rows=200, correct=190), 5, 0)
    assert bench.judge(gates).code == 1
    bench.evidence = champion(EvidenceBuilder(rows=200, correct=190), 3, 0)
    assert bench.judge(gates).code == 3
    assert bench.finding("regression", "accuracy")["more_rows"] > 0


@pytest.mark.parametrize(
    "name", ["accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1_score", "log_loss"]
)
def test_a_paired_bound_is_tighter_than_the_difference_of_two_single_ones(bench, name: str) -> None:
    bench.evidence = champion(EvidenceBuilder(rows=2000, correct=1800), 20, 20)
    limit = 0.5
    bench.judge(f"regression: {{max_degradation: {limit}, metrics: [{name}]}}" + SURE)
    paired = bench.finding("regression", name)
    side = "max: 5" if name == "log_loss" else "min: 0.1"
    bench.judge(f"performance: {{{name}: {{{side}}}}}" + SURE)
    single = bench.finding("performance", name)
    assert paired["upper"] - paired["estimate"] < (single["upper"] - single["lower"]) / 2


@pytest.mark.parametrize(
    ("broken", "mended", "says"),
    [
        (30, 10, "accuracy worse by 0.0200, by at most 0.03"),
        (10, 30, "accuracy better by 0.0200, by at least 0.0"),
        (20, 21, "accuracy better by 0.00100, worse by at most 0.0"),
        (20, 20, "accuracy unchanged, worse by at most 0.01"),
    ],
)
def test_degradation_is_written_in_words(bench, broken: int, mended: int, says: str) -> None:
    bench.evidence = champion(EvidenceBuilder(rows=1000, correct=900), broken, mended)
    assert bench.judge("regression: {max_degradation: 0.05, metrics: [accuracy]}" + SURE).code == 0
    reason = bench.finding("regression", "accuracy")["reason"]
    assert reason.startswith(says), reason
    assert "-" not in reason, reason


def test_metric_may_have_a_separate_limit(bench) -> None:
    bench.evidence = champion(EvidenceBuilder(rows=1000, correct=900), 30, 10)  # accuracy worse by 0.02
    for gates in (
        "performance: {accuracy: {min: 0.5, max_degradation: 0.05}, recall: {min: 0.5}}\nregression: "
        "{max_degradation: 0.001}",
        "performance: {recall: {min: 0.5}}\nregression: {max_degradation: 0.001, metrics: {accuracy: "
        "{max_degradation: 0.05}, recall: {max_degradation: 0.001}}}",
    ):
        assert bench.judge(gates).code == 1
        assert bench.finding("regression", "accuracy")["verdict"] == "PASS"
        assert bench.finding("regression", "accuracy")["threshold"] == 0.05
        assert bench.finding("regression", "recall")["verdict"] == "FAIL"
        assert bench.finding("regression", "recall")["threshold"] == 0.001


def test_champion_compared_with_itself_passes(bench) -> None:
    bench.evidence = champion(EvidenceBuilder(), 0, 0)
    same = bench.evidence.document["candidate"]["digest"]
    bench.evidence.document["champion"]["digest"] = same
    assert bench.judge("regression: {max_degradation: 0, metrics: [accuracy]}" + SURE).code == 0
    assert "the candidate is the champion itself" in bench.finding("regression", "accuracy")["reason"]
    bench.evidence.predictions.loc[0, "champion_score"] = 0.5
    result = bench.judge("regression: {max_degradation: 0, metrics: [accuracy]}" + SURE)
    assert (result.code, "but different predictions in" in result.err) == (2, True)


# ------------------------------------------------------------------------------------------------- fairness, latency


def grouped(right: dict[str, tuple[int, int]]) -> EvidenceBuilder:
    """Groups by name, each with the rows that are right and all of them."""
    total = sum(rows for _, rows in right.values())
    builder = EvidenceBuilder(rows=total, correct=total)
    table = builder.predictions
    names, wrong, start = [], [], 0
    for name, (good, rows) in right.items():
        names += [name] * rows
        wrong += list(range(start + good, start + rows))
        start += rows
    table["sex"] = names
    table.loc[wrong, "candidate_prediction"] = 1 - table.loc[wrong, "y_true"]
    return builder


FAIR = "fairness: {max_disparity: 0.05, protected_attributes: [sex]%s}"


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ({"f": (900, 1000), "m": (900, 1000)}, 0),
        ({"f": (900, 1000), "m": (870, 1000)}, 3),
        ({"f": (900, 1000), "m": (840, 1000)}, 1),
        ({"f": (90, 100), "m": (90, 100)}, 3),
    ],
)
def test_groups_pass_only_if_the_bound_of_their_difference_does(bench, groups: dict, code: int) -> None:
    bench.evidence = grouped(groups)
    assert bench.judge(FAIR % "" + SURE).code == code
    found = bench.finding("fairness", "sex")
    (x1, n1), (x2, n2) = groups.values()

    def wilson(x: int, n: int) -> tuple[float, float]:
        z = stats.norm.ppf(0.95)
        middle, half = x + z * z / 2, z * math.sqrt(x * (n - x) / n + z * z / 4)
        return (middle - half) / (n + z * z), (middle + half) / (n + z * z)

    (l1, u1), (l2, u2) = wilson(x1, n1), wilson(x2, n2)
    difference = x1 / n1 - x2 / n2
    upper = difference + math.hypot(u1 - x1 / n1, x2 / n2 - l2)
    lower = difference - math.hypot(x1 / n1 - l1, u2 - x2 / n2)
    # our bound is slightly wider than Newcombe's, whose coverage is slightly below its confidence
    assert max(upper, -lower) - 1e-9 <= found["upper"] <= max(upper, -lower) + 1 / min(n1, n2)


def test_unproven_pair_of_groups_is_named(bench) -> None:
    bench.evidence = grouped({"a": (1800, 2000), "b": (1800, 2000), "c": (90, 100)})
    assert bench.judge(FAIR % "" + SURE).code == 3
    found = bench.finding("fairness", "sex")
    assert "'c'" in found["reason"]
    assert "not proven for" in found["reason"]
    assert found["more_rows"] > 100


def test_group_below_the_minimum_is_named_and_holds(bench) -> None:
    gates = FAIR % "" + "\nstatistics: {min_group_samples: 50%s}"
    bench.evidence = grouped({"f": (9000, 10000), "m": (9000, 10000), "x": (2, 3)})
    assert bench.judge(gates % "").code == 3
    found = bench.finding("fairness", "sex")
    assert "'x' has 3 of the 50 required samples" in found["reason"]
    assert (found["n"], found["more_rows"], found["upper"]) == (3, 47, None)
    assert bench.judge(gates % ", on_insufficient: fail").code == 1
    # told to let small groups pass, it still fails where they are seen to be too far apart
    assert bench.judge(gates % ", on_insufficient: pass").code == 1
    bench.evidence = grouped({"f": (9000, 10000), "m": (9000, 10000), "x": (9, 10)})
    assert bench.judge(gates % ", on_insufficient: pass").code == 0
    assert "NOT PROVEN, but on_insufficient is pass" in bench.finding("fairness", "sex")["reason"]


def test_small_group_with_a_proven_difference_fails(bench) -> None:
    bench.evidence = grouped({"f": (950, 1000), "m": (10, 40)})
    assert bench.judge(FAIR % "" + "\nstatistics: {min_group_samples: 50}").code == 1
    assert "'m' has 40 of the 50 required samples" in bench.finding("fairness", "sex")["reason"]


def test_rows_without_a_group_are_a_separate_group(bench) -> None:
    bench.evidence = grouped({"f": (900, 1000), "m": (900, 1000), "x": (700, 1000)})
    bench.evidence.predictions["sex"] = bench.evidence.predictions["sex"].replace("x", None)
    assert bench.judge(FAIR % "" + SURE).code == 1
    assert "0.700 for '(missing)'" in bench.finding("fairness", "sex")["reason"]


def test_attributes_can_be_combined(bench) -> None:
    """Fair to women, to men, to old and to young, and not to old women."""
    bench.evidence = grouped({"f": (1000, 1000), "m": (1000, 1000)})
    table = bench.evidence.predictions
    table["age_group"] = ["old", "young"] * 1000
    bench.evidence.document["protected_attributes"] = ["sex", "age_group"]
    for sex, age, wrong in [("f", "old", 100), ("m", "young", 100), ("f", "young", 20), ("m", "old", 20)]:
        rows = table.index[(table["sex"] == sex) & (table["age_group"] == age)][:wrong]
        table.loc[rows, "candidate_prediction"] = 1 - table.loc[rows, "y_true"]
    gates = "fairness: {max_disparity: 0.08, protected_attributes: %s}" + SURE
    assert bench.judge(gates % "[sex, age_group]").code == 0
    assert bench.judge(gates % "[sex, age_group, [sex, age_group]]").code == 1
    found = bench.finding("fairness", "sex + age_group")
    assert (found["verdict"], found["estimate"]) == ("FAIL", 0.16)
    assert "'f, old'" in found["reason"] or "'m, young'" in found["reason"]


@pytest.mark.parametrize(
    ("metric", "estimate"),
    [
        ("accuracy", 0.15),  # 800 of 1000 right, 950 of 1000
        ("selection_rate", 0.05),  # 500 of 1000 predicted positive, 550 of 1000
        ("true_positive_rate", 0.2),  # 400 of 500, 500 of 500
        ("recall", 0.2),
        ("false_positive_rate", 0.1),  # 100 of 500, 50 of 500
        ("equalized_odds", 0.2),
        ("equalised_odds", 0.2),
    ],
)
def test_groups_are_compared_by_the_metric_that_the_file_names(bench, metric: str, estimate: float) -> None:
    bench.evidence = grouped({"f": (1000, 1000), "m": (1000, 1000)})
    table = bench.evidence.predictions
    for sex, label, wrong in [("f", 1, 100), ("f", 0, 100), ("m", 0, 50)]:
        rows = table.index[(table["sex"] == sex) & (table["y_true"] == label)][:wrong]
        table.loc[rows, "candidate_prediction"] = 1 - label
    bench.judge(FAIR % f", metric: {metric}" + SURE)
    assert bench.finding("fairness", "sex")["estimate"] == pytest.approx(estimate)


def test_a_regression_compares_the_errors_of_groups(bench) -> None:
    rng = np.random.default_rng(2)
    bench.evidence = EvidenceBuilder(rows=2000).as_regression()
    table = bench.evidence.predictions
    table["sex"] = ["f", "m"] * 1000
    spread = np.where(table["sex"] == "f", 10.0, 12.0)
    table["candidate_score"] = table["candidate_prediction"] = table["y_true"] + rng.normal(0, 1, 2000) * spread
    error = np.abs(table["candidate_score"] - table["y_true"])
    f, m = error[table["sex"] == "f"], error[table["sex"] == "m"]
    upper = stats.ttest_ind(m, f, equal_var=False).confidence_interval(0.90).high
    fair = "fairness: {max_disparity: %s, protected_attributes: [sex]%s}" + SURE
    for metric in ("", ", metric: error", ", metric: mae"):
        assert bench.judge(fair % (upper + 0.1, metric)).code == 0
        found = bench.finding("fairness", "sex")
        assert found["estimate"] == pytest.approx(m.mean() - f.mean())
        assert found["upper"] == pytest.approx(upper, abs=0.02)
    assert bench.judge(fair % (m.mean() - f.mean() + 0.05, "")).code == 3
    assert bench.judge(fair % (m.mean() - f.mean() - 0.05, "")).code == 1


def test_group_without_a_row_for_the_metric_holds(bench) -> None:
    bench.evidence = grouped({"f": (300, 300), "m": (300, 300)})
    table = bench.evidence.predictions
    table.loc[table["sex"] == "m", ["y_true", "candidate_prediction"]] = 0
    gates = FAIR % ", metric: true_positive_rate"
    result = bench.judge(gates)
    assert (result.code, "not defined in group 'm'" in result.err) == (2, True)
    table["age"] = table["sex"].replace({"f": "a"})
    table.loc[:99, "age"] = "b"
    bench.evidence.document["protected_attributes"] = ["sex", "age"]
    assert bench.judge(gates.replace("[sex]", "[age]") + SURE).code == 3
    assert "'m' has no row for true_positive_rate" in bench.finding("fairness", "age")["reason"]


@pytest.mark.parametrize(
    ("requests", "code"),
    [(298, 3), (299, 0), (50, 3)],
)
def test_a_p99_needs_299_requests(bench, requests: int, code: int) -> None:
    bench.evidence.latency = pd.DataFrame({"latency_ms": np.linspace(1, 9, requests)})
    assert bench.judge("latency: {p99_ms: 10}" + SURE).code == code
    found = bench.finding("latency", "p99_ms")
    if code:
        assert found["upper"] is None
        assert "needs 299" in found["reason"]
        assert found["more_rows"] == 299 - requests
    else:
        assert found["upper"] == 9


def test_a_percentile_is_bounded_by_order_statistics(bench) -> None:
    bench.evidence.latency = pd.DataFrame({"latency_ms": np.random.default_rng(1).permutation(np.arange(1.0, 1001))})
    # the least rank r with P(Bin(1000, 0.95) <= r - 1) >= 0.95
    rank = int(stats.binom.ppf(0.95, 1000, 0.95)) + 1
    for limit, code in [(rank, 0), (rank - 1, 3), (949, 1)]:
        assert bench.judge(f"latency: {{p95_ms: {limit}}}" + SURE).code == code, limit
        found = bench.finding("latency", "p95_ms")
        assert (found["estimate"], found["upper"]) == (950, rank)


# --------------------------------------------------------------------------------------- impossible or contradictory


@pytest.mark.parametrize(
    ("gates", "phrases"),
    [
        ("performance: {accuracy: {min: 1.2}}", ["performance.accuracy.min", "between 0 and 1", "1.2"]),
        ("performance: {accuracy: {min: -0.1}}", ["performance.accuracy.min"]),
        ("performance: {auc_roc: {min: 95}}", ["performance.auc_roc.min", "between 0 and 1"]),
        ("performance: {r2: {min: 1.5}}", ["performance.r2.min", "1 or less"]),
        ("performance: {mae: {max: -3}}", ["performance.mae.max", "0 or more"]),
        ("performance: {brier_score: {min: 0.1}}", ["brier_score", "needs max"]),
        ("performance: {accuracy: {max: 0.1}}", ["accuracy", "needs min"]),
        (
            "performance: {accuracy: {min: 0.9, max_degradation: 0.01}}",
            ["performance.accuracy.max_degradation", "add `regression"],
        ),
        (
            "performance: {accuracy: {min: 0.9, max_degradation: 0.01}}\n"
            "regression: {max_degradation: 0.1, metrics: [recall]}",
            ["performance.accuracy.max_degradation", "regression.metrics does not name 'accuracy'"],
        ),
        (
            "performance: {accuracy: {min: 0.9, max_degradation: 0.01}}\n"
            "regression: {metrics: {accuracy: {max_degradation: 0.1}}}",
            ["sets the same limit: remove one of them"],
        ),
        ("regression: {metrics: [accuracy]}", ["regression", "max_degradation"]),
        ("regression: {max_degradation: 0.1, metrics: [accuracy, accuracy]}", ["appears twice"]),
        ("performance: {accuracy: {min: 0.5, max_degradation: -1}}", ["max_degradation", "at least 0"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: [[sex]]}", ["protected_attributes.0"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: [[sex, sex]]}", ["appears twice"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: [sex, sex]}", ["appears twice"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: [3]}", ["protected_attributes.0", "found 3"]),
        (
            "fairness: {max_disparity: 0.1, protected_attributes: [sex], metric: odds}",
            ["fairness.metric", "'accuracy'"],
        ),
        ("size: {max_mb: 1}\nstatistics: {confidence: 95}", ["statistics.confidence", "at most 0.999", "found 95"]),
        ("size: {max_mb: 1}\nstatistics: {min_samples: 1e3}", ["statistics.min_samples", "whole number"]),
        ("size: {max_mb: 1}\nstatistics: {min_group_samples: -5}", ["statistics.min_group_samples"]),
    ],
)
def test_impossible_setting_is_refused_with_its_place(bench, gates: str, phrases: list[str]) -> None:
    result = bench.judge(gates)
    assert result.code == 2, result.text
    assert "model_gates.yaml:" in result.err
    for phrase in phrases:
        assert phrase in result.err, result.err


@pytest.mark.parametrize(
    ("gates", "phrases"),
    [
        ("fairness: {max_disparity: 5, protected_attributes: [sex]}", ["model_gates.yaml:1", "0.05 is five points"]),
        ("regression: {max_degradation: 5, metrics: [accuracy]}", ["model_gates.yaml:1", "0.01 is one point"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: [sex], metric: error}", ["'error'", "accuracy"]),
        ("performance: {f1_macro: {min: 0.5}}", ["task classification", "'f1_macro'", "did you mean 'f1_score'"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: [[sex, age]]}", ["'age'"]),
    ],
)
def test_setting_without_evidence_is_refused_with_its_place(bench, gates: str, phrases: list[str]) -> None:
    result = bench.judge(gates)
    assert result.code == 2, result.text
    for phrase in phrases:
        assert phrase in result.err, result.err


# -------------------------------------------------------------------------------------------------------- multiclass


@pytest.fixture
def three_labels(bench) -> Callable[..., Any]:
    """Evidence of three labels, of which every fifth row is wrong."""

    def three_labels(with_scores: bool = True, rows: int = 600) -> Any:
        builder = EvidenceBuilder(rows=rows)
        labels = ["cat", "dog", "emu"]
        truth = np.arange(rows) % 3
        answer = np.where(np.arange(rows) % 5 == 0, (truth + 1) % 3, truth)
        classes = np.full((rows, 3), 0.1)
        classes[np.arange(rows), answer] = 0.8
        table = builder.predictions
        table["y_true"] = np.array(labels)[truth]
        table["candidate_prediction"] = np.array(labels)[answer]
        table["candidate_score"] = 0.8
        if with_scores:
            for place, label in enumerate(labels):
                table[f"candidate_score_{label}"] = classes[:, place]
        builder.document |= {"task": "multiclass", "labels": labels, "positive_label": None}
        bench.evidence = builder
        return bench

    return three_labels


def test_three_labels_are_judged_by_named_averages(three_labels) -> None:
    bench = three_labels()
    names = ["accuracy", "balanced_accuracy", "precision_macro", "recall_micro", "f1_weighted", "f1_macro"]
    names += ["auc_roc_macro"]
    thresholds = ", ".join(f"{name}: {{min: 0.7}}" for name in names)
    gates = f"performance: {{{thresholds}, log_loss: {{max: 1}}, brier_score: {{max: 1}}}}"
    gates += "\nfairness: {max_disparity: 0.2, protected_attributes: [sex]}"
    assert bench.judge(gates + SURE).code == 0
    assert bench.finding("performance", "accuracy")["lower"] == pytest.approx(exact_lower(480, 600))
    assert bench.judge("performance: {f1_score: {min: 0.5}}").code == 2  # which average?


def test_metric_without_its_probabilities_is_refused(three_labels) -> None:
    bench = three_labels(with_scores=False)
    assert bench.judge("performance: {f1_macro: {min: 0.7}}" + SURE).code == 0
    result = bench.judge("performance: {log_loss: {max: 1}}")
    assert (result.code, "a column candidate_score_<label> for each" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        (lambda t: t.drop(columns="candidate_score_emu", inplace=True), "no column ['candidate_score_emu']"),
        (lambda t: t.__setitem__("candidate_score_emu", 0.9), "add up to"),
        (lambda t: t.__setitem__("candidate_score_emu", -0.1), "is not a probability"),
        (lambda t: t.__setitem__("candidate_score", 0.5), "differs from the probability of candidate_prediction"),
        (lambda t: t.__setitem__("y_true", "cow"), "'cow'"),
        (lambda t: t.__setitem__("candidate_score_cow", 0.0), "candidate_score_cow"),
    ],
)
def test_inconsistent_probabilities_are_refused(three_labels, spoil: Callable, phrase: str) -> None:
    bench = three_labels()
    spoil(bench.evidence.predictions)
    result = bench.judge("performance: {accuracy: {min: 0}}")
    assert (result.code, phrase in result.err) == (2, True), result.text
