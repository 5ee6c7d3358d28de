"""Read an evidence folder, and refuse evidence that cannot be judged."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import dataclass_schema, digests
from ..core.errors import EvidenceError
from . import contract
from .evidence_tables import Column, Table, open_table
from .table_spec import BEHAVIORAL_TABLE, LATENCY_TABLE, TableSpec, class_columns, models, predictions_spec

MAX_BYTES = 10_000_000  # of evidence.json
MAX_GROUPS = 200  # an attribute with more values is a name or a number; every pair of groups is compared
ROUNDED = 1e-5  # largest relative difference between score and prediction of a regression
SUM_OF_CLASSES = 1e-3  # largest distance of a row's sum of probabilities from 1: 32-bit floats and rounding in CSV

LARGEST = 1e100  # squares and sums of larger numbers overflow
EXACT = 2**53  # larger whole numbers are not exact as floats
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Predictions of one model, each (n,), in the order of the rows.

    ``score``: classification, probability of the positive label; multiclass, of the predicted one; regression, the
    predicted value. ``prediction``: classification, 1 for the positive label and 0; multiclass, position in
    ``document.labels``; regression, the predicted value. ``class_scores``: multiclass, (n, labels) or None.
    """

    score: Numbers
    prediction: NDArray[Any]
    class_scores: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A protected attribute: row i is in the group ``names[codes[i]]``; each group has at least one row."""

    names: tuple[str, ...]
    codes: Codes  # (n,)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The candidate's prediction for one critical case, all as text except ``score`` and ``passed``."""

    case_id: str
    description: str
    expected: str
    got: str
    passed: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class EvidenceFolder:
    """The evidence, read and checked."""

    document: contract.Evidence
    truth: NDArray[Any]  # (n,), coded as Scored.prediction
    candidate: Scored
    champion: Scored | None
    groups: dict[str, Grouping]  # by protected attribute
    latency_ms: Numbers
    behavioral: tuple[CaseResult, ...]
    digest: str

    @property
    def rows(self) -> int:
        """Number of held-out rows."""
        return len(self.truth)


def read_evidence(folder: Path) -> EvidenceFolder:
    """Read the evidence in ``folder``.

    Raises:
        EvidenceError: A file or value is missing, empty, not a number or duplicated, or the files contradict each
            other.
    """
    try:
        return read_folder(folder)
    except MemoryError as error:
        raise EvidenceError(f"{folder} does not fit into this machine's memory") from error


def read_folder(folder: Path) -> EvidenceFolder:
    """Read the evidence; may raise MemoryError."""
    document = read_document(folder / contract.DOCUMENT)
    digest = digests.of_folder(folder)
    spec = predictions_spec(document)
    predictions = open_table(folder, spec)
    check_columns(predictions, spec, document)
    check_rows(predictions, document)
    truth = coded(predictions.column("y_true"), document)
    candidate = scored(predictions, "candidate", document)
    check_distinguishes(predictions, truth, candidate, document)
    champion = scored(predictions, "champion", document) if document.champion else None
    if document.champion and champion and document.champion.digest == document.candidate.digest:
        same = np.array_equal(candidate.score, champion.score)
        if not (same and np.array_equal(candidate.prediction, champion.prediction)):
            raise EvidenceError(
                f"{contract.DOCUMENT}: candidate and champion have the same digest, but different predictions in "
                f"{predictions.path.name}"
            )
    return EvidenceFolder(
        document=document,
        truth=truth,
        candidate=candidate,
        champion=champion,
        groups={name: grouping(predictions.column(name)) for name in document.protected_attributes},
        latency_ms=latencies(open_table(folder, LATENCY_TABLE)),
        behavioral=case_results(open_table(folder, BEHAVIORAL_TABLE)),
        digest=digest,
    )


# -------------------------------------------------------------------------------------------------- evidence.json


def read_document(path: Path) -> contract.Evidence:
    """Read ``evidence.json``.

    Raises:
        EvidenceError: The file is missing, too large, not JSON, or violates the contract.
    """
    if path.exists() and not path.is_file():
        raise EvidenceError(f"{path} is not a file")
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise EvidenceError(f"{path} does not exist: `dvc repro` collects the evidence") from error
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise EvidenceError(f"{path} is larger than {MAX_BYTES / 1e6:g} MB: the rows belong in the tables next to it")
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=without_double_keys)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate such as "\ud800" cannot be written
    except RecursionError as error:
        raise EvidenceError(f"{path} is nested too deeply: an evidence document has four levels") from error
    except ValueError as error:  # not JSON, not UTF-8, or a whole number with thousands of digits
        raise EvidenceError(f"{path} is not JSON: {error}") from error
    found, problems = dataclass_schema.parse(contract.Evidence, value)
    if found is None:
        where, message = dataclass_schema.place_name(problems[0].place), str(problems[0])
        raise EvidenceError(f"{path} is not {contract.VERSION}: {where}: {message.removeprefix(f'{where}: ')}")
    return found


def without_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of the document; refuse a duplicate key, of which a reader would silently use one value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise EvidenceError(f"{contract.DOCUMENT}: the key {dataclass_schema.shown_value(double)} appears twice")
    return found


