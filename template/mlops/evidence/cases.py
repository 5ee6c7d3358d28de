"""Critical cases: rows for which the team says what a model must answer, ``tests/critical_cases.csv``.

Columns ``case_id``, ``description``, ``expected`` and the model's inputs. ``expected`` is a label, or for a regression
a range such as ``100..200``, ends included.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mlops.errors import MlopsError

OWN = ("case_id", "description", "expected")


@dataclass(frozen=True, slots=True)
class Case:
    """One critical case."""

    case_id: str
    description: str
    expected: str
    inputs: dict[str, Any]

    def accepts(self, got: str) -> bool:
        """True when ``got``, a label or a number as text, is what was expected."""
        if ".." not in self.expected:
            return got == self.expected
        low, high = (float(end) for end in self.expected.split(".."))
        return low <= float(got) <= high


def read(path: Path, texts: Iterable[str] = ()) -> list[Case]:
    """Read a case file; the columns in ``texts`` are text even where they look like numbers.

    Raises:
        MlopsError: it is missing, empty, lacks a column, or names a case twice or a range that is none.
    """
    if not path.is_file():
        raise MlopsError(f"{path} does not exist: the behavioral gate needs its cases")
    try:
        table = pd.read_csv(path, dtype={name: str for name in (*OWN, *texts)}, keep_default_na=True)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise MlopsError(f"{path} is not a readable CSV file: {error}") from error
    if missing := [name for name in OWN if name not in table.columns]:
        raise MlopsError(
            f"{path} has no column {missing}; the first line must name {', '.join(OWN)} and the model's inputs"
        )
    if not isinstance(table.index, pd.RangeIndex):
        raise MlopsError(f"{path} has a row with more fields than the first line: quote a text that holds a comma")
    if table.empty:
        raise MlopsError(f"{path} has no cases: without a case nothing is known of the model's behavior")
    cases = []
    for number, row in enumerate(table.to_dict("records"), start=2):
        if any(pd.isna(row[name]) or not str(row[name]).strip() for name in OWN):
            raise MlopsError(f"{path}:{number}: case_id, description and expected must not be empty")
        case = Case(
            row["case_id"],
            row["description"],
            row["expected"].strip(),
            {str(k): v for k, v in row.items() if k not in OWN},
        )
        check_range(case, f"{path}:{number}")
        cases.append(case)
    names = [case.case_id for case in cases]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise MlopsError(f"{path}: case '{double}' is there twice")
    return cases


def check_range(case: Case, where: str) -> None:
    """A range must be two numbers, the lower one first."""
    if ".." not in case.expected:
        return
    try:
        low, high = (float(end) for end in case.expected.split(".."))
    except ValueError as error:
        raise MlopsError(f"{where}: expected '{case.expected}' is no range of two numbers such as 100..200") from error
    if not low <= high:
        raise MlopsError(f"{where}: expected '{case.expected}' ends before it begins")
