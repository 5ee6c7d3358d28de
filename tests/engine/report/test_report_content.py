"""The content of the report for each task, and for unusual evidence."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from support.engine import EvidenceBuilder, digest
from support.report import (
    GATES,
    REGRESSION_GATES,
    Outline,
    gather,
    report,
    spread,
    write,
)


def test_a_task_with_three_labels_shows_recall_and_precision_of_each_label(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=120)
    evidence.document |= {"task": "multiclass", "labels": ["low", "middle", "high"], "positive_label": None}
    truth = np.array(["low", "middle", "high"])[np.arange(120) % 3]
    wrong = np.arange(120) % 12 == 1  # every fourth row of 'middle'
    answers = np.where(wrong, "high", truth)
    evidence.predictions = evidence.predictions.assign(
        y_true=truth, candidate_prediction=answers, candidate_score=np.where(wrong, 0.6, 0.9)
    )
    evidence.behavioral = evidence.behavioral.assign(expected=["low", "high"], got=["low", "high"])
    gates = "performance: {accuracy: {min: 0.8}}\nfairness: {max_disparity: 0.5, protected_attributes: [sex]}\n"
    page = report(tmp_path, evidence, gates)
    text = Outline(page.html).text
    assert "The lowest is 0.7500, of 'middle'" in text  # 30 of 40 rows are predicted correctly
    assert "curves are drawn for two labels" in text
    assert {"label_recall", "label_precision", "confusion"} <= set(page.pictures)
    assert page.pictures["confusion"].count(">40<") == 2
    assert ">30<" in page.pictures["confusion"]


def test_evidence_without_protected_attributes_is_reported(tmp_path: Path) -> None:
    evidence = EvidenceBuilder()
    evidence.document["protected_attributes"] = []
    evidence.predictions = evidence.predictions.drop(columns="sex")
    page = report(tmp_path, evidence, "performance: {accuracy: {min: 0.1}}\n")
    assert "has no protected attribute" in Outline(page.html).text


def test_attributes_that_the_gate_combines_are_shown_combined_with_the_gates_metric(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=200)
    evidence.document["protected_attributes"] = ["sex", "age"]
    evidence.predictions["age"] = np.where(np.arange(200) % 5 == 0, "old", "young")
    gates = "fairness: {max_disparity: 0.9, protected_attributes: [[sex, age]], metric: equalized_odds}\n"
    page = report(tmp_path, evidence, gates)
    for attributes in ("sex + age", "sex", "age"):
        for measure in ("True positive rate", "False positive rate"):
            assert f"{measure} by {attributes}" in page.html.replace("&#39;", "'")
    assert "f, old" in page.html
    assert page.html.count("No gate compares them") == 4  # each attribute by itself, both rates


def test_constant_values_and_zero_latency_do_not_divide_by_zero(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=30).as_regression(0.0)
    evidence.predictions[["y_true", "candidate_score", "candidate_prediction"]] = 7.0
    evidence.predictions.loc[0, ["y_true", "candidate_score", "candidate_prediction"]] = 8.0
    evidence.latency = pd.DataFrame({"latency_ms": [0.0] * 30})
    gates = "performance: {mae: {max: 0}}\nlatency: {p50_ms: 5}\n"
    page = report(tmp_path, evidence, gates)
    assert {"predicted", "residuals", "latency"} <= set(page.pictures)
    assert not re.search(r"\b(nan|inf)\b", page.html, re.IGNORECASE)


def test_a_regression_lists_the_rows_whose_error_grew_most(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=50).with_champion(50).as_regression(1.0)
    answers = evidence.predictions["candidate_prediction"].to_numpy().copy()
    answers[[7, 23]] += 100
    for column in ("candidate_score", "candidate_prediction"):
        evidence.predictions[column] = answers
    for column in ("champion_score", "champion_prediction"):
        evidence.predictions[column] = evidence.predictions["y_true"] + 2.0
    content = gather(tmp_path, evidence, REGRESSION_GATES)
    assert {row.row_id for row in content.changes.rows} == {"r7", "r23"}
    assert content.changes.summary.startswith("4 % of the rows have a larger error than with the champion")
    page = write(tmp_path, content)
    assert {"predicted", "residuals", "row_by_row"} <= set(page.pictures)


def test_gates_and_cases_that_did_not_pass_are_listed_first(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(correct=85)
    evidence.behavioral = evidence.behavioral.assign(got=["1", "1"], passed=[True, False])
    hold = "accuracy: {min: 0.8}, recall: {min: 0.8}"  # 85 of 100 rows, and 42 of 50, do not prove either
    page = report(tmp_path, evidence, GATES.replace("accuracy: {min: 0.8}", f"specificity: {{min: 0.5}}, {hold}"))
    text = Outline(page.html).text
    assert "FAIL At least one gate failed" in text
    assert re.search(r"performance.accuracy HOLD: .*not proven; about [\d,]+ more rows would settle it", text)
    rows = [line.split(" | ") for line in page.markdown.splitlines() if re.match(r"\| (FAIL|HOLD|PASS) \|", line)]
    verdicts = [row[0].removeprefix("| ") for row in rows]
    assert verdicts == sorted(verdicts)
    assert set(verdicts) == {"FAIL", "HOLD", "PASS"}
    assert [row[1] for row in rows[:3]] == ["behavioral.min_pass_rate", "performance.accuracy", "performance.recall"]
    assert re.findall(r'class="lead">([ab])<', page.html) == ["b", "a"]


def test_a_critical_case_shows_all_its_expectations(tmp_path: Path) -> None:
    evidence = EvidenceBuilder()
    evidence.behavioral = pd.DataFrame(
        {
            "case_id": ["plain", "same", "rising"],
            "description": ["one", "two", "three"],
            "expected": ["1", "", ""],
            "got": ["1", "1", "1"],
            "passed": [True, True, True],
            "score": [0.7, 0.7, 0.8123],
        }
    )
    cases = (
        "case_id,description,expected,must_not,same_as,not_below,x\n"
        "plain,one,1,,,,1\nsame,two,,0,plain,,2\nrising,three,,,,plain,3\n"
    )
    content = gather(tmp_path, evidence, cases=cases)
    assert [(case.expectation, case.got) for case in content.cases] == [
        ("1", "1"),
        ("not 0, the same as plain", "1"),
        ("a score not below that of plain", "1 (score 0.8123)"),
    ]
    page = write(tmp_path, content)
    assert all(case.expectation in page.html and case.expectation in page.markdown for case in content.cases)


def test_the_report_names_the_champion_of_the_evidence(tmp_path: Path) -> None:
    page = report(tmp_path, spread(EvidenceBuilder().with_champion(80)))
    assert digest("champion") in page.html
    assert digest("champion") in page.markdown
    assert "no champion yet" not in page.html