# ---------------------------------------------------------------------------------------------------- predictions


def check_columns(table: Table, spec: TableSpec, document: contract.Evidence) -> None:
    """Refuse predictions without the columns that the document declares, or with columns that it does not declare."""
    file = table.path.name
    if wrong := sorted(name for name in document.protected_attributes if spec.count(name) > 1):
        raise EvidenceError(f"{contract.DOCUMENT}: protected_attributes {wrong} are predictions, not attributes")
    if missing := sorted(set(spec.required) - set(table.names)):
        raise EvidenceError(f"{file} has no column {missing}; {contract.DOCUMENT} requires {list(spec.required)}")
    if extra := sorted(set(table.names) - {*spec.required, *spec.optional}):
        raise EvidenceError(f"{file} has columns that {contract.DOCUMENT} does not declare: {extra}")
    for who in models(document):
        found = [column for column in class_columns(who, document) if column in table.names]
        if found and len(found) < len(class_columns(who, document)):
            lacking = sorted(set(class_columns(who, document)) - set(found))
            raise EvidenceError(f"{file} has no column {lacking}: either every label or no label must have one")


def check_rows(table: Table, document: contract.Evidence) -> None:
    """Refuse another number of rows than the document declares, and duplicate rows."""
    if table.rows != document.data.evaluation.rows:
        raise EvidenceError(
            f"{table.path.name} has {table.rows} rows, but {contract.DOCUMENT} declares {document.data.evaluation.rows}"
        )
    ids = whole(table.column("row_id"))
    if double := ids.doubles():
        count, first = double
        raise EvidenceError(f"{table.path.name}: {count} rows are duplicates, the first has row_id {first!r}")


def whole(column: Column) -> Column:
    """Return the column; refuse one without a value in every row."""
    if count := column.missing:
        raise EvidenceError(f"{column.where} is empty or NaN in {count} of {len(column)} rows")
    return column


def scored(table: Table, who: str, document: contract.Evidence) -> Scored:
    """Return the predictions of candidate or champion."""
    score = numbers(table.column(f"{who}_score"))
    prediction = coded(table.column(f"{who}_prediction"), document)
    names = [column for column in class_columns(who, document) if column in table.names]
    classes = np.column_stack([numbers(table.column(column)) for column in names]) if names else None
    if document.task != "regression":
        for column, values in [(f"{who}_score", score), *zip(names, [] if classes is None else classes.T, strict=True)]:
            if ((values < 0) | (values > 1)).any():
                wrong = values[(values < 0) | (values > 1)][0]
                raise EvidenceError(f"{table.path.name}: {column} {wrong} is not a probability")
    if classes is not None:
        off = np.abs(classes.sum(axis=1) - 1)
        if (off > SUM_OF_CLASSES).any():
            row = int(off.argmax())
            raise EvidenceError(
                f"{table.path.name}: the probabilities of the {who} in row {row} add up to {classes[row].sum():g}"
            )
        if (np.abs(classes[np.arange(len(score)), prediction] - score) > SUM_OF_CLASSES).any():
            raise EvidenceError(
                f"{table.path.name}: {who}_score differs from the probability of {who}_prediction in the label's column"
            )
    elif document.task == "regression":
        far = np.abs(score - prediction) > ROUNDED * (np.abs(prediction) + 1e-3 * np.abs(prediction).mean())
        if far.any():
            row = int(far.argmax())
            raise EvidenceError(
                f"{table.path.name}: in row {row} {who}_score is {score[row]:g} and {who}_prediction "
                f"{prediction[row]:g}; for a regression they must be the same"
            )
    return Scored(score, prediction, classes)


def check_distinguishes(table: Table, truth: NDArray[Any], candidate: Scored, document: contract.Evidence) -> None:
    """Refuse rows or scores that cannot show whether a model is good.

    Raises:
        EvidenceError: All rows have one label, all scores are equal, or the scores contradict the predictions.
    """
    file, rows = table.path.name, len(truth)
    if document.labels and (truth == truth[0]).all():
        label = label_of(int(truth[0]), document)
        raise EvidenceError(f"{file}: y_true is {label!r} in every row: rows of the other labels are needed too")
    if rows > 1 and document.task != "multiclass" and (candidate.score == candidate.score[0]).all():
        raise EvidenceError(
            f"{file}: candidate_score is {candidate.score[0]:g} in every row: the model has learned nothing, or these "
            "are not its scores"
        )
    if document.task == "classification":
        positive = candidate.prediction == 1
        if positive.any() and not positive.all() and candidate.score[positive].max() < candidate.score[~positive].min():
            raise EvidenceError(
                f"{file}: candidate_score is higher in all rows that the candidate predicts as negative: it must be "
                f"the probability of the positive label, {document.positive_label!r}"
            )


def label_of(code: int, document: contract.Evidence) -> int | str:
    """Return the label of a code that ``coded`` returned."""
    labels: Sequence[int | str] = document.labels or []
    if document.task == "classification":
        return next(label for label in labels if (label == document.positive_label) == bool(code))
    return labels[code]


