"""Critical cases: labels, ranges, what must not come, what must stay the same, and what must not fall or rise."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.engine import PACKAGE, Bench, Result

GATES = "behavioral: {test_cases: cases.csv, min_pass_rate: 1.0}"


def answered(bench: Bench, header: str, *rows: tuple[str, str, Any, bool]) -> Bench:
    """Set each row of the case file with the prediction, its score, and the column ``passed``."""
    lines = [row[0] for row in rows]
    bench.cases = "\n".join([header, *lines]) + "\n"
    names = header.split(",")
    cells = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    bench.evidence.behavioral = pd.DataFrame(
        {
            "case_id": [cell["case_id"] for cell in cells],
            "description": [cell["description"] for cell in cells],
            "expected": [cell["expected"] for cell in cells],
            "got": [row[1] for row in rows],
            "score": [row[2] for row in rows],
            "passed": [row[3] for row in rows],
        }
    )
    return bench


BASE = ("a,base,1,30,f,,", "1", 0.8, True)
HEADER = "case_id,description,expected,age,sex,{relation},must_not"


@pytest.mark.parametrize(
    ("relation", "row", "passes", "phrase"),
    [
        ("same_as", ("b,another sex,,30,m,a,", "1", 0.7, True), True, ""),
        ("same_as", ("b,another sex,,30,m,a,", "0", 0.4, False), False, "got 0, but 'a' got 1: must be the same"),
        ("not_below", ("b,older,,60,f,a,", "1", 0.8, True), True, ""),
        ("not_below", ("b,older,,60,f,a,", "1", 0.79, False), False, "score 0.79, lower than 0.8 of 'a'"),
        ("not_above", ("b,older,,60,f,a,", "1", 0.8, True), True, ""),
        ("not_above", ("b,older,,60,f,a,", "1", 0.81, False), False, "score 0.81, higher than 0.8 of 'a'"),
        ("same_as", ("b,never this,,30,m,,0", "1", 0.7, True), True, ""),
        ("same_as", ("b,never this,,30,m,,0", "0", 0.3, False), False, "must not be 0, got 0"),
        (
            "same_as",
            ("b,both,1,30,m,a,0", "0", 0.3, False),
            False,
            "expected 1, got 0, must not be 0, got 0, got 0, but",
        ),
    ],
)
def test_a_case_passes_if_its_requirements_are_met(bench, relation: str, row: Any, passes: bool, phrase: str) -> None:
    answered(bench, HEADER.format(relation=relation), BASE, row)
    result = bench.judge(GATES)
    assert result.code == (0 if passes else 1), result.text
    assert phrase in bench.finding("behavioral", "min_pass_rate")["reason"]


def test_passed_column_that_contradicts_the_prediction_is_refused(bench) -> None:
    for row in [("b,older,,60,f,a,", "1", 0.1, True), ("b,older,,60,f,a,", "1", 0.9, False)]:
        answered(bench, HEADER.format(relation="not_below"), BASE, row)
        result = bench.judge(GATES)
        assert (result.code, f"but the evidence has passed: {row[3]}" in result.err) == (2, True), result.text


def test_missing_score_of_a_compared_case_is_refused(bench) -> None:
    answered(bench, HEADER.format(relation="not_below"), BASE, ("b,older,,60,f,a,", "1", 0.9, True))
    bench.evidence.behavioral = bench.evidence.behavioral.drop(columns="score")
    result = bench.judge(GATES)
    assert (result.code, "the evidence has none for 'b'" in result.err) == (2, True), result.text


def test_regression_compares_predicted_values(bench) -> None:
    bench.evidence.as_regression()
    header = HEADER.format(relation="not_below")
    rows = [("a,base,100..200,30,f,,", "150", None, True), ("b,older,,60,f,a,500..", "151", None, True)]
    rows[1] = ("b,older,,60,f,a,500..600", "151", None, True)
    answered(bench, header, *rows)
    assert bench.judge(GATES).code == 0
    rows[1] = ("b,older,,60,f,a,500..600", "149", None, False)
    answered(bench, header, *rows)
    assert bench.judge(GATES).code == 1
    rows[1] = ("b,older,,60,f,a,500..600", "555", None, False)
    answered(bench, header, *rows)
    assert bench.judge(GATES).code == 1
    assert "must not be 500..600, got 555" in bench.finding("behavioral", "min_pass_rate")["reason"]


@pytest.mark.parametrize(
    ("row", "got", "passed", "code"),
    [
        ("a,base,150,30,f,,", "150.0", True, 0),
        ("a,base,1.5e2,30,f,,", "150", True, 0),
        ("a,base,150,30,f,,", "150.5", False, 1),
        ("a,base,,30,f,,150", "150.0", False, 1),
        ("a,base,,30,f,,150", "150.5", True, 0),
    ],
)
def test_numbers_are_compared_by_value(bench, row: str, got: str, passed: bool, code: int) -> None:
    bench.evidence.as_regression()
    answered(bench, HEADER.format(relation="not_below"), (row, got, None, passed))
    result = bench.judge(GATES)
    assert result.code == code, result.text


def test_label_that_pandas_turned_into_a_float_is_recognized(bench) -> None:
    """A column with a gap becomes one of fractions, and its 1 a 1.0; the gap is what was not asked for."""
    bench.cases = "case_id,description,expected,must_not,x\na,first case,1,,1\nb,second case,,1,2\n"
    bench.evidence.behavioral = bench.evidence.behavioral.assign(expected=[1, None], got=[1.0, 0.0])
    result = bench.judge(GATES)
    assert result.code == 0, result.text
    bench.evidence.behavioral["got"] = [1.5, 0.0]
    result = bench.judge(GATES)
    assert (result.code, "got '1.5'; the labels are ['0', '1']" in result.err) == (2, True), result.text


@pytest.mark.parametrize("change", [0.0, -1e-13])
def test_a_score_is_lower_only_beyond_the_rounding_of_fractions(bench, change: float) -> None:
    row = ("b,older,,60,f,a,", "1", 0.8 + change, True)
    answered(bench, HEADER.format(relation="not_below"), BASE, row)
    assert bench.judge(GATES).code == 0
    answered(bench, HEADER.format(relation="not_below"), BASE, (*row[:2], row[2] - 1e-11, False))
    assert bench.judge(GATES).code == 1


@pytest.mark.parametrize(
    ("cases", "phrase"),
    [
        (
            "case_id,description,expected,same_as,x\na,d,1,,1\nb,d,,c,2\n",
            ":3: same_as names the case 'c'",
        ),
        (
            "case_id,description,expected,same_as,x\na,d,1,,1\nb,d,,a,1\n",
            ":3: same_as names 'a', which has the same",
        ),
        ("case_id,description,expected,same_as,x\na,d,1,a,1\n", "which has the same inputs"),
        ("case_id,description,expected,must_not,x\na,d,1,1,1\n", ":2: case 'a': expected and must_not are both 1"),
        ("case_id,description,expected,must_not,x\na,d,,5..1,1\n", ":2: must_not '5..1' ends before it begins"),
        ("case_id,description,expected,must_not,x\na,d,,,1\n", "expected must not be empty"),
        ("case_id,description,expected,same_az,x\na,d,1,,1\n", ":1: unknown column 'same_az': did you mean 'same_as'?"),
        ("case_id,description,Expected,expected,x\na,d,1,1,1\n", ":1: unknown column 'Expected'"),
        ("case_id,description,expected,x,x\na,d,1,1,2\n", ":1: the column 'x' appears twice"),
        ("case_id;description;expected;x\na;d;1;1\n", "separated by commas"),
        ("case_id,description,expected,x\na,d,nan..5,1\n", "ends before it begins"),
    ],
)
def test_invalid_requirement_is_refused(bench, cases: str, phrase: str) -> None:
    bench.cases = cases
    result = bench.judge(GATES)
    assert (result.code, phrase in result.err) == (2, True), result.text


def test_byte_order_mark_and_line_ends_are_ignored(bench) -> None:
    bench.cases = "\ufeff" + bench.cases.replace("\n", "\r\n")
    assert bench.judge(GATES).code == 0


def test_column_that_is_not_an_input_is_refused(bench) -> None:
    bench.evidence.document["inputs"] = ["x", "y"]
    assert bench.judge(GATES).code == 0
    bench.evidence.document["inputs"] = ["age"]
    result = bench.judge(GATES)
    assert (result.code, "unknown columns ['x']" in result.err) == (2, True)


# ------------------------------------------------------------------------------------------------ collected by evaluate


def test_evaluate_runs_every_kind_of_case(trained: Path, call: Callable[..., Result]) -> None:
    path = trained / "tests/critical_cases.csv"
    header, *rows = path.read_text().splitlines()
    names = header.split(",")
    first = dict(zip(names, rows[1].split(","), strict=True))

    def row(case_id: str, relation: str, **changes: str) -> str:
        cells = first | {"case_id": case_id, "expected": ""} | changes
        return ",".join([*(cells[name] for name in names), *relation.split(",")])

    more = ["same_as", "not_below", "not_above", "must_not"]
    base = first["case_id"]
    lines = [
        ",".join([*names, *more]),
        *(f"{line},,,," for line in rows),
        row("another-sex", f"{base},,,", sex="2"),
        row("heavier", f",{base},,0", bmi="42.0"),
        row("lighter", f",,{base},", bmi="25.0"),
    ]
    path.write_text("\n".join(lines) + "\n")
    for verb in ("evaluate", "gate"):
        result = call(trained, verb)
        assert result.code == 0, result.text
    table = pd.read_parquet(trained / "reports/evidence/behavioral.parquet").set_index("case_id")
    assert table.loc["heavier", "score"] > table.loc[base, "score"] > table.loc["lighter", "score"]
    path.write_text(path.read_text().replace(f",{base},,0", f",,{base},0"))  # more weight must not mean more risk
    assert call(trained, "evaluate").code == 0
    result = call(trained, "gate")
    assert (result.code, "'heavier'" in result.out, "higher than" in result.out) == (1, True, True), result.text


def test_team_test_reads_the_same_cases(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlops import model
    from mlops.evidence import cases
    from mlops.gates.evidence.critical_cases import CaseAnswer

    monkeypatch.syspath_prepend(trained / "src")
    try:
        predictor = model.load(trained / "models/candidate")
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]
    critical = cases.read(trained / "tests/critical_cases.csv", predictor.signature.texts)
    answers = cases.answers(predictor, critical)
    assert cases.wrong(critical, answers) == {}
    worse = answers | {"lean-and-young": CaseAnswer("1", 0.9)}
    assert cases.wrong(critical, worse) == {"lean-and-young": ["expected 0, got 1"]}
    assert all(case.accepts(answers[case.case_id].got) for case in critical)
