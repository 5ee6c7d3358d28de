"""The table of critical cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.gates.evidence.critical_cases import Case
from mlops.gates.evidence.evidence_reader import CaseResult
from mlops.gates.gate_file.reader import GateFile
from mlops.report.number_format import number


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One critical case: what it expects, and what the model returned."""

    case_id: str
    description: str
    expectation: str
    got: str
    passed: bool


def case_rows(results: Sequence[CaseResult], file: GateFile | None) -> list[CaseRow]:
    """Return every case with its expectations; without the case file, the evidence has only ``expected``."""
    cases = {case.case_id: case for case in file.cases} if file else {}
    rows = []
    for result in results:
        case = cases.get(result.case_id)
        expectation = describe_expectation(case) if case else result.expected
        compared = case is not None and (case.not_below or case.not_above) and result.score is not None
        got = f"{result.got} (score {number(result.score)})" if compared else result.got
        rows.append(CaseRow(result.case_id, result.description, expectation, got, result.passed))
    return rows


def describe_expectation(case: Case) -> str:
    """Return the expectations of a case as text."""
    parts = [
        (case.expected, "{}"),
        (case.must_not, "not {}"),
        (case.same_as, "the same as {}"),
        (case.not_below, "a score not below that of {}"),
        (case.not_above, "a score not above that of {}"),
    ]
    return ", ".join(text.format(value) for value, text in parts if value)
