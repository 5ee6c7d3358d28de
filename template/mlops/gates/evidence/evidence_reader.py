"""Read an evidence folder and refuse what no verdict can stand on."""

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

MOST_BYTES = 10_000_000  # of evidence.json
MOST_GROUPS = 200  # an attribute with more is a name or a number; every pair of groups is compared
ROUNDED = 1e-5  # how far a score of a regression may be from its prediction
SUM_OF_CLASSES = 1e-3  # how far the probabilities of a row may miss 1: what 32 bits and rounded CSV lose

LARGEST = 1e100  # squares and sums of what is larger leave the range of numbers
EXACT = 2**53  # beyond it a float is no longer each whole number
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Answers of one model, each (n,), in the order of the rows.

    ``score``: classification, probability of the positive label; multiclass, of the predicted one; regression, the
    predicted value. ``prediction``: classification, 1 for the positive label and 0; multiclass, position in
    ``document.labels``; regression, the predicted value. ``class_scores``: multiclass, (n, labels) or None.
    """

    score: Numbers
    prediction: NDArray[Any]
    class_scores: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A protected attribute: row i is of the group ``names[codes[i]]``; no group is empty."""

    names: tuple[str, ...]
    codes: Codes  # (n,)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What the candidate answered to one critical case, all as text but ``score``."""

    case_id: str
    description: str
    expected: str
    got: str
    passed: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class EvidenceFolder:
    """All of the evidence, read and found to be usable."""

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
        return len(self.truth)


def read_evidence(folder: Path) -> EvidenceFolder:
    """Read ``folder``.

    Raises:
        EvidenceError: something is missing, empty, not a number, double, or does not fit together.
    """
    try:
        return read_folder(folder)
    except MemoryError as error:
        raise EvidenceError(f"{folder} does not fit into this machine's memory") from error


