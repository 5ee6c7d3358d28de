"""Fairness compares every pair of groups, and holds groups that are too small."""

import numpy as np
import pandas as pd
import pytest

from support.engine import EvidenceBuilder


def test_fairness_judges_the_widest_gap_of_more_than_two_groups(bench) -> None:
    # accuracies 0.8 (10 rows), 0.5 (10 rows), 1.0 (80 rows): disparity 0.5
    wrong = [0, 1, *range(10, 15)]
    table = bench.evidence.predictions
    table["sex"] = ["a"] * 10 + ["b"] * 10 + ["c"] * 80
    table["candidate_prediction"] = table["y_true"]
    table.loc[wrong, "candidate_prediction"] = 1 - table.loc[wrong, "y_true"]
    bench.judge("fairness: {max_disparity: 0.2, protected_attributes: [sex]}")
    found = bench.finding("fairness", "sex")
    assert found["estimate"] == pytest.approx(0.5)
    assert found["n"] == 10
    assert "0.500 for 'b'" in found["reason"]
    assert "1.000 for 'c'" in found["reason"]


def test_each_protected_attribute_has_its_own_result(bench) -> None:
    table = bench.evidence.predictions
    table["sex"] = ["f", "f", "m", "m"] * 25
    table["age_group"] = ["young"] * 90 + ["old"] * 10  # all ten wrong answers are of old rows
    bench.evidence.document["protected_attributes"] = ["sex", "age_group"]
    assert bench.judge("fairness: {max_disparity: 0.2, protected_attributes: [sex, age_group]}").code == 1
    assert bench.finding("fairness", "sex")["verdict"] == "PASS"
    assert bench.finding("fairness", "age_group")["verdict"] == "FAIL"


def test_a_small_group_holds(bench) -> None:
    bench.evidence.predictions["sex"] = ["f"] * 80 + ["m"] * 20
    gates = "fairness: {max_disparity: 1, protected_attributes: [sex]}\nstatistics: {min_group_samples: %d}"
    assert bench.judge(gates % 21).code == 3
    assert "20 of the 21 required samples" in bench.finding("fairness", "sex")["reason"]
    assert bench.judge(gates % 20).code == 0


def test_groups_named_by_large_numbers_stay_distinct(bench) -> None:
    """Through fractions, 2**60 + 1 and 2**60 + 2 would be one group."""
    bench.evidence = EvidenceBuilder(rows=400, correct=400)
    table = bench.evidence.predictions
    codes = np.resize([2**60 + 1, 2**60 + 2, 2**60 + 3], 400)
    wrong = codes == 2**60 + 2
    table.loc[wrong, "candidate_prediction"] = 1 - table.loc[wrong, "y_true"]
    table["sex"] = pd.array(np.where(np.arange(400) < 3, 0, codes), dtype="Int64")
    table.loc[:2, "sex"] = pd.NA
    assert bench.judge("fairness: {max_disparity: 0.9, protected_attributes: [sex]}").code == 1
    assert f"0.000 for '{2**60 + 2}'" in bench.finding("fairness", "sex")["reason"]


def test_group_without_a_row_for_the_metric_holds_with_any_on_insufficient(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=400, correct=400)
    table = bench.evidence.predictions
    table["sex"] = np.where(np.arange(400) < 100, "c", table["sex"])
    table.loc[table["sex"] == "c", ["y_true", "candidate_prediction", "candidate_score"]] = [0, 0, 0.2]
    fair = "fairness: {max_disparity: 0.2, protected_attributes: [sex], metric: true_positive_rate}\n"
    for said, code in {"fail": 1, "pass": 3, "hold": 3}.items():
        assert bench.judge(fair + f"statistics: {{min_group_samples: 50, on_insufficient: {said}}}").code == code
    assert "'c' has no row for true_positive_rate" in bench.finding("fairness", "sex")["reason"]


def test_fairness_needs_the_rows_of_the_whole_sample_too(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=400, correct=400)
    fair = "fairness: {max_disparity: 0.2, protected_attributes: [sex]}\nstatistics: {min_samples: %d}"
    assert (bench.judge(fair % 400).code, bench.judge(fair % 401).code) == (0, 3)
    assert "400 of the 401 required samples" in bench.finding("fairness", "sex")["reason"]


def test_proven_failure_of_a_small_group_is_reported(bench) -> None:
    bench.evidence = EvidenceBuilder(rows=1040, correct=1040)
    table = bench.evidence.predictions
    table["sex"] = np.where(np.arange(1040) < 40, "c", table["sex"])
    table.loc[:34, "candidate_prediction"] = 1 - table.loc[:34, "y_true"]
    result = bench.judge(
        "fairness: {max_disparity: 0.2, protected_attributes: [sex]}\nstatistics: {min_group_samples: 50}"
    )
    found = bench.finding("fairness", "sex")
    assert (result.code, found["estimate"]) == (1, pytest.approx(35 / 40))
    assert "0.125 for 'c'" in found["reason"]
    assert "not met" in found["reason"]
