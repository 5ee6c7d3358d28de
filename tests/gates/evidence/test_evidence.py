"""Unusable evidence ends with exit code 2 and a message that names the place, without a verdict."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

GATES = (
    "performance: {accuracy: {min: 0}}\nregression: {max_degradation: 1}\n"
    "latency: {p50_ms: 1000}\nsize: {max_mb: 100}\n"
    "fairness: {max_disparity: 1, protected_attributes: [sex]}\n"
    "behavioral: {test_cases: cases.csv, min_pass_rate: 0}\npolicy: {require: [model_card]}\n"
)


def refused(result, *phrases: str) -> None:
    assert result.code == 2, result.text
    for phrase in phrases:
        assert phrase in result.err, result.err
    assert "Traceback" not in result.err
    assert len(result.err.strip().splitlines()) == 1, result.err


def test_unchanged_evidence_passes(bench) -> None:
    assert bench.judge(GATES).code == 0
    bench.evidence.with_champion(80)
    assert bench.judge(GATES).code == 0


@pytest.mark.parametrize("name", ["evidence.json", "predictions.parquet", "latency.parquet", "behavioral.parquet"])
def test_missing_or_invalid_file_is_named(bench, name: str) -> None:
    bench.evidence.write(bench.evidence_path)
    path = bench.evidence_path / name
    for content in (b"", b"not it", b"\xff\xfe\x00"):
        path.write_bytes(content)
        refused(bench.judge(GATES, rewrite=False), name)
    path.unlink()
    refused(bench.judge(GATES, rewrite=False), name, "does not exist")


@pytest.mark.parametrize("other", ["a folder", "a device", "a link to itself"])
@pytest.mark.parametrize(
    ("name", "phrase"), [("evidence.json", "evidence.json is not a file"), ("latency.parquet", "does not exist")]
)
def test_file_that_is_not_regular_is_not_opened(bench, name: str, phrase: str, other: str) -> None:
    """Reading a pipe without a writer would never end; the test uses an endless device instead."""
    bench.evidence.write(bench.evidence_path)
    path = bench.evidence_path / name
    path.unlink()
    if other == "a folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if other == "a device" else path)
    if (name, other) == ("evidence.json", "a link to itself"):
        phrase = "evidence.json cannot be read: Too many levels of symbolic links"
    refused(bench.judge(GATES, rewrite=False), phrase)


@pytest.mark.parametrize("table", ["predictions", "latency", "behavioral"])
def test_an_empty_table_is_refused(bench, table: str) -> None:
    setattr(bench.evidence, table, getattr(bench.evidence, table).head(0))
    refused(bench.judge(GATES), f"{table}.parquet has no rows")


PREDICTIONS: list[tuple[str, Callable[[pd.DataFrame], object], list[str]]] = [
    ("double row", lambda t: t.__setitem__("row_id", ["r0"] * 2 + list(t["row_id"][2:])), ["duplicates", "'r0'"]),
    ("empty row id", lambda t: t.__setitem__("row_id", [None, *t["row_id"][1:]]), ["row_id"]),
    ("unknown label", lambda t: t.__setitem__("y_true", [2, *t["y_true"][1:]]), ["y_true", "2", "[0, 1]"]),
    ("unknown prediction", lambda t: t.__setitem__("candidate_prediction", 7), ["candidate_prediction", "7"]),
    ("text as label", lambda t: t.__setitem__("y_true", t["y_true"].astype(str)), ["y_true", "'0'"]),
    ("truth missing", lambda t: t.__setitem__("y_true", [np.nan, *t["y_true"][1:]]), ["y_true", "1 of 100"]),
    ("NaN score", lambda t: t.__setitem__("candidate_score", np.nan), ["candidate_score", "100 of 100"]),
    ("infinite score", lambda t: t.__setitem__("candidate_score", np.inf), ["candidate_score", "inf"]),
    ("score above 1", lambda t: t.__setitem__("candidate_score", 1.01), ["candidate_score", "1.01", "probability"]),
    ("score below 0", lambda t: t.__setitem__("candidate_score", -0.01), ["candidate_score", "-0.01"]),
    ("text score", lambda t: t.__setitem__("candidate_score", "high"), ["candidate_score", "numeric"]),
    ("no candidate", lambda t: t.drop(columns="candidate_score", inplace=True), ["candidate_score"]),
    ("no row id", lambda t: t.drop(columns="row_id", inplace=True), ["row_id"]),
    ("no group", lambda t: t.drop(columns="sex", inplace=True), ["sex"]),
    ("champion from nowhere", lambda t: t.__setitem__("champion_score", 0.5), ["champion_score"]),
    ("unannounced column", lambda t: t.__setitem__("age_group", "old"), ["age_group"]),
    ("a row too few", lambda t: t.drop(index=99, inplace=True), ["99", "100"]),
    ("one group only", lambda t: t.__setitem__("sex", "f"), ["sex", "one group"]),
]


@pytest.mark.parametrize(("spoil", "phrases"), [row[1:] for row in PREDICTIONS], ids=[row[0] for row in PREDICTIONS])
def test_predictions_that_cannot_be_judged(bench, spoil: Callable[[pd.DataFrame], object], phrases: list[str]) -> None:
    spoil(bench.evidence.predictions)
    refused(bench.judge(GATES), *phrases)


@pytest.mark.parametrize(
    ("spoil", "phrases"),
    [
        (lambda t: t.drop(columns="champion_score", inplace=True), ["champion_score"]),
        (lambda t: t.drop(columns="champion_prediction", inplace=True), ["champion_prediction"]),
        (lambda t: t.__setitem__("champion_score", np.nan), ["champion_score", "100 of 100"]),
        (lambda t: t.__setitem__("champion_prediction", 3), ["champion_prediction", "3"]),
        (lambda t: t.__setitem__("champion_score", 1.5), ["champion_score", "1.5"]),
    ],
)
def test_champion_that_cannot_be_compared_is_refused(bench, spoil: Callable, phrases: list[str]) -> None:
    bench.evidence.with_champion(80)
    spoil(bench.evidence.predictions)
    refused(bench.judge(GATES), *phrases)


@pytest.mark.parametrize("column", ["y_true", "candidate_score", "candidate_prediction"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_regression_is_judged_on_finite_numbers_only(bench, column: str, value: float) -> None:
    bench.evidence.as_regression()
    bench.evidence.predictions.loc[3, column] = value
    bench.evidence.behavioral["expected"] = bench.evidence.behavioral["got"] = ["1", "0"]
    refused(bench.judge("performance: {mae: {max: 1000}}"), column)


@pytest.mark.parametrize(
    ("change", "phrases"),
    [
        ({"schema_version": "mlevidence/v2"}, ["schema_version", "mlevidence/v1"]),
        ({"schema_version": None}, ["schema_version"]),
        ({"surprise": 1}, ["surprise"]),
        ({"task": "multilabel"}, ["task"]),
        ({"task": "multiclass"}, ["task multiclass", "three labels"]),
        ({"task": "multiclass", "labels": [0, 1, 2]}, ["null as positive_label"]),
        ({"task": "regression"}, ["a regression has null as labels"]),
        ({"labels": [0, 1, 2]}, ["two labels", "'multiclass'"]),
        ({"labels": None}, ["two labels"]),
        ({"labels": [0, 0]}, ["labels"]),
        ({"positive_label": 5}, ["positive_label"]),
        ({"positive_label": None}, ["positive_label"]),
        ({"commit": "main"}, ["commit"]),
        ({"candidate": None}, ["candidate"]),
        ({"dirty": "no"}, ["dirty"]),
        ({"seed": -1}, ["seed"]),
        ({"seed": True}, ["seed"]),
        ({"code_digest": "abc"}, ["code_digest"]),
        ({"protected_attributes": "sex"}, ["protected_attributes"]),
        ({"protected_attributes": ["sex", "y_true"]}, ["y_true"]),
        ({"protected_attributes": ["sex", "sex"]}, ["sex"]),
        ({"custom_metrics": {"accuracy": {"candidate": 1.0}}}, ["accuracy"]),
        ({"custom_metrics": {"profit": {"candidate": "much"}}}, ["profit"]),
    ],
)
def test_a_document_that_breaks_the_contract_is_refused(bench, change: dict, phrases: list[str]) -> None:
    bench.evidence.document |= change
    refused(bench.judge(GATES), *phrases)


@pytest.mark.parametrize("key", ["task", "commit", "champion", "data", "policy", "candidate", "latency", "environment"])
def test_a_key_that_is_missing_is_named(bench, key: str) -> None:
    del bench.evidence.document[key]
    refused(bench.judge(GATES), key, "evidence.json")


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("candidate", "digest", "sha256:" + "g" * 64),
        ("candidate", "digest", "sha256:" + "0" * 63),
        ("candidate", "size_bytes", 0),
        ("candidate", "size_bytes", 1.5),
        ("candidate", "size_bytes", True),
        ("candidate", "extra", 1),
        ("latency", "concurrency", 0),
        ("latency", "warmup_requests", -1),
        ("environment", "lock_digest", ""),
        ("policy", "approver", ""),
        ("policy", "model_card", "yes"),
    ],
)
def test_a_part_that_breaks_the_contract_is_named(bench, part: str, key: str, value: object) -> None:
    bench.evidence.document[part][key] = value
    refused(bench.judge(GATES), f"{part}.{key}")


def test_duplicate_key_in_the_document_is_refused(bench) -> None:
    bench.evidence.write(bench.evidence_path)
    text = json.dumps(bench.evidence.document)
    doubled = text[:-1] + ', "dirty": true}'
    (bench.evidence_path / "evidence.json").write_text(doubled)
    refused(bench.judge(GATES, rewrite=False), "dirty", "twice")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_custom_metric_that_is_not_a_number_is_refused(bench, value: str) -> None:
    bench.evidence.document["custom_metrics"] = {"profit": {"candidate": 0.5}}
    bench.evidence.write(bench.evidence_path)
    path = bench.evidence_path / "evidence.json"
    path.write_text(path.read_text().replace('"candidate": 0.5', f'"candidate": {value}'))
    refused(bench.judge("performance: {profit: {max: 10}}", rewrite=False), "profit")


def test_numeric_underflow_is_an_error_without_a_traceback(bench) -> None:
    gates = "performance: {mae: {max: 0.5}}"
    bench.evidence.as_regression()
    bench.evidence.predictions["y_true"] += 1  # errors of 9 and 11
    numbers = ["y_true", "candidate_score", "candidate_prediction"]
    bench.evidence.predictions[numbers] *= 1e-20
    assert bench.judge(gates).code == 0
    bench.evidence.predictions[numbers] *= 1e-180  # its square is 0
    refused(bench.judge(gates), "numbers that are too large or too small to compute with")


@pytest.mark.parametrize("part", ["evidence.evidence_reader.check_columns", "metrics.metric_values.check_custom_names"])
def test_evidence_larger_than_memory_is_an_error_without_a_traceback(
    bench, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(f"mlops.gates.{part}", full)
    refused(bench.judge(GATES), "not fit into this machine's memory")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_invalid_latency_is_refused(bench, value: float) -> None:
    bench.evidence.latency.loc[5, "latency_ms"] = value
    refused(bench.judge(GATES), "latency_ms")


def test_latencies_under_another_name_are_refused(bench) -> None:
    bench.evidence.latency = pd.DataFrame({"ms": [1.0]})
    refused(bench.judge(GATES), "latency.parquet", "latency_ms")


def change(column: str, values: list[object]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{column: values})


@pytest.mark.parametrize(
    ("spoil", "phrases"),
    [
        (lambda t: t.head(1), ["cases.csv", "'b'"]),
        (change("case_id", ["a", "c"]), ["cases.csv", "'b'", "'c'"]),
        (change("case_id", ["a", "a"]), ["'a'", "twice"]),
        (change("expected", ["1", "1"]), ["'b'", "expects 0"]),
        (change("got", ["1", "1"]), ["'b'", "got 1", "passed: True"]),  # passed is true, but the prediction is wrong
        (change("passed", [True, False]), ["'b'", "passed: False"]),
        (change("passed", [True, None]), ["passed"]),
        (change("passed", ["yes", "no"]), ["passed"]),
        (change("passed", [1, 1]), ["passed"]),
        (lambda t: t.drop(columns="got"), ["got"]),
    ],
)
def test_cases_that_differ_from_the_file_are_refused(bench, spoil: Callable, phrases: list[str]) -> None:
    bench.evidence.behavioral = spoil(bench.evidence.behavioral)
    refused(bench.judge(GATES), *phrases)


def test_prediction_that_is_not_a_number_is_refused_for_a_range(bench) -> None:
    bench.evidence.behavioral = pd.DataFrame(
        {"case_id": ["a"], "description": ["d"], "expected": ["1..2"], "got": ["many"], "passed": [True]}
    )
    bench.cases = "case_id,description,expected,x\na,d,1..2,1\n"
    refused(bench.judge(GATES), "'a'", "'many' is not a number")


def test_metric_undefined_on_these_rows_is_refused(bench) -> None:
    women = bench.evidence.predictions["sex"] == "f"
    bench.evidence.predictions.loc[women, "y_true"] = 1
    fair = "fairness: {max_disparity: 1, protected_attributes: [sex], metric: %s}"
    refused(bench.judge(fair % "false_positive_rate"), "false_positive_rate is not defined in group 'f' of 'sex'")
    assert bench.judge(fair % "true_positive_rate").code == 0
