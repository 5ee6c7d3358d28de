"""Each validation rule reports an invalid row with column, rule and row, and reports nothing on the example rows."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.engine import PACKAGE, Result

LIMITS = {"max_single_feature_score": 0.95, "min_class_share": 0.1, "max_overlap": 0.0}


@pytest.fixture
def team(generated: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], object]]:
    """Return a function that imports modules of the generated team package."""
    monkeypatch.syspath_prepend(str(generated("classification") / "src"))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def rows(team) -> pd.DataFrame:
    return team("data").load()


@pytest.fixture
def problems(team) -> Callable[..., list[str]]:
    from mlops import params, validation

    def problems(rows: pd.DataFrame, task: str = "classification", schema: object = None, **limits: float) -> list[str]:
        found = validation.problems(
            rows,
            schema or team("schema").SCHEMA,
            team("features").FEATURES,
            "high_progression" if task == "classification" else "progression",
            task,
            params.ValidateParams(**{**LIMITS, **limits}),
        )
        return [str(problem) for problem in found]

    return problems


def with_value(rows: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    rows = rows.copy()
    rows.loc[row, column] = value
    return rows


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_example_rows_have_no_problem(rows, problems, task: str) -> None:
    assert problems(rows, task) == []


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [  # one invalid cell in the fifth row
        ("age", 17.9, "column 'age', row patient-005: in_range(18, 100): found 17.9"),
        ("age", 100.1, "column 'age', row patient-005: in_range(18, 100): found 100.1"),
        ("bmi", np.inf, "column 'bmi', row patient-005: in_range(12, 60): found inf"),
        ("bmi", np.nan, "column 'bmi', row patient-005: must not be empty"),
        ("sex", 3, "column 'sex', row patient-005: isin([1, 2]): found 3"),
        ("row_id", "patient-001", "column 'row_id', row patient-001: must be unique: found patient-001"),
        ("high_progression", 2, "column 'high_progression', row patient-005: isin([0, 1]): found 2"),
    ],
)
def test_an_invalid_cell_is_named_by_column_rule_and_row(rows, problems, column: str, value, expected: str) -> None:
    assert problems(with_value(rows, 4, column, value)) == [expected]


def test_all_invalid_cells_are_reported_in_the_order_of_the_rows(rows, problems) -> None:
    broken = with_value(with_value(with_value(rows, 400, "age", 7.0), 3, "age", 7.0), 9, "bmi", np.nan)
    assert [text.split(":")[0] for text in problems(broken)] == [
        "column 'age', row patient-004",
        "column 'bmi', row patient-010",
        "column 'age', row patient-401",
    ]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda t: t.head(0), "the table: must have rows"),
        (lambda t: t.drop(columns="row_id"), "column 'row_id': must exist"),
        (lambda t: t.drop(columns="high_progression"), "column 'high_progression': must exist"),
        (lambda t: t.drop(columns="bmi"), "column 'bmi': must exist: the schema names it"),
        (lambda t: t.assign(surname="x"), "column 'surname': must not be there"),
        (lambda t: t.assign(age=t["age"].astype(int)), "column 'age': must be of type float64: found int64"),
        (lambda t: t.assign(age=t["age"].astype(str)), "column 'age': must be of type float64: found object"),
        (lambda t: pd.concat([t, t[["age"]]], axis=1), "column 'age': must occur in the table only once"),
        (lambda t: t.assign(high_progression=1), "must have exactly two labels: found 1"),
    ],
)
def test_an_invalid_column_is_named_with_its_rule(rows, problems, spoil: Callable, expected: str) -> None:
    [found] = problems(spoil(rows))
    assert expected in found


def test_an_empty_column_is_reported_in_every_row(rows, problems) -> None:
    found = problems(rows.assign(bmi=np.nan))
    assert len(found) == 442
    assert found[0] == "column 'bmi', row patient-001: must not be empty"


def test_a_target_without_values_is_reported_in_every_row(rows, problems) -> None:
    found = problems(rows.assign(progression=rows["progression"].where(rows.index != 6)), "regression")
    assert found == ["column 'progression', row patient-007: the target must not be empty"]
    found = problems(with_value(rows, 6, "progression", np.inf), "regression")
    assert found == ["column 'progression', row patient-007: the target must be finite: found an infinite number"]


# ---------------------------------------------------------------------------------------------------- leakage


def leaks(found: list[str]) -> list[str]:
    return [text.split("'")[1] for text in found if "give the target away" in text]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_feature_that_predicts_the_label_by_itself_is_leakage(rows, problems, sign: int) -> None:
    found = problems(rows.assign(s1=150.0 + sign * rows["high_progression"] * 50 + np.arange(442) % 7))
    assert leaks(found) == ["s1"]
    assert "AUC 1.000, limit 0.95" in found[0]


def test_a_feature_that_orders_the_target_of_a_regression_is_leakage(rows, problems) -> None:
    # any monotonic function of the target has a rank correlation of 1
    found = problems(rows.assign(s1=400 - np.sqrt(rows["progression"]) * 10), "regression")
    assert leaks(found) == ["s1"]
    assert "absolute rank correlation 1.000" in found[0]


def test_a_score_at_the_limit_is_not_leakage(rows, problems) -> None:
    from sklearn.metrics import roc_auc_score

    # scikit-learn's AUC of the strongest feature of the example rows
    strongest = roc_auc_score(rows["high_progression"], rows["s5"])
    assert leaks(problems(rows, max_single_feature_score=strongest)) == []
    assert "s5" in leaks(problems(rows, max_single_feature_score=strongest - 1e-6))


def test_text_that_encodes_the_label_is_leakage_and_a_column_of_names_is_not() -> None:
    from mlops import validation

    target = pd.Series([0, 1] * 100)
    told = pd.Series(["stays", "left us"] * 100)
    names = pd.Series([f"customer {number}" for number in range(200)])
    assert validation.single_feature_score(told, target, "classification") == 1
    assert validation.single_feature_score(names, target, "classification") < 0.6
    assert validation.single_feature_score(told, target * 10.0, "regression") == pytest.approx(1)


def test_features_with_missing_infinite_or_constant_values_are_scored() -> None:
    from mlops import validation

    target = pd.Series([0, 0, 1, 1])
    for values, expected in [
        ([np.nan] * 4, 0.0),
        ([5.0] * 4, 0.0),
        ([np.nan, 1.0, 2.0, np.nan], 1.0),
        ([-np.inf, 0.0, 1.0, np.inf], 1.0),
    ]:
        assert validation.single_feature_score(pd.Series(values), target, "classification") == expected


# ---------------------------------------------------------------------------------------------------- balance, overlap


@pytest.mark.parametrize(("rare", "trips"), [(9, True), (10, False), (11, False)])
def test_a_label_below_the_minimum_share_is_reported(rare: int, trips: bool) -> None:
    from mlops import validation

    target = pd.Series([1] * rare + [0] * (100 - rare), name="y")
    found = [str(problem) for problem in validation.balance_problems(target, 0.1)]
    assert bool(found) == trips
    if trips:
        assert found == ["column 'y': each label needs a share of at least 0.1: found 1 with 0.090"]


def test_more_than_two_labels_are_refused() -> None:
    from mlops import validation

    [found] = validation.balance_problems(pd.Series(["a", "b", "c"] * 10, name="y"), 0.1)
    assert "exactly two labels" in str(found)


def test_a_held_out_row_with_the_content_of_a_training_row_is_named() -> None:
    from mlops import validation

    training = pd.DataFrame({"row_id": ["a", "b"], "x": [1.0, 2.0], "y": [0, 1]})
    copy = pd.DataFrame({"row_id": ["c", "d"], "x": [2.0, 3.0], "y": [1, 0]})
    [found] = validation.overlap_problems(training, copy, 0.0)
    assert (found.row, "1 of 2" in found.rule) == ("c", True)
    same_id = copy.assign(row_id=["c", "a"], x=[8.0, 9.0])
    [found] = validation.overlap_problems(training, same_id, 0.0)
    assert found.row == "a"
    assert list(validation.overlap_problems(training, copy, 0.5)) == []
    assert list(validation.overlap_problems(training, copy.tail(1), 0.0)) == []


# ---------------------------------------------------------------------------------------------------- the verbs


def edit(repository: Path, module: str, line: str) -> None:
    path = repository / "src" / PACKAGE / f"{module}.py"
    text = path.read_text()
    if module == "data":
        assert "    return rows\n" in text
        path.write_text(text.replace("    return rows\n", f"    {line}\n    return rows\n"))
    else:
        path.write_text(text + line + "\n")


def stages(call: Callable[..., Result], repository: Path, *names: str) -> Result:
    for name in names:
        result = call(repository, name)
        if result.code:
            return result
    return result


def test_validate_fails_at_an_invalid_row_and_writes_the_problem(repository: Path, call) -> None:
    edit(repository, "data", "rows.loc[4, 'age'] = 7.0")
    result = stages(call, repository, "data", "validate")
    assert result.code == 1
    assert "column 'age', row patient-005: in_range(18, 100): found 7.0" in result.out
    written = json.loads((repository / "reports/validation.json").read_text())
    assert written["problems"] == [{"column": "age", "rule": "in_range(18, 100)", "row": "patient-005", "value": "7.0"}]


def test_validate_passes_the_example_rows(repository: Path, call) -> None:
    result = stages(call, repository, "data", "validate", "split")
    assert result.code == 0, result.text
    assert json.loads((repository / "reports/validation.json").read_text()) == {"rows": 442, "problems": []}


def test_a_long_list_of_rows_is_cut_and_counted(repository: Path, call) -> None:
    edit(repository, "data", "rows['bmi'] = 1.0")
    result = stages(call, repository, "data", "validate")
    assert (result.code, "… and 422 more rows violate this rule" in result.out) == (1, True)
    assert len(result.out.splitlines()) < 30


def test_text_among_numbers_is_named_by_column_and_row(repository: Path, call) -> None:
    edit(repository, "data", "rows['age'] = rows['age'].astype(object); rows.loc[4, 'age'] = 'unknown'")
    result = call(repository, "data")
    assert result.code == 1
    assert "column 'age', row patient-005: must contain values of one type, here number: found 'unknown'" in result.out
    assert not (repository / "data/raw/rows.parquet").exists()


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("return list(rows)", "returned list; a pandas DataFrame is expected"),
        ("rows['blob'] = [object()] * len(rows)", "blob"),
    ],
)
def test_data_that_is_not_a_table_is_refused_in_one_line(repository: Path, call, line: str, phrase: str) -> None:
    edit(repository, "data", line)
    result = call(repository, "data")
    assert (result.code, phrase in result.text, "Traceback" in result.text) == (2, True, False), result.text


def test_split_refuses_rows_that_repeat(repository: Path, call) -> None:
    edit(repository, "data", "rows = pd.concat([rows, rows.assign(row_id='copy of ' + rows['row_id'])])")
    result = stages(call, repository, "data", "validate", "split")
    assert result.code == 1
    assert "must not also be a training row" in result.out
    assert not (repository / "data/split").exists()


def test_the_split_contains_each_row_once_and_preserves_the_balance(run_once) -> None:
    folder = run_once("classification") / "data/split"
    training, held_out = (pd.read_parquet(folder / name) for name in ("train.parquet", "test.parquet"))
    assert len(training) + len(held_out) == 442
    assert set(training["row_id"]).isdisjoint(held_out["row_id"])
    # 442 rows, 0.4 held out: 176.8 rows; the classes are 221 and 221
    assert abs(len(held_out) - 176.8) < 1
    assert abs(training["high_progression"].mean() - held_out["high_progression"].mean()) < 0.01


def test_the_split_does_not_depend_on_the_order_of_the_rows(repository: Path, run_once, call) -> None:
    edit(repository, "data", "rows = rows.sample(frac=1, random_state=3)")
    assert stages(call, repository, "data", "validate", "split").code == 0
    for name in ("train.parquet", "test.parquet"):
        assert (repository / "data/split" / name).read_bytes() == (
            run_once("classification") / "data/split" / name
        ).read_bytes()
