"""Malformed, contradictory, stale, truncated, tampered or hostile evidence and gate files.

No hostile input passes or gives a traceback; each gives a message that names the problem. The rest of the evidence is
perfect: 400 rows, all predicted correctly, on which every gate of GATES passes with statistics.
"""

import json
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.engine import Bench, EvidenceBuilder, digest

GATES = """performance: {accuracy: {min: 0.9}, auc_roc: {min: 0.9}, log_loss: {max: 0.5}}
regression: {max_degradation: 0.05, metrics: [accuracy]}
latency: {p50_ms: 100, p95_ms: 200}
size: {max_mb: 100}
fairness: {max_disparity: 0.2, protected_attributes: [sex]}
behavioral: {test_cases: cases.csv, min_pass_rate: 1.0}
policy: {require: [model_card, approver]}
statistics: {confidence: 0.95, min_samples: 100, min_group_samples: 50}
"""
UNUSABLE, FAIL, HOLD = 2, 1, 3


@dataclass
class Kind:
    """One way in which evidence or gate file can be wrong, with the expected exit code and message."""

    name: str
    spoil: Callable[[Bench], Any]  # before the evidence is written
    code: int = UNUSABLE
    phrases: list[str] = field(default_factory=list)
    after: Callable[[Path], Any] | None = None  # called after the evidence is written
    gates: str | bytes = GATES


def nothing(bench: Bench) -> None:
    """What is wrong comes later."""


def column(name: str, value: Any, rows: Any = slice(None)) -> Callable[[Bench], None]:
    """Put a value into rows of a column of the predictions."""

    def spoil(bench: Bench) -> None:
        table = bench.evidence.predictions
        values = table[name].astype(object)
        values.iloc[rows] = value
        table[name] = values.infer_objects()

    return spoil


def document(**changes: Any) -> Callable[[Bench], None]:
    return lambda bench: bench.evidence.document.update(changes)


def part(name: str, **changes: Any) -> Callable[[Bench], None]:
    return lambda bench: bench.evidence.document[name].update(changes)


