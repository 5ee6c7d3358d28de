"""Read an evidence folder and refuse what no verdict can stand on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from mlops import digests
from mlops.errors import MlopsError
from mlops.evidence import contract
from mlops.project import explain


class EvidenceError(MlopsError):
    """The evidence cannot be judged; exit code 2."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Answers of one model, each (n,), in the order of the rows; for a classification ``prediction`` is 0 or 1."""

    score: NDArray[np.float64]
    prediction: NDArray[Any]


@dataclass(frozen=True, slots=True)
class EvidenceFolder:
    """All of the evidence, read and found to be usable."""

    document: contract.Evidence
    truth: NDArray[Any]  # (n,), for a classification 0 or 1
    candidate: Scored
    champion: Scored | None
    groups: dict[str, NDArray[Any]]  # protected attribute -> (n,) group of each row, as text
    latency_ms: NDArray[np.float64]
    behavioral: pd.DataFrame  # case_id, description, expected, got, passed
    digest: str

    @property
    def rows(self) -> int:
        return len(self.truth)


def read(folder: Path) -> EvidenceFolder:
    """Read ``folder``.

    Raises:
        EvidenceError: something is missing, empty, not a number, double, or does not fit together.
    """
    document = read_document(folder / contract.DOCUMENT)
    predictions = read_table(folder / contract.PREDICTIONS)
    check_predictions(predictions, document)
    return EvidenceFolder(
        document=document,
        truth=encode(predictions, "y_true", document),
        candidate=scored(predictions, "candidate", document),
        champion=scored(predictions, "champion", document) if document.champion else None,
        groups={name: predictions[name].astype(str).to_numpy() for name in document.protected_attributes},
        latency_ms=latencies(read_table(folder / contract.LATENCY)),
        behavioral=cases(read_table(folder / contract.BEHAVIORAL)),
        digest=digests.of_folder(folder),
    )


def read_document(path: Path) -> contract.Evidence:
    """Read ``evidence.json``."""
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text, object_pairs_hook=refuse_double_keys)
        return contract.Evidence.model_validate_json(text)
    except FileNotFoundError as error:
        raise EvidenceError(f"{path} does not exist: `dvc repro` collects the evidence") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EvidenceError(f"{path} is no JSON: {error}") from error
    except ValidationError as error:
        raise EvidenceError(f"{path} is not {contract.VERSION}: {explain(error)}") from error


def refuse_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice says two things, and a reader would silently take one of them."""
    names = [name for name, _ in pairs]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise EvidenceError(f"{contract.DOCUMENT}: the key '{double}' stands twice")
    return dict(pairs)


def read_table(path: Path) -> pd.DataFrame:
    """Read one of the tables; it must not be empty."""
    if not path.is_file():
        raise EvidenceError(f"{path} does not exist: the evidence is not whole")
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path} is no parquet file: {error}") from error
    if table.empty:
        raise EvidenceError(f"{path} has no rows: there is nothing to judge")
    return table


def check_predictions(table: pd.DataFrame, document: contract.Evidence) -> None:
    """Columns, gaps, double rows and the number of rows of ``predictions.parquet``."""
    columns = ["row_id", "y_true", "candidate_score", "candidate_prediction"]
    if document.champion:
        columns += ["champion_score", "champion_prediction"]
    attributes = document.protected_attributes
    if double := sorted(name for name in set(attributes) if name in columns or attributes.count(name) > 1):
        raise EvidenceError(
            f"{contract.DOCUMENT}: protected_attributes {double} are there twice, or no attributes at all"
        )
    columns += attributes
    if missing := sorted(set(columns) - set(table.columns)):
        raise EvidenceError(f"{contract.PREDICTIONS} has no column {missing}; evidence.json promises {columns}")
    if extra := sorted(set(map(str, table.columns)) - set(columns)):
        raise EvidenceError(f"{contract.PREDICTIONS} has columns that evidence.json does not know: {extra}")
    for column in columns:
        if table[column].isna().any():
            count = int(table[column].isna().sum())
            raise EvidenceError(
                f"{contract.PREDICTIONS}: column '{column}' is empty or NaN in {count} of {len(table)} rows"
            )
    if double := table.loc[table["row_id"].duplicated(), "row_id"].astype(str).tolist():
        raise EvidenceError(f"{contract.PREDICTIONS}: {len(double)} rows are double, the first is row_id {double[0]!r}")
    if len(table) != document.data.evaluation.rows:
        raise EvidenceError(
            f"{contract.PREDICTIONS} has {len(table)} rows where evidence.json says {document.data.evaluation.rows}"
        )


def scored(table: pd.DataFrame, who: str, document: contract.Evidence) -> Scored:
    """The answers of candidate or champion."""
    score = numbers(table, f"{who}_score")
    if document.task == "classification" and ((score < 0) | (score > 1)).any():
        wrong = score[(score < 0) | (score > 1)][0]
        raise EvidenceError(f"{contract.PREDICTIONS}: {who}_score {wrong} is no probability")
    return Scored(score, encode(table, f"{who}_prediction", document))


def encode(table: pd.DataFrame, column: str, document: contract.Evidence) -> NDArray[Any]:
    """Labels as 1 (positive) and 0; the values themselves for a regression."""
    if document.task == "regression":
        return numbers(table, column)
    labels: Sequence[int | str] = document.labels or []
    if len(labels) != 2 or document.positive_label not in labels:
        raise EvidenceError(
            f"evidence.json: a classification needs two labels and one of them as positive_label, found {labels}"
        )
    values = table[column]
    if unknown := sorted(map(str, set(values.tolist()) - set(labels))):
        raise EvidenceError(f"{contract.PREDICTIONS}: column '{column}' holds {unknown}; the labels are {labels}")
    return (values == document.positive_label).to_numpy().astype(int)


def numbers(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as finite numbers."""
    try:
        values = table[column].to_numpy().astype(np.float64)
    except (TypeError, ValueError) as error:
        raise EvidenceError(f"column '{column}' is not numeric: {error}") from error
    if not np.isfinite(values).all():
        raise EvidenceError(
            f"column '{column}' holds {values[~np.isfinite(values)][0]} in row {np.argmin(np.isfinite(values))}"
        )
    return values


def latencies(table: pd.DataFrame) -> NDArray[np.float64]:
    """Milliseconds of each request."""
    if "latency_ms" not in table.columns:
        raise EvidenceError(f"{contract.LATENCY} has no column 'latency_ms'")
    values = numbers(table, "latency_ms")
    if (values < 0).any():
        raise EvidenceError(f"{contract.LATENCY}: latency_ms {values.min()} is negative")
    return values


def cases(table: pd.DataFrame) -> pd.DataFrame:
    """The behavioral cases, by ``case_id``."""
    columns = ["case_id", "description", "expected", "got", "passed"]
    if missing := [column for column in columns if column not in table.columns]:
        raise EvidenceError(f"{contract.BEHAVIORAL} has no column {missing}")
    if double := table.loc[table["case_id"].duplicated(), "case_id"].astype(str).tolist():
        raise EvidenceError(f"{contract.BEHAVIORAL}: case {double[0]!r} is there twice")
    if table["passed"].isna().any() or not pd.api.types.is_bool_dtype(table["passed"]):
        raise EvidenceError(f"{contract.BEHAVIORAL}: column 'passed' must be true or false in every row")
    return table[columns].astype({"case_id": str, "description": str, "expected": str, "got": str})
