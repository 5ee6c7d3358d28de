"""Tables are read with any suitable column type, and refused with a message of one line otherwise."""

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.csv import write_csv

from support.engine import EvidenceBuilder


def read(folder: Path, change: Callable[[dict[str, Any]], None]) -> Any:
    """The evidence, read after its columns were changed."""
    from mlops.gates.evidence import evidence_reader

    EvidenceBuilder(rows=100, correct=90).write(folder)
    table = pq.read_table(folder / "predictions.parquet")
    columns = {name: table.column(name) for name in table.column_names}
    change(columns)
    pq.write_table(pa.table(columns), folder / "predictions.parquet")
    return evidence_reader.read_evidence(folder)


def cast(name: str, kind: pa.DataType) -> Callable[[dict[str, Any]], None]:
    return lambda columns: columns.update({name: columns[name].cast(kind)})


def put(name: str, values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda columns: columns.update({name: values})


def in_pieces(columns: dict[str, Any]) -> None:
    """Each column as two slices of one array, which do not begin where the memory does."""
    for name, column in columns.items():
        whole = column.combine_chunks()
        columns[name] = pa.chunked_array([whole.slice(0, 37), whole.slice(37)])


def uuids(names: Any) -> pa.Array:
    """A column of an extension type, which has a storage of its own below it."""
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=name).bytes for name in names], pa.binary(16)))


SAME: dict[str, Callable[[dict[str, Any]], None]] = {
    "small integers": cast("y_true", pa.int8()),
    "unsigned integers": cast("y_true", pa.uint64()),
    "truth values for 0 and 1": cast("y_true", pa.bool_()),
    "whole numbers as fractions": cast("candidate_prediction", pa.float64()),
    "decimals": cast("candidate_score", pa.decimal128(5, 2)),
    "categories": lambda columns: columns.update(sex=columns["sex"].dictionary_encode()),
    "large texts": cast("sex", pa.large_string()),
    "views of texts": cast("row_id", pa.string_view()),
    "bytes as names of rows": cast("row_id", pa.binary()),
    "times as names of rows": put("row_id", pa.array(pd.date_range("2020", periods=100))),
    "UUIDs as names of rows": put("row_id", uuids(range(100))),
    "decimals as names of rows": put("row_id", pa.array([Decimal(number) for number in range(100)])),
    "the largest integers as names of rows": put("row_id", pa.array([2**64 - 1 - n for n in range(100)], pa.uint64())),
    "slices": in_pieces,
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_the_type_of_a_column_changes_nothing(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    plain, other = read(tmp_path / "plain", lambda _: None), read(tmp_path / "other", change)
    np.testing.assert_array_equal(plain.truth, other.truth)
    np.testing.assert_array_equal(plain.candidate.prediction, other.candidate.prediction)
    np.testing.assert_allclose(plain.candidate.score, other.candidate.score)
    assert plain.groups["sex"].names == other.groups["sex"].names == ("f", "m")
    np.testing.assert_array_equal(plain.groups["sex"].codes, other.groups["sex"].codes)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pa.array([2, 1] * 50), ("1", "2")),
        (pa.array([1.5, float("nan")] * 50), ("1.5", "(missing)")),
        (pa.array([True, False] * 50), ("False", "True")),
        (pa.array([True, None] * 50), ("True", "(missing)")),
        (pa.array(["b", None, "a", "(missing)"] * 25), ("(missing)", "a", "b", "((missing))")),
        (pa.array(["", "a"] * 50), ("", "a")),
    ],
)
def test_every_value_is_a_group_and_none_is_lost(tmp_path: Path, values: pa.Array, names: tuple[str, ...]) -> None:
    group = read(tmp_path, put("sex", values)).groups["sex"]
    assert group.names == names
    assert np.bincount(group.codes).sum() == 100
    assert np.bincount(group.codes).min() > 0


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (put("sex", pa.array([[1]] * 100)), "column 'sex'"),
        (put("sex", pa.array([{"a": 1}] * 100)), "column 'sex'"),
        (put("row_id", pa.array([[n] for n in range(100)])), "column 'row_id'"),
        (put("row_id", uuids([0, *range(99)])), "1 rows are duplicates"),
        (put("candidate_score", pa.nulls(100)), "empty or NaN in 100 of 100"),
        (put("candidate_score", pa.array([True] * 100)), "not numeric: its type is bool"),
        (put("candidate_score", pa.array(["0.5"] * 100)), "not numeric: its type is string"),
        (put("y_true", pa.array(pd.date_range("2020", periods=100))), "and 95 more; the labels are"),
    ],
)
def test_invalid_column_is_refused(tmp_path: Path, change: Any, phrase: str) -> None:
    from mlops.errors import MlopsError

    with pytest.raises(MlopsError, match=phrase.replace("(", r"\(")):
        read(tmp_path, change)