def coded(column: Column, document: contract.Evidence) -> NDArray[Any]:
    """Return labels as ``Scored`` codes them; for a regression the values themselves."""
    if document.task == "regression":
        return numbers(column)
    labels: Sequence[int | str] = document.labels or []
    names, codes = whole(column).encoded()
    if any(isinstance(name, float) for name in names) and any(
        isinstance(label, int) and abs(label) > EXACT for label in labels
    ):
        raise EvidenceError(f"{column.where} contains floats, which cannot represent whole numbers above {EXACT}")
    if document.task == "classification":
        positions: Mapping[Any, int] = {label: int(label == document.positive_label) for label in labels}
    else:
        positions = {label: place for place, label in enumerate(labels)}
    used = np.bincount(codes, minlength=len(names)) > 0
    if unknown := sorted(
        shown(value) for value, used_ in zip(names, used.tolist(), strict=True) if used_ and value not in positions
    ):
        raise EvidenceError(f"{column.where} contains {first_of(unknown)}; the labels are {list(labels)}")
    return np.array([positions.get(value, -1) for value in names], dtype=np.int64)[codes]


def shown(value: Any) -> str:
    """Return a label for a message."""
    return dataclass_schema.shown_value(int(value) if isinstance(value, float) and value.is_integer() else value)


def first_of(values: list[str]) -> str:
    """Return the first five values for a message, and how many more there are."""
    return ", ".join(values[:5]) + (f" and {len(values) - 5} more" if len(values) > 5 else "")


def numbers(column: Column) -> Numbers:
    """Return a column as finite numbers."""
    found = whole(column).numbers()
    if found is None:
        raise EvidenceError(f"{column.where} is not numeric: its type is {column.type}")
    if not np.isfinite(found).all():
        row = int(np.isfinite(found).argmin())
        raise EvidenceError(f"{column.where} contains {found[row]} in row {row}")
    if (np.abs(found) > LARGEST).any():
        row = int(np.abs(found).argmax())
        raise EvidenceError(f"{column.where} contains {found[row]:g} in row {row}: the largest number is {LARGEST:g}")
    return found


def grouping(column: Column) -> Grouping:
    """Return the groups of an attribute, sorted by name; rows without a value are a separate group, the last one."""
    values, codes = column.encoded()
    texts = [str(value) for value in values]
    missing = "(missing)"
    while missing in texts:
        missing = f"({missing})"
    texts.append(missing)
    codes = np.where(codes < 0, len(values), codes)
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    if len(used) > MAX_GROUPS:
        raise EvidenceError(
            f"{column.where} has {len(used)} groups; at most {MAX_GROUPS} can be compared with each other: "
            "combine them into bands, such as under 50 and over"
        )
    names = sorted({texts[code] for code in used}, key=lambda name: (name == missing, name))
    place = np.zeros(len(texts), dtype=np.int64)
    place[used] = [names.index(texts[code]) for code in used]
    return Grouping(tuple(names), place[codes])


# ------------------------------------------------------------------------------------------- latency and behavioral


def latencies(table: Table) -> Numbers:
    """Return the latency of each request in milliseconds."""
    found = numbers(needed(table, LATENCY_TABLE)[0])
    if (found < 0).any():
        raise EvidenceError(f"{table.path.name}: latency_ms {found.min()} is negative")
    return found


def case_results(table: Table) -> tuple[CaseResult, ...]:
    """Return the results of the critical cases."""
    columns = needed(table, BEHAVIORAL_TABLE)
    ids, descriptions, expected, got, passed = (column.values() for column in columns)
    where = table.path.name
    scores: Iterable[float | None] = [None] * len(ids)
    if "score" in table.names:
        scores = table.column("score").values()
    found: dict[str, CaseResult] = {}
    for case_id, text, right, answer, verdict, score in zip(
        ids, descriptions, expected, got, passed, scores, strict=True
    ):
        if case_id is None or answer is None:
            raise EvidenceError(f"{where}: {'case_id' if case_id is None else 'got'} is empty in row {len(found)}")
        if str(case_id) in found:
            raise EvidenceError(f"{where}: case {str(case_id)!r} appears twice")
        if not isinstance(verdict, bool):
            raise EvidenceError(f"{where}: column 'passed' must be true or false in every row")
        if score is not None and (
            isinstance(score, bool) or not isinstance(score, int | float | Decimal) or not math.isfinite(score)
        ):
            raise EvidenceError(f"{where}: column 'score' contains {score!r} for case {str(case_id)!r}")
        score = None if score is None else float(score)
        found[str(case_id)] = CaseResult(str(case_id), str(text or ""), as_text(right), as_text(answer), verdict, score)
    return tuple(found.values())


def as_text(value: Any) -> str:
    """Return a label as text, 1 for 1.0: pandas turns 1 into 1.0 in a column with missing values."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def is_number(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def needed(table: Table, spec: TableSpec) -> list[Column]:
    """Return the columns that the table must have."""
    if missing := [name for name in spec.required if name not in table.names]:
        raise EvidenceError(f"{table.path.name} has no column {', '.join(map(repr, missing))}; it has {table.names}")
    return [table.column(name) for name in spec.required]
