"""Declarations of the tables of an evidence folder: columns, types, and the largest number of rows."""

from dataclasses import dataclass
from typing import Literal

from . import contract

MAX_ROWS = 100_000_000  # a larger table is a mistake or an attack, and would fill the memory before it is checked
MAX_REQUESTS = 10_000_000
MAX_CASES = 100_000

ColumnType = Literal["text", "number", "whole", "truth"]  # how a column of a CSV file, which has no types, is read


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a table."""

    name: str
    type: ColumnType
    required: bool = True


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table: ``<name>.parquet`` or ``<name>.csv``."""

    name: str
    most_rows: int
    columns: tuple[ColumnSpec, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that the table must have."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def optional(self) -> tuple[str, ...]:
        """Names of the columns that the table may have."""
        return tuple(column.name for column in self.columns if not column.required)

    @property
    def types(self) -> dict[str, ColumnType]:
        """Type of each column by its name."""
        return {column.name: column.type for column in self.columns}

    def count(self, name: str) -> int:
        """Return how many columns are declared with this name."""
        return sum(column.name == name for column in self.columns)


LATENCY_TABLE = TableSpec(contract.LATENCY, MAX_REQUESTS, (ColumnSpec("latency_ms", "number"),))
BEHAVIORAL_TABLE = TableSpec(
    contract.BEHAVIORAL,
    MAX_CASES,
    (
        *(ColumnSpec(name, "text") for name in ("case_id", "description", "expected", "got")),
        ColumnSpec("passed", "truth"),
        ColumnSpec("score", "number", required=False),
    ),
)


def predictions_spec(document: contract.Evidence) -> TableSpec:
    """Return the table ``predictions`` as the evidence document declares it."""
    answer: ColumnType = "number"
    if document.labels:
        answer = "text" if all(isinstance(label, str) for label in document.labels) else "whole"
    columns = [ColumnSpec("row_id", "text"), ColumnSpec("y_true", answer)]
    for who in models(document):
        columns += [ColumnSpec(f"{who}_score", "number"), ColumnSpec(f"{who}_prediction", answer)]
    for who in models(document):
        columns += [ColumnSpec(name, "number", required=False) for name in class_columns(who, document)]
    columns += [ColumnSpec(name, "text") for name in document.protected_attributes]
    return TableSpec(contract.PREDICTIONS, MAX_ROWS, tuple(columns))


def models(document: contract.Evidence) -> list[str]:
    """Return the models that were scored, by their column prefix."""
    return ["candidate", "champion"] if document.champion else ["candidate"]


def class_columns(who: str, document: contract.Evidence) -> list[str]:
    """Return the optional columns with the probability of each label."""
    return [f"{who}_score_{label}" for label in document.labels or []] if document.task == "multiclass" else []