def read_folder(folder: Path) -> EvidenceFolder:
    """``read``, with all memory there is."""
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
                f"{contract.DOCUMENT}: candidate and champion have the same digest, {predictions.path.name} says that "
                "they answer differently"
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
        EvidenceError: it is missing, too large, no JSON, or breaks the contract.
    """
    if path.exists() and not path.is_file():
        raise EvidenceError(f"{path} is no file")
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise EvidenceError(f"{path} does not exist: `dvc repro` collects the evidence") from error
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise EvidenceError(f"{path} is larger than {MOST_BYTES / 1e6:g} MB: it holds a few facts, the rows lie beside")
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=without_double_keys)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a character, as in "\ud800", cannot be written
    except RecursionError as error:
        raise EvidenceError(f"{path} is nested too deep: a document of evidence has four levels") from error
    except ValueError as error:  # no JSON, no UTF-8, a whole number of thousands of digits
        raise EvidenceError(f"{path} is no JSON: {error}") from error
    found, misfits = dataclass_schema.parse(contract.Evidence, value)
    if found is None:
        where, message = dataclass_schema.place_name(misfits[0].place), str(misfits[0])
        raise EvidenceError(f"{path} is not {contract.VERSION}: {where}: {message.removeprefix(f'{where}: ')}")
    return found


def without_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice says two things, and a reader would silently take one of them."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise EvidenceError(f"{contract.DOCUMENT}: the key {dataclass_schema.shown_value(double)} stands twice")
    return found


# ---------------------------------------------------------------------------------------------------- predictions


def check_columns(table: Table, spec: TableSpec, document: contract.Evidence) -> None:
    """The columns of the predictions are those that the document promises, and those that the task allows."""
    file = table.path.name
    if wrong := sorted(name for name in document.protected_attributes if spec.count(name) > 1):
        raise EvidenceError(f"{contract.DOCUMENT}: protected_attributes {wrong} are answers and no attributes")
    if missing := sorted(set(spec.required) - set(table.names)):
        raise EvidenceError(f"{file} has no column {missing}; {contract.DOCUMENT} promises {list(spec.required)}")
    if extra := sorted(set(table.names) - {*spec.required, *spec.optional}):
        raise EvidenceError(f"{file} has columns that {contract.DOCUMENT} does not know: {extra}")
    for who in models(document):
        found = [column for column in class_columns(who, document) if column in table.names]
        if found and len(found) < len(class_columns(who, document)):
            lacking = sorted(set(class_columns(who, document)) - set(found))
            raise EvidenceError(f"{file} has no column {lacking}: each label has one, or none has")


def check_rows(table: Table, document: contract.Evidence) -> None:
    """Number of rows, and that none is there twice."""
    if table.rows != document.data.evaluation.rows:
        raise EvidenceError(
            f"{table.path.name} has {table.rows} rows where {contract.DOCUMENT} says {document.data.evaluation.rows}"
        )
    ids = whole(table.column("row_id"))
    if double := ids.doubles():
        count, first = double
        raise EvidenceError(f"{table.path.name}: {count} rows are double, the first is row_id {first!r}")


def whole(column: Column) -> Column:
    """The column, which must have a value in every row."""
    if count := column.missing:
        raise EvidenceError(f"{column.where} is empty or NaN in {count} of {len(column)} rows")
    return column


def scored(table: Table, who: str, document: contract.Evidence) -> Scored:
    """The answers of candidate or champion."""
    score = numbers(table.column(f"{who}_score"))
    prediction = coded(table.column(f"{who}_prediction"), document)
    names = [column for column in class_columns(who, document) if column in table.names]
    classes = np.column_stack([numbers(table.column(column)) for column in names]) if names else None
    if document.task != "regression":
        for column, values in [(f"{who}_score", score), *zip(names, [] if classes is None else classes.T, strict=True)]:
            if ((values < 0) | (values > 1)).any():
                wrong = values[(values < 0) | (values > 1)][0]
                raise EvidenceError(f"{table.path.name}: {column} {wrong} is no probability")
    if classes is not None:
        off = np.abs(classes.sum(axis=1) - 1)
        if (off > SUM_OF_CLASSES).any():
            row = int(off.argmax())
            raise EvidenceError(
                f"{table.path.name}: the probabilities of the {who} in row {row} add up to {classes[row].sum():g}"
            )
        if (np.abs(classes[np.arange(len(score)), prediction] - score) > SUM_OF_CLASSES).any():
            raise EvidenceError(
                f"{table.path.name}: {who}_score is not the probability of {who}_prediction that its own column says"
            )
    elif document.task == "regression":
        far = np.abs(score - prediction) > ROUNDED * (np.abs(prediction) + 1e-3 * np.abs(prediction).mean())
        if far.any():
            row = int(far.argmax())
            raise EvidenceError(
                f"{table.path.name}: in row {row} {who}_score is {score[row]:g} and {who}_prediction "
                f"{prediction[row]:g}; of a regression they are the same"
            )
    return Scored(score, prediction, classes)


def check_distinguishes(table: Table, truth: NDArray[Any], candidate: Scored, document: contract.Evidence) -> None:
    """Rows of one label cannot tell a good model from a bad one, nor can a model that says the same of every row.

    Raises:
        EvidenceError: of what there is one only; or scores that say the opposite of the predictions.
    """
    file, rows = table.path.name, len(truth)
    if document.labels and (truth == truth[0]).all():
        label = label_of(int(truth[0]), document)
        raise EvidenceError(f"{file}: y_true is {label!r} in every row: nothing shows how the model answers the others")
    if rows > 1 and document.task != "multiclass" and (candidate.score == candidate.score[0]).all():
        raise EvidenceError(
            f"{file}: candidate_score is {candidate.score[0]:g} in every row: a model that says the same of everything "
            "has learned nothing, or these are not its scores"
        )
    if document.task == "classification":
        positive = candidate.prediction == 1
        if positive.any() and not positive.all() and candidate.score[positive].max() < candidate.score[~positive].min():
            raise EvidenceError(
                f"{file}: candidate_score is higher wherever the candidate predicts the negative label: it must be the "
                f"probability of the positive one, {document.positive_label!r}"
            )


def label_of(code: int, document: contract.Evidence) -> int | str:
    """The label that ``coded`` made this code of."""
    labels: Sequence[int | str] = document.labels or []
    if document.task == "classification":
        return next(label for label in labels if (label == document.positive_label) == bool(code))
    return labels[code]


def coded(column: Column, document: contract.Evidence) -> NDArray[Any]:
    """Labels as ``Scored`` codes them; the values themselves for a regression."""
    if document.task == "regression":
        return numbers(column)
    labels: Sequence[int | str] = document.labels or []
    names, codes = whole(column).encoded()
    if any(isinstance(name, float) for name in names) and any(
        isinstance(label, int) and abs(label) > EXACT for label in labels
    ):
        raise EvidenceError(f"{column.where} holds fractions, which cannot tell whole numbers beyond {EXACT} apart")
    if document.task == "classification":
        positions: Mapping[Any, int] = {label: int(label == document.positive_label) for label in labels}
    else:
        positions = {label: place for place, label in enumerate(labels)}
    used = np.bincount(codes, minlength=len(names)) > 0
    if unknown := sorted(
        shown(value) for value, used_ in zip(names, used.tolist(), strict=True) if used_ and value not in positions
    ):
        raise EvidenceError(f"{column.where} holds {first_of(unknown)}; the labels are {list(labels)}")
    return np.array([positions.get(value, -1) for value in names], dtype=np.int64)[codes]


def shown(value: Any) -> str:
    return dataclass_schema.shown_value(int(value) if isinstance(value, float) and value.is_integer() else value)


def first_of(values: list[str]) -> str:
    return ", ".join(values[:5]) + (f" and {len(values) - 5} more" if len(values) > 5 else "")


def numbers(column: Column) -> Numbers:
    """A column as finite numbers."""
    found = whole(column).numbers()
    if found is None:
        raise EvidenceError(f"{column.where} is not numeric: it holds {column.type}")
    if not np.isfinite(found).all():
        row = int(np.isfinite(found).argmin())
        raise EvidenceError(f"{column.where} holds {found[row]} in row {row}")
    if (np.abs(found) > LARGEST).any():
        row = int(np.abs(found).argmax())
        raise EvidenceError(f"{column.where} holds {found[row]:g} in row {row}: nothing beyond {LARGEST:g} is measured")
    return found


def grouping(column: Column) -> Grouping:
    """The groups of an attribute, sorted by name; rows without a value are a group of their own, the last."""
    values, codes = column.encoded()
    texts = [str(value) for value in values]
    missing = "(missing)"
    while missing in texts:
        missing = f"({missing})"
    texts.append(missing)
    codes = np.where(codes < 0, len(values), codes)
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    if len(used) > MOST_GROUPS:
        raise EvidenceError(
            f"{column.where} has {len(used)} groups; {MOST_GROUPS} at most can be compared with each other: "
            "collect them in bands, as under 50 and over"
        )
    names = sorted({texts[code] for code in used}, key=lambda name: (name == missing, name))
    place = np.zeros(len(texts), dtype=np.int64)
    place[used] = [names.index(texts[code]) for code in used]
    return Grouping(tuple(names), place[codes])


# ------------------------------------------------------------------------------------------- latency and behavioral


def latencies(table: Table) -> Numbers:
    """Milliseconds of each request."""
    found = numbers(needed(table, LATENCY_TABLE)[0])
    if (found < 0).any():
        raise EvidenceError(f"{table.path.name}: latency_ms {found.min()} is negative")
    return found


def case_results(table: Table) -> tuple[CaseResult, ...]:
    """The behavioral cases."""
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
            raise EvidenceError(f"{where}: case {str(case_id)!r} is there twice")
        if not isinstance(verdict, bool):
            raise EvidenceError(f"{where}: column 'passed' must be true or false in every row")
        if score is not None and (
            isinstance(score, bool) or not isinstance(score, int | float | Decimal) or not math.isfinite(score)
        ):
            raise EvidenceError(f"{where}: column 'score' holds {score!r} for case {str(case_id)!r}")
        score = None if score is None else float(score)
        found[str(case_id)] = CaseResult(str(case_id), str(text or ""), as_text(right), as_text(answer), verdict, score)
    return tuple(found.values())


def as_text(value: Any) -> str:
    """A label as people write it: pandas makes 1.0 of 1 in a column where a value is missing."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def is_number(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def needed(table: Table, spec: TableSpec) -> list[Column]:
    """Return the columns that the table must have."""
    if missing := [name for name in spec.required if name not in table.names]:
        raise EvidenceError(f"{table.path.name} has no column {', '.join(map(repr, missing))}; it has {table.names}")
    return [table.column(name) for name in spec.required]
