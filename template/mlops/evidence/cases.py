"""Run the critical cases through a model. ``mlops.gates`` reads their expectations and decides whether they pass.

The tests of a repository import this module.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mlops.errors import MlopsError
from mlops.gates.evidence import critical_cases
from mlops.gates.evidence.critical_cases import CaseAnswer, case_failures
from mlops.model import Predictor


@dataclass(frozen=True, slots=True)
class TypedCase:
    """One critical case with the model's inputs, typed as in a data frame."""

    expectation: critical_cases.Case
    inputs: dict[str, Any]

    @property
    def case_id(self) -> str:
        """Return the case's id."""
        return self.expectation.case_id

    @property
    def expected(self) -> str:
        """Return the expected label or number, as text."""
        return self.expectation.expected

    def accepts(self, got: str) -> bool:
        """Return whether ``got``, a label or a number as text, is expected and not excluded by the case."""
        return self.expectation.accepts(got)


def read(path: Path, texts: Iterable[str] = ()) -> list[TypedCase]:
    """Read a case file; the columns in ``texts`` are text even if their values look like numbers.

    Raises:
        MlopsError: The file is missing, empty or invalid, see ``mlops.gates.evidence.critical_cases.read_cases``.
    """
    expectations = critical_cases.read_cases(path)
    try:
        table = pd.read_csv(path, dtype={name: str for name in (*critical_cases.OWN, *texts)}, encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError) as error:
        raise MlopsError(f"{path} is not a readable CSV file: {error}") from error
    rows = table.drop(columns=[name for name in critical_cases.OWN if name in table.columns]).to_dict("records")
    return [
        TypedCase(case, {str(name): value for name, value in row.items()})
        for case, row in zip(expectations, rows, strict=True)
    ]


def answers(predictor: Predictor, critical: Sequence[TypedCase]) -> dict[str, CaseAnswer]:
    """Return what a model predicts for each case, by the case's id.

    Raises:
        MlopsError: The cases lack an input of the model, or have a column that is not an input.
    """
    inputs = [column.name for column in predictor.signature.inputs]
    if unknown := [name for name in critical[0].inputs if name not in inputs]:
        raise MlopsError(f"the critical cases have unknown columns {unknown}: the model's inputs are {inputs}")
    predicted = predictor.predict(pd.DataFrame([case.inputs for case in critical]))
    numeric = predictor.signature.task == "regression"
    return {
        case.case_id: CaseAnswer(f"{score:.6g}" if numeric else str(label), float(score), numeric)
        for case, label, score in zip(critical, predicted.label, predicted.score, strict=True)
    }


def wrong(critical: Sequence[TypedCase], found: Mapping[str, CaseAnswer]) -> dict[str, list[str]]:
    """Return the reasons why cases fail, by the case's id; cases that pass are left out."""
    return {case.case_id: reasons for case in critical if (reasons := case_failures(case.expectation, found))}
