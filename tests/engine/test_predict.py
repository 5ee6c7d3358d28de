"""``python -m mlops predict``: file to file, row by row, and what it refuses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.engine import Result

Call = Callable[..., Result]


@pytest.fixture
def rows(trained: Path) -> pd.DataFrame:
    return pd.read_parquet(trained / "data/split/test.parquet").head(7)


def write(rows: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        rows.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        rows.to_json(path, orient="records", lines=True)
    else:
        rows.to_parquet(path, index=False)


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_json(path, lines=True)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("out", ["csv", "jsonl", "parquet"])
def test_each_format_in_gives_the_models_answers_in_each_format_out(
    trained: Path, call: Call, rows: pd.DataFrame, ending: str, out: str
) -> None:
    from mlops import model

    write(rows, trained / f"in.{ending}")
    result = call(trained, "predict", f"in.{ending}", f"folder/out.{out}")
    assert result.code == 0, result.text
    found = read(trained / f"folder/out.{out}")
    expected = model.load(trained / "models/candidate").predict(rows)
    assert found["row_id"].tolist() == rows["row_id"].tolist()
    assert found["label"].tolist() == expected.label.tolist()
    np.testing.assert_allclose(found["score"], expected.score, rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["gone.csv", "out.csv"], "gone.csv does not exist"),
        (["in.xlsx", "out.csv"], "in.xlsx has the extension '.xlsx'; tables have .parquet, .csv, .jsonl"),
        (["in.csv", "out.txt"], "out.txt has the extension '.txt'"),
        (["in.csv", "out"], "out has the extension ''"),
        (["in.csv", "out.csv", "--model", "nowhere"], "nowhere does not contain a model"),
    ],
)
def test_a_wrong_name_is_refused(trained: Path, call: Call, rows, arguments: list[str], phrase: str) -> None:
    write(rows, trained / "in.csv")
    (trained / "in.xlsx").write_text("")
    result = call(trained, "predict", *arguments)
    assert (result.code, phrase in result.err) == (2, True), result.text


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        (lambda t: t.drop(columns=["bmi", "s5"]), "lack the columns ['bmi', 's5']"),
        (lambda t: t.assign(bmi=t["bmi"].where(t.index != t.index[3])), "column 'bmi' is empty in row 3"),
        (lambda t: t.assign(bmi="heavy"), "column 'bmi' is not of type double"),
        (lambda t: t.assign(sex=1.5), "column 'sex' is 1.5 in row 0; the model was trained on whole numbers"),
        (lambda t: t.head(0), "no rows"),
    ],
)
def test_rows_that_the_model_cannot_take_are_refused_and_nothing_is_written(
    trained: Path, call: Call, rows: pd.DataFrame, spoil: Callable, phrase: str
) -> None:
    write(spoil(rows), trained / "in.csv")
    result = call(trained, "predict", "in.csv", "out.csv")
    assert (result.code, phrase in result.err) == (2, True), result.text
    assert not (trained / "out.csv").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.csv", b""),
        ("in.csv", b"\xff\xfe\x00\x01"),
        ("in.jsonl", b"{"),
        ("in.parquet", b"PAR1"),
        ("in.parquet", b""),
    ],
)
def test_a_file_that_is_none_of_its_kind_is_refused_in_one_line(trained: Path, call, name: str, content: bytes) -> None:
    (trained / name).write_bytes(content)
    result = call(trained, "predict", name, "out.csv")
    assert (result.code, name in result.err, "Traceback" in result.text) == (2, True, False), result.text


def test_a_row_with_a_comma_too_many_does_not_shift_the_columns(trained: Path, call: Call, rows: pd.DataFrame) -> None:
    write(rows, trained / "in.csv")
    lines = (trained / "in.csv").read_text().splitlines()
    (trained / "in.csv").write_text("\n".join([lines[0], *(f"{line},9" for line in lines[1:])]) + "\n")
    result = call(trained, "predict", "in.csv", "out.csv")
    assert (result.code, "more fields than the first line" in result.err) == (2, True), result.text