def labelled(folder: Path, labels: list[int], kind: pa.DataType, csv: bool) -> Any:
    """Evidence with these labels, which its columns hold as ``kind``, read from Parquet or from CSV."""
    from mlops.gates.evidence import evidence_reader

    builder = EvidenceBuilder(rows=100, correct=90)
    builder.document |= {"labels": labels, "positive_label": labels[1]}
    builder.write(folder)
    path = folder / "predictions.parquet"
    table = pq.read_table(path)
    for name in ("y_true", "candidate_prediction"):
        answers = pa.array([labels[place] for place in table.column(name).to_pylist()], pa.int64()).cast(
            kind, safe=False
        )
        table = table.set_column(table.column_names.index(name), name, answers)
    pq.write_table(table, path)
    if csv:
        write_csv(table, folder / "predictions.csv")
        path.unlink()
    return evidence_reader.read_evidence(folder)


LARGE = 2**53  # beyond it, a double is no longer each whole number


@pytest.mark.parametrize("csv", [False, True], ids=["parquet", "csv"])
@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([0, LARGE + 1], pa.int64()),
        ([-LARGE - 1, 0], pa.int64()),
        ([0, LARGE], pa.float64()),
        ([-LARGE, 0], pa.float64()),
        ([3, 7], pa.float64()),
    ],
)
def test_large_integer_labels_stay_distinct(tmp_path: Path, labels: list[int], kind: Any, csv: bool) -> None:
    found = labelled(tmp_path, labels, kind, csv)
    assert found.truth.sum() == 50
    assert (found.truth == found.candidate.prediction).sum() == 90


@pytest.mark.parametrize("labels", [[LARGE, LARGE + 1], [-LARGE - 1, 0]])
def test_integer_labels_in_a_float_column_are_refused_if_too_large(tmp_path: Path, labels: list[int]) -> None:
    from mlops.errors import MlopsError

    with pytest.raises(MlopsError, match=f"floats, which cannot represent whole numbers above {LARGE}"):
        labelled(tmp_path, labels, pa.float64(), csv=False)


def test_blank_line_of_a_csv_file_is_a_missing_value(tmp_path: Path) -> None:
    """Skipped, it would leave out a request that was never answered."""
    from mlops.errors import MlopsError
    from mlops.gates.evidence import evidence_reader

    EvidenceBuilder().write(tmp_path)
    (tmp_path / "latency.parquet").unlink()
    (tmp_path / "latency.csv").write_text("latency_ms\n1.5\n2.5\n")
    assert evidence_reader.read_evidence(tmp_path).latency_ms.tolist() == [1.5, 2.5]
    (tmp_path / "latency.csv").write_text("latency_ms\n1.5\n\n2.5\n")
    with pytest.raises(MlopsError, match="column 'latency_ms' is empty or NaN in 1 of 3 rows"):
        evidence_reader.read_evidence(tmp_path)


