"""The table of critical cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.gates.evidence.critical_cases import Case
from mlops.gates.evidence.evidence_reader import CaseResult
from mlops.gates.gate_file.reader import GateFile
from mlops.report.number_format import number


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One critical case: what it asks for, and what came."""

    case_id: str
    description: str
    asked: str
    got: str
    passed: bool


def case_rows(results: Sequence[CaseResult], file: GateFile | None) -> list[CaseRow]:
    """Every case with all that it asks for, of which the evidence itself holds ``expected`` alone."""
    cases = {case.case_id: case for case in file.cases} if file else {}
    found = []
    for result in results:
        case = cases.get(result.case_id)
        asked = asks(case) if case else result.expected
        compared = case is not None and (case.not_below or case.not_above) and result.score is not None
        got = f"{result.got} (score {number(result.score)})" if compared else result.got
        found.append(CaseRow(result.case_id, result.description, asked, got, result.passed))
    return found


def asks(case: Case) -> str:
    """What a case asks for, in words."""
    parts = [
        (case.expected, "{}"),
        (case.must_not, "not {}"),
        (case.same_as, "the same as {}"),
        (case.not_below, "a score not below that of {}"),
        (case.not_above, "a score not above that of {}"),
    ]
    return ", ".join(words.format(value) for value, words in parts if value)
