"""Critical cases with inputs that a model takes; what a case file says and asks is ``mlops.gates.cases``'s to know."""

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
class Case:
    """One critical case; ``inputs`` are typed as a data frame has them."""

    asked: critical_cases.Case
    inputs: dict[str, Any]

    @property
    def case_id(self) -> str:
        return self.asked.case_id

    @property
    def expected(self) -> str:
        return self.asked.expected

    def accepts(self, got: str) -> bool:
        """True when ``got``, a label or a number as text, is what was expected and not what must not come."""
        return self.asked.accepts(got)


def read(path: Path, texts: Iterable[str] = ()) -> list[Case]:
    """Read a case file; the columns in ``texts`` are text even where they look like numbers.

    Raises:
        MlopsError: it is missing, empty or broken, see ``mlops.gates.evidence.critical_cases.read_cases``.
    """
    asked = critical_cases.read_cases(path)
    try:
        table = pd.read_csv(path, dtype={name: str for name in (*critical_cases.OWN, *texts)}, encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError) as error:
        raise MlopsError(f"{path} is not a readable CSV file: {error}") from error
    rows = table.drop(columns=[name for name in critical_cases.OWN if name in table.columns]).to_dict("records")
    return [
        Case(case, {str(name): value for name, value in row.items()}) for case, row in zip(asked, rows, strict=True)
    ]


def answers(predictor: Predictor, critical: Sequence[Case]) -> dict[str, CaseAnswer]:
    """What a model answers to each case, by its id.

    Raises:
        MlopsError: the cases lack an input of the model, or have a column that is none.
    """
    inputs = [column.name for column in predictor.signature.inputs]
    if unknown := [name for name in critical[0].inputs if name not in inputs]:
        raise MlopsError(f"the critical cases have unknown columns {unknown}: the model's inputs are {inputs}")
    found = predictor.predict(pd.DataFrame([case.inputs for case in critical]))
    numeric = predictor.signature.task == "regression"
    return {
        case.case_id: CaseAnswer(f"{score:.6g}" if numeric else str(label), float(score), numeric)
        for case, label, score in zip(critical, found.label, found.score, strict=True)
    }


def wrong(critical: Sequence[Case], found: Mapping[str, CaseAnswer]) -> dict[str, list[str]]:
    """The cases that did not come out right, by id, each with the reasons."""
    return {case.case_id: reasons for case in critical if (reasons := case_failures(case.asked, found))}