def test_text_of_many_lines_is_one_value(tmp_path: Path) -> None:
    """pyarrow reads a megabyte at a time, and would cut at the next line feed, within a text or not."""
    from mlops.gates.evidence import evidence_reader

    builder = EvidenceBuilder(rows=100, correct=90)
    builder.predictions["row_id"] = [f"row {number}\n" * 3000 for number in range(100)]
    builder.write(tmp_path)
    (tmp_path / "predictions.parquet").unlink()
    builder.predictions.to_csv(tmp_path / "predictions.csv", index=False)
    assert (tmp_path / "predictions.csv").stat().st_size > 1.5 * 2**20
    found = evidence_reader.read_evidence(tmp_path)
    assert (found.truth == found.candidate.prediction).sum() == 90


def test_index_column_of_pandas_is_ignored(tmp_path: Path) -> None:
    from mlops.gates.evidence import evidence_reader

    builder = EvidenceBuilder(rows=100, correct=90)
    builder.write(tmp_path)
    builder.predictions.sample(frac=1, random_state=1).to_parquet(tmp_path / "predictions.parquet")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "predictions.parquet").names
    assert evidence_reader.read_evidence(tmp_path).rows == 100


def test_many_names_are_compared_by_value(tmp_path: Path) -> None:
    """More names than are looked at one by one; a dictionary holds one of them twice."""
    from mlops.errors import MlopsError
    from mlops.gates.evidence import evidence_reader

    rows = 150_000
    EvidenceBuilder(rows=rows, correct=rows).write(tmp_path)
    assert evidence_reader.read_evidence(tmp_path).rows == rows
    table = pq.read_table(tmp_path / "predictions.parquet")
    names = pa.array(["r7", *(f"r{number}" for number in range(1, rows))])
    table = table.set_column(
        table.column_names.index("row_id"),
        "row_id",
        pa.DictionaryArray.from_arrays(pa.array(np.arange(rows, dtype=np.int32)), names),
    )
    pq.write_table(table, tmp_path / "predictions.parquet")
    with pytest.raises(MlopsError, match="1 rows are duplicates, the first has row_id 'r7'"):
        evidence_reader.read_evidence(tmp_path)


def test_corrupted_bytes_give_no_traceback(tmp_path: Path) -> None:
    """Bytes flipped, cut out and put in at random: refused in one line, or judged where it changed no meaning."""
    from mlops.errors import MlopsError
    from mlops.gates import verdict
    from mlops.gates.evidence import evidence_reader
    from mlops.gates.gate_file import reader

    folder, gates, cases = tmp_path / "evidence", tmp_path / "gates.yaml", tmp_path / "cases.csv"
    EvidenceBuilder(rows=200, correct=190).with_champion(180).write(folder)
    gates.write_text(
        "performance: {accuracy: {min: 0.5}, auc_roc: {min: 0.5}}\nregression: {max_degradation: 0.5}\n"
        "latency: {p50_ms: 1000}\nfairness: {max_disparity: 0.5, protected_attributes: [sex]}\n"
        "behavioral: {test_cases: cases.csv, min_pass_rate: 1}\nstatistics: {confidence: 0.95}\n"
    )
    cases.write_text("case_id,description,expected,x\na,first case,1,1\nb,second case,0,2\n")
    originals = {path: path.read_bytes() for path in (*folder.iterdir(), gates, cases)}
    rng = random.Random(7)
    refused = 0
    for _ in range(400):
        path = rng.choice(sorted(originals))
        content = bytearray(originals[path])
        for _ in range(rng.choice([1, 1, 3, 20])):
            place = rng.randrange(len(content)) if content else 0
            match rng.randrange(3):
                case 0:
                    content[place : place + 1] = bytes([rng.randrange(256)])
                case 1:
                    del content[place : place + rng.randrange(1, 30)]
                case _:
                    content[place:place] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 6)))
        path.write_bytes(bytes(content))
        try:
            verdict.judge(evidence_reader.read_evidence(folder), reader.read_gate_file(gates))
        except MlopsError:
            refused += 1
        path.write_bytes(originals[path])
    assert refused > 200
    assert verdict.judge(evidence_reader.read_evidence(folder), reader.read_gate_file(gates)).verdict.value == "PASS"