def text(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change a text file of the evidence."""
    return lambda folder: (folder / name).write_text(change((folder / name).read_text()), encoding="utf-8")


def raw(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def rewritten(name: str, change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Change a table as only a writer of Parquet can."""
    return lambda folder: pq.write_table(change(pq.read_table(folder / name)), folder / name)


def drop(name: str) -> Callable[[Bench], None]:
    return lambda bench: bench.evidence.predictions.drop(columns=name, inplace=True)


def all_of_one_label(bench: Bench) -> None:
    table = bench.evidence.predictions
    table["y_true"] = table["candidate_prediction"] = 1
    table["candidate_score"] = 0.8


def swapped_scores(bench: Bench) -> None:
    table = bench.evidence.predictions
    table["candidate_score"] = 1 - table["candidate_score"]


def declared(rows: int) -> Callable[[Bench], None]:
    return lambda bench: bench.evidence.document["data"]["evaluation"].update(rows=rows)


def bomb(folder: Path) -> None:
    """Write thousands of rows for each byte: runs of one value need no space. The declared row count is true."""
    schema = pa.schema([("latency_ms", pa.float64())])
    with pq.ParquetWriter(folder / "latency.parquet", schema, compression="zstd") as writer:
        chunk = pa.table({"latency_ms": np.zeros(2_000_000)})
        for _ in range(6):
            writer.write_table(chunk, row_group_size=2_000_000)


def false_count(folder: Path) -> None:
    """A footer that declares more rows than its row groups hold."""
    path = folder / "predictions.parquet"
    data = bytearray(path.read_bytes())
    length = struct.unpack("<I", data[-8:-4])[0]
    footer = bytes(data[-8 - length : -8])
    # num_rows is field 3 of FileMetaData, an i64 in zigzag varints: 400 is 0xa0 0x06, 6400 is 0x80 0x64
    changed = footer.replace(b"\x16\xa0\x06", b"\x16\x80\x64", 1)
    assert changed != footer
    path.write_bytes(bytes(data[: -8 - length]) + changed + bytes(data[-8:]))


def behavioral(**changes: list[Any]) -> Callable[[Bench], None]:
    return lambda bench: setattr(bench.evidence, "behavioral", bench.evidence.behavioral.assign(**changes))


def cases(text_: str) -> Callable[[Bench], None]:
    return lambda bench: setattr(bench, "cases", text_)


def both_formats(folder: Path) -> None:
    pd.read_parquet(folder / "predictions.parquet").to_csv(folder / "predictions.csv", index=False)


def csv_only(change: Callable[[str], str]) -> Callable[[Path], None]:
    """The predictions as a CSV file, changed."""

    def spoil(folder: Path) -> None:
        path = folder / "predictions.parquet"
        content = pd.read_parquet(path).to_csv(index=False)
        path.unlink()
        (folder / "predictions.csv").write_text(change(content), encoding="utf-8")

    return spoil


def insert(name: str, value: Any) -> Callable[[Bench], None]:
    return lambda bench: bench.evidence.predictions.insert(0, name, value)


def latency(value: Any) -> Callable[[Bench], None]:
    return lambda bench: setattr(bench.evidence, "latency", pd.DataFrame({"latency_ms": [value] * 300}))


def head(table: str, rows: int) -> Callable[[Bench], None]:
    return lambda bench: setattr(bench.evidence, table, getattr(bench.evidence, table).head(rows))


def a_group_a_row(bench: Bench) -> None:
    bench.evidence.predictions["sex"] = bench.evidence.predictions["row_id"]


def twenty_rows(bench: Bench) -> None:
    bench.evidence = EvidenceBuilder(rows=20, correct=20)


def with_row_names(content: str) -> str:
    """As R writes them unless it is told not to."""
    header, *lines = content.splitlines()
    return "\n".join([f'"",{header}', *(f'"{number}",{line}' for number, line in enumerate(lines, start=1))])


def csv_in_another_encoding(folder: Path) -> None:
    csv_only(lambda content: content)(folder)
    raw("predictions.csv", lambda content: content.replace(b",f\n", b",\xff\n"))(folder)


def champion_of_its_own(bench: Bench) -> None:
    bench.evidence.document["champion"]["digest"] = bench.evidence.document["candidate"]["digest"]


def another_champion(bench: Bench) -> None:
    """The evidence compares with one model, production runs another."""
    bench.evidence.document["champion"]["digest"] = digest("other")
    bench.production = digest("champion")


def champion(spoil: Callable[[Bench], Any]) -> Callable[[Bench], None]:
    def with_champion(bench: Bench) -> None:
        bench.evidence.with_champion(390)
        spoil(bench)

    return with_champion


def pretend_production(bench: Bench) -> None:
    """Production runs a model that the evidence does not compare with."""
    bench.record_champion(digest("another"))


def in_place(folder: Path) -> None:
    """A candidate that is not the one of the evidence."""
    candidate = folder.parent / "models" / "candidate"
    candidate.mkdir(parents=True)
    (candidate / "model.joblib").write_bytes(b"another")


def deep(folder: Path) -> None:
    (folder / "evidence.json").write_text("[" * 200_000)


THIRD = slice(0, None, 3)
KINDS = [
    # ------------------------------------------------------------------------------------ evidence.json: not even JSON
    Kind("empty document", nothing, phrases=["evidence.json is not JSON"], after=text("evidence.json", lambda _: "")),
    Kind(
        "truncated document", nothing, phrases=["is not JSON"], after=text("evidence.json", lambda t: t[: len(t) // 2])
    ),
    Kind(
        "document in another encoding",
        nothing,
        phrases=["is not JSON"],
        after=raw("evidence.json", lambda _: b"\xff{}"),
    ),
    Kind("nested too deep", nothing, phrases=["nested too deep"], after=deep),
    Kind(
        "a number of a million digits",
        nothing,
        phrases=["is not JSON"],
        after=text("evidence.json", lambda t: t.replace('"seed": 1', '"seed": ' + "9" * 1_000_000)),
    ),
    Kind(
        "a larger number than a double",
        document(custom_metrics={"profit": {"candidate": 10**400}}),
        phrases=["profit", "must be a number"],
    ),
    Kind("a list in place of the document", nothing, phrases=["mapping"], after=text("evidence.json", lambda _: "[]")),
    Kind("null in place of the document", nothing, phrases=["mapping"], after=text("evidence.json", lambda _: "null")),
    Kind(
        "a key twice",
        nothing,
        phrases=["'dirty' appears twice"],
        after=text("evidence.json", lambda t: t[:-1] + ', "dirty": false}'),
    ),
    Kind(
        "a digest twice",
        nothing,
        phrases=["'digest' appears twice"],
        after=text("evidence.json", lambda t: t.replace('"digest"', f'"digest": "{digest("x")}", "digest"', 1)),
    ),
    Kind(
        "NaN in the document",
        document(custom_metrics={"profit": {"candidate": float("nan")}}),
        phrases=["profit", "found nan"],
    ),
    Kind(
        "an infinity in the document",
        document(custom_metrics={"profit": {"candidate": float("inf")}}),
        phrases=["profit", "found inf"],
    ),
    Kind("100 MB of document", document(run_id="x" * 20_000_000), phrases=["larger than 10 MB"]),
    # ----------------------------------------------------------------------------------------- evidence.json: its facts
    Kind("another version", document(schema_version="mlevidence/v2"), phrases=["schema_version"]),
    Kind("an unknown key", document(verdict="PASS"), phrases=["verdict"]),
    Kind("a missing key", lambda bench: bench.evidence.document.pop("champion"), phrases=["champion"]),
    Kind("true as a number", part("candidate", size_bytes=True), phrases=["candidate.size_bytes"]),
    Kind("a number as text", part("candidate", size_bytes="7"), phrases=["candidate.size_bytes"]),
    Kind("a model of no size", part("candidate", size_bytes=0), phrases=["candidate.size_bytes"]),
    Kind("a digest of something else", part("candidate", digest="md5:" + "0" * 32), phrases=["candidate.digest"]),
    Kind("a digest with a line feed", part("candidate", digest=digest("m") + "\n"), phrases=["candidate.digest"]),
    Kind("a commit that is a branch", document(commit="main"), phrases=["commit"]),
    Kind("another commit", document(commit="d" * 40), phrases=["of commit " + "d" * 40]),
    Kind(
        "another model than the one in place", nothing, phrases=["not of the one in models/candidate"], after=in_place
    ),
    Kind("no commit", document(commit=None), phrases=["of commit None"]),
    Kind("code that no commit holds", document(dirty=True), phrases=["commit first"]),
    Kind("labels of one", document(labels=[1]), phrases=["two labels"]),
    Kind("a label twice", document(labels=[1, 1]), phrases=["appears twice"]),
    Kind("another positive label", document(positive_label="1"), phrases=["positive_label"]),
    Kind("labels of another type", document(labels=["0", "1"], positive_label="1"), phrases=["y_true", "'0', '1'"]),
    Kind(
        "a task that it is not",
        document(task="regression", labels=None, positive_label=None),
        phrases=["candidate_score is 0.05"],
    ),
    Kind(
        "three labels for two", document(task="multiclass", labels=[0, 1, 2], positive_label=None), phrases=["auc_roc"]
    ),
    Kind(
        "an answer as an attribute", document(protected_attributes=["y_true"]), phrases=["['y_true'] are predictions"]
    ),
    Kind("an attribute twice", document(protected_attributes=["sex", "sex"]), phrases=["appears twice"]),
    Kind(
        "accuracy computed by the trainer",
        document(custom_metrics={"accuracy": {"candidate": 1.0}}),
        phrases=["['accuracy'] are computed from the predictions"],
    ),
    # ------------------------------------------------------------------------------------------------ the predictions
    Kind("no predictions", nothing, phrases=["does not exist"], after=lambda f: (f / "predictions.parquet").unlink()),
    Kind("empty file", nothing, phrases=["not a parquet"], after=raw("predictions.parquet", lambda _: b"")),
    Kind("truncated parquet", nothing, phrases=["not a parquet"], after=raw("predictions.parquet", lambda b: b[:-100])),
    Kind(
        "half a parquet",
        nothing,
        phrases=["not a parquet"],
        after=raw("predictions.parquet", lambda b: b[: len(b) // 2]),
    ),
    Kind(
        "a broken page",
        nothing,
        phrases=["predictions.parquet"],
        after=raw("predictions.parquet", lambda b: b[:4] + b"\xff" * 600 + b[604:]),
    ),
    Kind("a footer of other rows", nothing, phrases=["predictions.parquet"], after=false_count),
    Kind(
        "a parquet of no rows",
        nothing,
        phrases=["has no rows"],
        after=rewritten("predictions.parquet", lambda t: t[:0]),
    ),
    Kind(
        "a text in its place",
        nothing,
        phrases=["not a parquet"],
        after=raw("predictions.parquet", lambda _: b"a,b\n1,2\n"),
    ),
    Kind("both formats", nothing, phrases=["both exist"], after=both_formats),
    Kind("fewer rows than declared", declared(401), phrases=["has 400 rows, but evidence.json declares 401"]),
    Kind("rows declared for a bomb", declared(10**15), phrases=["has 400 rows, but evidence.json declares 10000000"]),
    Kind("a bomb of rows", nothing, phrases=["latency.parquet declares 12,000,000 rows"], after=bomb),
    Kind("a row twice", column("row_id", "r0", slice(1, 2)), phrases=["1 rows are duplicates", "'r0'"]),
    Kind(
        "a row twice under two spellings of a dictionary",
        nothing,
        phrases=["duplicates", "'r0'"],
        after=rewritten(
            "predictions.parquet",
            lambda t: t.set_column(
                t.column_names.index("row_id"),
                "row_id",
                pa.DictionaryArray.from_arrays(
                    pa.array(np.arange(400, dtype=np.int32)), pa.array(["r0", "r0", *(f"r{n}" for n in range(2, 400))])
                ),
            ),
        ),
    ),
    Kind("every row the same", column("row_id", "r0"), phrases=["399 rows are duplicates"]),
    Kind("numbered rows twice", column("row_id", list(range(399)) + [0]), phrases=["duplicates"]),
    Kind("a row without a name", column("row_id", None, slice(3, 4)), phrases=["row_id", "1 of 400"]),
    Kind("no truth", drop("y_true"), phrases=["no column ['y_true']"]),
    Kind("no score", drop("candidate_score"), phrases=["no column ['candidate_score']"]),
    Kind("an attribute that is not there", drop("sex"), phrases=["no column ['sex']"]),
    Kind("a column that nobody announced", insert("weight", 1), phrases=["['weight']"]),
    Kind(
        "a column twice",
        nothing,
        phrases=["'sex' twice"],
        after=rewritten("predictions.parquet", lambda t: t.append_column("sex", t.column("sex"))),
    ),
    Kind("NaN scores", column("candidate_score", np.nan, THIRD), phrases=["candidate_score", "134 of 400"]),
    Kind("one NaN score", column("candidate_score", np.nan, slice(7, 8)), phrases=["candidate_score", "1 of 400"]),
    Kind("an infinite score", column("candidate_score", np.inf, slice(7, 8)), phrases=["contains inf in row 7"]),
    Kind(
        "a score of minus infinity", column("candidate_score", -np.inf, slice(7, 8)), phrases=["contains -inf in row 7"]
    ),
    Kind("a score beyond 1", column("candidate_score", 1.5, slice(7, 8)), phrases=["1.5 is not a probability"]),
    Kind("scores as text", column("candidate_score", "0.9"), phrases=["not numeric"]),
    Kind("labels as text", column("y_true", "1"), phrases=["y_true", "'1'"]),
    Kind("answers as text", column("candidate_prediction", "1"), phrases=["candidate_prediction", "'1'"]),
    Kind("an unknown label", column("y_true", 2, slice(0, 1)), phrases=["y_true", "2", "[0, 1]"]),
    Kind("labels between labels", column("candidate_prediction", 0.5), phrases=["candidate_prediction", "0.5"]),
    Kind("truth missing", column("y_true", None, slice(0, 1)), phrases=["y_true", "1 of 400"]),
    Kind(
        "lists for labels",
        nothing,
        phrases=["y_true"],
        after=rewritten("predictions.parquet", lambda t: t.set_column(1, "y_true", pa.array([[1]] * 400))),
    ),
    Kind(
        "text that is no text",
        nothing,
        phrases=["sex"],
        after=rewritten(
            "predictions.parquet",
            lambda t: t.set_column(
                t.column_names.index("sex"),
                "sex",
                pa.array([b"\xff\xfe"] * 200 + [b"m"] * 200).cast(pa.string(), safe=False),
            ),
        ),
    ),
    # ----------------------------------------------------------------------------------------------- what a case got
    *(
        Kind(f"a case got {got!r}", behavioral(got=[got, "0"]), phrases=[f"got '{got}'; the labels are ['0', '1']"])
        for got in ("banana", "nan", "1 ", "True", "1.0")
    ),
    Kind(
        "a range and an answer that is not finite",
        lambda bench: (
            cases("case_id,description,expected,must_not,x\na,first,,100..inf,1\nb,second,0,,2\n")(bench),
            behavioral(expected=["", "0"], got=["nan", "0"])(bench),
        ),
        phrases=["'nan' is not a number"],
    ),
    Kind(
        "a number that is no label and in no range",
        lambda bench: (
            cases("case_id,description,expected,must_not,x\na,first,,100..200,1\nb,second,0,,2\n")(bench),
            behavioral(expected=["", "0"], got=["7", "0"])(bench),
        ),
        phrases=["got '7'; the labels are ['0', '1']"],
    ),
    Kind(
        "a label that must not come and is none",
        lambda bench: (
            cases("case_id,description,expected,must_not,x\na,first,,One,1\nb,second,0,,2\n")(bench),
            behavioral(expected=["", "0"])(bench),
        ),
        phrases=["must_not 'One' is not a label; the labels are ['0', '1']"],
    ),
    Kind("a score that is a date", behavioral(score=pd.to_datetime(["2026-01-01", "2026-01-02"])), phrases=["'score'"]),
    Kind("a score that is bytes", behavioral(score=[b"1", b"2"]), phrases=["'score'"]),
    # ------------------------------------------------------------------------------------- numbers beyond all numbers
    Kind("half a character", part("latency", cpu="\ud800"), phrases=["is not JSON", "surrogates"]),
    Kind("a score of 1e200", column("candidate_score", 1e200, slice(0, 1)), phrases=["the largest number is 1e+100"]),
    Kind(
        "dates beyond the calendar",
        nothing,
        phrases=["row_id"],
        after=rewritten(
            "predictions.parquet",
            lambda t: t.set_column(
                0, "row_id", pa.array([10**8 + i for i in range(400)], pa.int32()).cast(pa.date32())
            ),
        ),
    ),
    Kind("all rows of one label", all_of_one_label, phrases=["y_true is 1 in every row"]),
    Kind("constant scores", column("candidate_score", 0.5), phrases=["candidate_score is 0.5 in every row"]),
    Kind("scores of the other label", swapped_scores, phrases=["must be the probability of the positive label, 1"]),
    Kind("all answers the same", column("candidate_prediction", 1), FAIL, ["performance.accuracy"]),
    Kind("one group only", column("sex", "f"), phrases=["all rows are in one group"]),
    Kind("a group a row", a_group_a_row, phrases=["400 groups"]),
    Kind("one group of one row", column("sex", "x", slice(0, 1)), HOLD, ["'x' has 1 of the 50 required samples"]),
    Kind(
        "one row without a group",
        column("sex", None, slice(0, 1)),
        HOLD,
        ["'(missing)' has 1 of the 50 required samples"],
    ),
    Kind("twenty perfect rows", twenty_rows, HOLD, ["20 of the 100 required samples"]),
    # ------------------------------------------------------------------------------------------------------------- CSV
    Kind("CSV without rows", nothing, phrases=["no rows"], after=csv_only(lambda t: t.splitlines()[0] + "\n")),
    Kind("CSV of another shape", nothing, phrases=["not a CSV"], after=csv_only(lambda t: t + "a,b\n")),
    Kind(
        "CSV with text for a number",
        nothing,
        phrases=["not a CSV"],
        after=csv_only(lambda t: t.replace(",0.05,", ",high,", 1)),
    ),
    Kind(
        "CSV with NaN",
        nothing,
        phrases=["candidate_score", "1 of 400"],
        after=csv_only(lambda t: t.replace(",0.05,", ",NaN,", 1)),
    ),
    Kind(
        "CSV with a gap",
        nothing,
        phrases=["candidate_score", "1 of 400"],
        after=csv_only(lambda t: t.replace(",0.05,", ",,", 1)),
    ),
    Kind("CSV with row names", nothing, phrases=["['']"], after=csv_only(with_row_names)),
    Kind("CSV that is no UTF-8", nothing, phrases=["predictions.csv"], after=csv_in_another_encoding),
    # ----------------------------------------------------------------------------------------------------- the champion
    Kind("no champion's score", champion(drop("champion_score")), phrases=["champion_score"]),
    Kind("no champion's answers", champion(drop("champion_prediction")), phrases=["champion_prediction"]),
    Kind(
        "a champion on other rows",
        champion(column("champion_score", np.nan, THIRD)),
        phrases=["champion_score", "134 of 400"],
    ),
    Kind("a champion from nowhere", insert("champion_score", 0.5), phrases=["champion_score"]),
    Kind("a champion that was left out", pretend_production, phrases=["compares with none"]),
    Kind("another champion than production's", champion(another_champion), phrases=["production runs"]),
    Kind(
        "a champion that is the candidate and answers otherwise", champion(champion_of_its_own), phrases=["same digest"]
    ),
    # ------------------------------------------------------------------------------------------- latency, cases, policy
    Kind(
        "no latencies",
        nothing,
        phrases=["latency.parquet does not exist"],
        after=lambda f: (f / "latency.parquet").unlink(),
    ),
    Kind("NaN latency", latency(np.nan), phrases=["latency_ms"]),
    Kind("negative latency", latency(-1.0), phrases=["-1.0 is negative"]),
    Kind("latencies as text", latency("1"), phrases=["not numeric"]),
    Kind("latencies that are all the same", latency(1.0), HOLD, ["not proven"]),
    Kind("one fast request", head("latency", 1), HOLD, ["1 of the 100 required samples"]),
    Kind("no case in the evidence", head("behavioral", 0), phrases=["no rows"]),
    Kind("a case left out", head("behavioral", 1), phrases=["['b']"]),
    Kind("a case twice", behavioral(case_id=["a", "a"]), phrases=["'a' appears twice"]),
    Kind("a case that says passed and did not", behavioral(got=["1", "1"]), phrases=["'b'", "passed: True"]),
    Kind("a case that expects what came", behavioral(expected=["1", "1"], got=["1", "1"]), phrases=["'b' expects 0"]),
    Kind("no answer to a case", behavioral(got=["1", None]), phrases=["got is empty"]),
    Kind("a verdict on a case that is none", behavioral(passed=["yes", "no"]), phrases=["true or false"]),
    Kind("a case file that is empty", cases(""), phrases=["cases.csv is empty"]),
    Kind("a case file without cases", cases("case_id,description,expected,x\n"), phrases=["no cases"]),
    Kind(
        "a misspelled column",
        cases("case_id,description,expected,must_nt,x\na,d,1,0,1\nb,d,0,1,2\n"),
        phrases=["unknown column 'must_nt'"],
    ),
    Kind("a column that is no input", document(inputs=["age"]), phrases=["unknown columns ['x']"]),
    Kind("a case file with a NUL", cases("case_id,description,expected,x\na,\x00,1,1\nb,d,0\n"), phrases=["cases.csv"]),
    Kind("a case file with an open quote", cases('case_id,description,expected,x\na,"d,1,1\n'), phrases=["cases.csv"]),
    Kind("no model card", part("policy", model_card=None), FAIL, ["policy.model_card"]),
    Kind("no approver", part("policy", approver=None), FAIL, ["policy.approver"]),
    Kind("an approver without a name", part("policy", approver=""), phrases=["policy.approver"]),
    # --------------------------------------------------------------------------------------------------- the gate file
    Kind("an empty gate file", nothing, phrases=["contains no gate"], gates=""),
    Kind(
        "a gate file of statistics only", nothing, phrases=["contains no gate"], gates="statistics: {confidence: 0.95}"
    ),
    Kind("a gate file that is a list", nothing, phrases=["contains no gate"], gates="- size"),
    Kind("a YAML alias", nothing, phrases=["write the value out"], gates="size: &a {max_mb: 1}\nlatency: *a"),
    Kind("a YAML merge", nothing, phrases=["'<<' is not allowed"], gates="size: {<<: {max_mb: 1}}"),
    Kind("an alias to itself", nothing, phrases=["write the value out"], gates="size: &a [*a]"),
    Kind(
        "a key twice in the gate file",
        nothing,
        phrases=["'size' appears twice"],
        gates="size: {max_mb: 1}\nsize: {max_mb: 9}",
    ),
    Kind(
        "a Python object", nothing, phrases=["not valid YAML"], gates="size: !!python/object/apply:os.system ['true']"
    ),
    Kind("two documents", nothing, phrases=["not valid YAML"], gates="size: {max_mb: 1}\n---\nsize: {max_mb: 9}"),
    Kind("a gate file nested too deep", nothing, phrases=["levels deep"], gates="size: " + "[" * 2000),
    Kind("a gate file of 2 MB", nothing, phrases=["larger than 1 MB"], gates="#" * 2_000_000),
    Kind("a gate file in UTF-16", nothing, phrases=["not UTF-8"], gates="size: {max_mb: 1}".encode("utf-16")),
    Kind(
        "a number of 400 digits",
        nothing,
        phrases=["performance.accuracy.min"],
        gates="performance: {accuracy: {min: " + "9" * 400 + "}}",
    ),
    Kind(
        "a number of 5,000 digits",
        nothing,
        phrases=["not valid YAML"],
        gates="performance: {accuracy: {min: " + "9" * 5000 + "}}",
    ),
    Kind("a key that is a list", nothing, phrases=["a key must be a text"], gates="? [size]\n: 1"),
    Kind("a threshold of NaN", nothing, phrases=["found nan"], gates="performance: {accuracy: {min: .nan}}"),
    Kind("a threshold of infinity", nothing, phrases=["found inf"], gates="latency: {p50_ms: .inf}"),
    Kind("an impossible minimum", nothing, phrases=["between 0 and 1"], gates="performance: {accuracy: {min: 1.2}}"),
    Kind("a confidence in percent", nothing, phrases=["at most 0.999"], gates=GATES.replace("0.95", "95")),
    Kind("a negative time", nothing, phrases=["greater than 0"], gates="latency: {p50_ms: -1}"),
    Kind("a metric that there is not", nothing, phrases=["'acuracy'"], gates="performance: {acuracy: {min: 0.5}}"),
    Kind("a misspelled limit", nothing, phrases=["did you mean 'max_mb'?"], gates="size: {max_mbs: 1}"),
    Kind("a block without content", nothing, phrases=["size is empty"], gates="size:\nlatency: {p50_ms: 100}"),
    Kind(
        "case files elsewhere",
        nothing,
        phrases=["does not exist"],
        gates="behavioral: {test_cases: /etc/none.csv, min_pass_rate: 1}",
    ),
    Kind("a date for a number", nothing, phrases=["size.max_mb"], gates="size: {max_mb: 2026-01-01}"),
]


@pytest.fixture
def perfect(bench: Bench) -> Bench:
    bench.evidence = EvidenceBuilder(rows=400, correct=400)
    table = bench.evidence.predictions
    table["candidate_score"] = np.where(table["y_true"] == 1, np.linspace(0.8, 0.95, 400), np.linspace(0.05, 0.2, 400))
    bench.evidence.latency = pd.DataFrame({"latency_ms": np.linspace(1, 60, 300)})
    return bench


def test_there_are_at_least_sixty_kinds() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 60


def test_unchanged_evidence_passes_every_gate(perfect: Bench) -> None:
    assert perfect.judge(GATES).code == 0
    perfect.evidence.with_champion(390)
    result = perfect.judge(GATES)
    assert result.code == 0, result.text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_hostile_input_gives_its_message_and_no_traceback(perfect: Bench, kind: Kind) -> None:
    kind.spoil(perfect)
    perfect.evidence.write(perfect.evidence_path)
    if kind.after:
        kind.after(perfect.evidence_path)
    started = time.process_time()  # only of this process, so that a busy machine does not count
    result = perfect.judge(kind.gates, rewrite=False)
    assert time.process_time() - started < 20
    assert result.code == kind.code, result.text
    assert "Traceback" not in result.text
    said = result.err if kind.code == UNUSABLE else result.out
    for phrase in kind.phrases:
        assert phrase in said, said
    if kind.code == UNUSABLE:
        assert len(result.err.strip().splitlines()) == 1, result.err
        assert len(result.err) < 2000, result.err
        assert not perfect.verdict_path.exists()
    else:
        assert json.loads(perfect.verdict_path.read_text())["verdict"] == {FAIL: "FAIL", HOLD: "HOLD"}[kind.code]


def test_control_characters_in_case_names_are_removed(perfect: Bench) -> None:
    perfect.evidence.behavioral["case_id"] = ["a\x1b[2J\nPASS     everything", "b"]
    perfect.cases = 'case_id,description,expected,x\n"a\x1b[2J\nPASS     everything",first case,0,1\nb,second,0,2\n'
    result = perfect.judge("behavioral: {test_cases: cases.csv, min_pass_rate: 1}")
    assert result.code == 2
    assert "\x1b" not in result.text
    assert len(result.err.splitlines()) == 1
    perfect.evidence.behavioral.loc[0, ["expected", "passed"]] = ["0", False]
    result = perfect.judge("behavioral: {test_cases: cases.csv, min_pass_rate: 1}")
    assert result.code == 1
    assert "\x1b" not in result.text
    assert not any(line.startswith("PASS") for line in result.out.splitlines())
