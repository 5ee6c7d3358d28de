"""``behavioral``: the share of critical cases that the candidate predicts as required."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from ..core.dataclass_schema import InvalidFields, Limits, shown_value
from ..core.errors import EvidenceError
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.verdict_rule import Verdict, rounded, verdict_of_fact
from ..evidence.critical_cases import Case, CaseAnswer, case_failures, read_cases
from ..evidence.evidence_reader import CaseResult, EvidenceFolder, is_number
from .gate_kind import GateContext, GateKind

Share = Annotated[float, Limits(at_least=0, at_most=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavioral:
    """Critical cases, and the share of them that must pass."""

    test_cases: Annotated[str, Limits(length=1, about="a CSV file, relative to the gate file")]
    min_pass_rate: Share

    def __post_init__(self) -> None:
        """Refuse a path with characters that file names cannot contain."""
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in self.test_cases):
            raise InvalidFields(
                f"{shown_value(self.test_cases)} is not a path: it contains a character that a file name cannot have; "
                "write a path such as tests/critical_cases.csv.",
                "test_cases",
            )


def read_files(block: Behavioral, folder: Path) -> tuple[Case, ...]:
    """Read the critical cases that the block names.

    Raises:
        CorrectableError: The case file is invalid.
    """
    return read_cases(folder / block.test_cases)


def cases_of(files: Mapping[str, Any]) -> tuple[Case, ...]:
    """Return the critical cases among the files that a gate file names; empty without a behavioral gate."""
    return cast(tuple[Case, ...], files.get(KIND.name, ()))


def check(context: GateContext, block: Behavioral) -> list[ExplainedResult]:
    """Judge the share of cases that passed; the evidence must contain exactly the cases of the file.

    Whether a case passed is decided here, from its requirements and the prediction.

    Raises:
        EvidenceError: The evidence has other cases or columns than the file, or its column ``passed`` contradicts the
            prediction.
    """
    evidence, wanted = context.evidence, cases_of(context.files)
    by_id = {case.case_id: case for case in wanted}
    shown = {result.case_id: result for result in evidence.behavioral}
    if different := sorted(set(by_id) ^ set(shown)):
        raise EvidenceError(
            f"the evidence does not match the cases in {block.test_cases}: {different} are only in one of them; "
            "run `dvc repro`"
        )
    check_inputs(evidence, block, wanted)
    check_asked(evidence, block, wanted)
    numeric = evidence.document.task == "regression"
    answers = {name: CaseAnswer(result.got, result.score, numeric) for name, result in shown.items()}
    failed = []
    for case in wanted:
        if wrong := failures(case, shown[case.case_id], answers, evidence, block):
            failed.append(f"'{case.case_id}' ({case.description}) {', '.join(wrong)}")
    total = len(by_id)
    rate = 1 - len(failed) / total
    verdict = verdict_of_fact(rate, ">=", block.min_pass_rate)
    summary = f"{total - len(failed)} of {total} cases passed, threshold {block.min_pass_rate:g}"
    result = GateResult(
        kind=KIND.name,
        name="min_pass_rate",
        verdict=verdict,
        estimate=rounded(rate),
        comparison=">=",
        threshold=block.min_pass_rate,
        n=total,
        reason="; ".join([f"{summary}: {'met' if verdict is Verdict.PASS else 'not met'}", *failed]),
    )
    return [ExplainedResult(result, "passed cases / cases", {"passed": total - len(failed), "cases": total})]


def check_inputs(evidence: EvidenceFolder, block: Behavioral, wanted: Sequence[Case]) -> None:
    """Refuse columns that are not inputs of the model, because they would have no effect.

    Evidence that does not list the inputs is not checked.

    Raises:
        EvidenceError: The message contains the columns.
    """
    inputs = evidence.document.inputs
    if inputs is None:
        return
    if unknown := sorted(set(wanted[0].inputs) - set(inputs)):
        raise EvidenceError(f"{block.test_cases} has unknown columns {unknown}: the model's inputs are {inputs}")


def check_asked(evidence: EvidenceFolder, block: Behavioral, wanted: Sequence[Case]) -> None:
    """Refuse requirements that no prediction can equal: a misspelled ``must_not`` would always be met.

    Raises:
        EvidenceError: A requirement is not a label, or for a regression not a number.
    """
    labels = [str(label) for label in evidence.document.labels or []]
    for case in wanted:
        for column, asked in (("expected", case.expected), ("must_not", case.must_not)):
            if not asked or ".." in asked or asked in labels:
                continue
            if labels:
                raise EvidenceError(
                    f"{block.test_cases}: case '{case.case_id}': {column} '{asked}' is not a label; "
                    f"the labels are {labels}"
                )
            if not is_number(asked):
                raise EvidenceError(
                    f"{block.test_cases}: case '{case.case_id}': {column} '{asked}' is not a number or a range such as "
                    "100..200"
                )


def check_answer(case: Case, result: CaseResult, evidence: EvidenceFolder) -> None:
    """Refuse a prediction that is not a label or a finite number: it would meet every ``must_not``.

    Raises:
        EvidenceError: The message contains the case and the prediction.
    """
    labels = [str(label) for label in evidence.document.labels or []]
    ranged = ".." in case.expected or ".." in case.must_not
    if (ranged or not labels) and not is_number(result.got):
        asked = case.expected or case.must_not or "a number"
        raise EvidenceError(f"case '{case.case_id}' expects {asked}, and '{result.got}' is not a number")
    if labels and ".." not in case.expected and result.got not in labels:
        raise EvidenceError(f"case '{case.case_id}' got '{result.got}'; the labels are {labels}")


def failures(
    case: Case,
    result: CaseResult,
    answers: Mapping[str, CaseAnswer],
    evidence: EvidenceFolder,
    block: Behavioral,
) -> list[str]:
    """Return the requirements that one case does not meet.

    Raises:
        EvidenceError: The evidence has another requirement or another result for the case, or an unusable prediction.
    """
    if result.expected != case.expected:
        raise EvidenceError(
            f"case '{case.case_id}' expects {case.expected or 'nothing'} in {block.test_cases}, but "
            f"{result.expected or 'nothing'} in the evidence: run `dvc repro`"
        )
    if (case.not_below or case.not_above) and evidence.document.task != "regression":
        for other in filter(None, (case.case_id, case.not_below, case.not_above)):
            if answers[other].score is None:
                raise EvidenceError(f"case '{case.case_id}' compares scores, but the evidence has none for '{other}'")
    check_answer(case, result, evidence)
    try:
        found = case_failures(case, answers)
    except ValueError as error:
        raise EvidenceError(
            f"case '{case.case_id}' expects {case.expected or 'a number'}, and '{result.got}' is not a number"
        ) from error
    if bool(found) == result.passed:
        what = f"expected {case.expected}, got {result.got}" if not found else "; ".join(found)
        raise EvidenceError(f"case '{case.case_id}' {what}, but the evidence has passed: {result.passed}")
    return found


KIND: GateKind[Behavioral] = GateKind(name="behavioral", block=Behavioral, check=check, read_files=read_files)
