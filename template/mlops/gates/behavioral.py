"""``behavioral``: the critical cases, each with its name."""

from collections.abc import Mapping, Sequence

from . import cases
from .answer import Answer
from .config import Behavioral
from .errors import EvidenceError
from .reading import CaseResult, EvidenceFolder, is_number
from .rule import Finding, Verdict, fact, rounded


def check(evidence: EvidenceFolder, gate: Behavioral, wanted: Sequence[cases.Case]) -> list[Answer]:
    """Judge the share of cases that passed; the evidence must be of exactly the cases in the file.

    Whether a case passed is decided here, from what was asked and what came.

    Raises:
        EvidenceError: the evidence has other cases or columns than the file, or says of one the opposite of what it
            shows.
    """
    by_id = {case.case_id: case for case in wanted}
    shown = {result.case_id: result for result in evidence.behavioral}
    if different := sorted(set(by_id) ^ set(shown)):
        raise EvidenceError(
            f"the evidence is not of the cases in {gate.test_cases}: {different} are in one of them only; "
            "run `dvc repro`"
        )
    check_inputs(evidence, gate, wanted)
    check_asked(evidence, gate, wanted)
    numeric = evidence.document.task == "regression"
    answers = {name: cases.Answer(result.got, result.score, numeric) for name, result in shown.items()}
    failed = []
    for case in wanted:
        if wrong := failures(case, shown[case.case_id], answers, evidence, gate):
            failed.append(f"'{case.case_id}' ({case.description}) {', '.join(wrong)}")
    total = len(by_id)
    rate = 1 - len(failed) / total
    verdict = fact(rate, ">=", gate.min_pass_rate)
    summary = f"{total - len(failed)} of {total} cases right, needed {gate.min_pass_rate:g}"
    finding = Finding(
        kind="behavioral",
        name="min_pass_rate",
        verdict=verdict,
        estimate=rounded(rate),
        comparison=">=",
        threshold=gate.min_pass_rate,
        n=total,
        reason="; ".join([f"{summary}: {'kept' if verdict is Verdict.PASS else 'missed'}", *failed]),
    )
    return [Answer(finding, "right cases / cases", {"right": total - len(failed), "cases": total})]


def check_inputs(evidence: EvidenceFolder, gate: Behavioral, wanted: Sequence[cases.Case]) -> None:
    """A column that is no input of the model changes nothing, whatever its author thought.

    Raises:
        EvidenceError: with the columns; evidence that does not say what the inputs are is not held to them.
    """
    inputs = evidence.document.inputs
    if inputs is None:
        return
    if unknown := sorted(set(wanted[0].inputs) - set(inputs)):
        raise EvidenceError(f"{gate.test_cases} has unknown columns {unknown}: the model's inputs are {inputs}")


def check_asked(evidence: EvidenceFolder, gate: Behavioral, wanted: Sequence[cases.Case]) -> None:
    """What must not come is never met when it is misspelled.

    Raises:
        EvidenceError: a case asks for what is no label, or of a regression no number.
    """
    labels = [str(label) for label in evidence.document.labels or []]
    for case in wanted:
        for column, asked in (("expected", case.expected), ("must_not", case.must_not)):
            if not asked or ".." in asked or asked in labels:
                continue
            if labels:
                raise EvidenceError(
                    f"{gate.test_cases}: case '{case.case_id}': {column} '{asked}' is no label; the labels are {labels}"
                )
            if not is_number(asked):
                raise EvidenceError(
                    f"{gate.test_cases}: case '{case.case_id}': {column} '{asked}' is no number, nor a range such as "
                    "100..200"
                )


def check_answer(case: cases.Case, result: CaseResult, evidence: EvidenceFolder) -> None:
    """An answer that is none of what a model can answer is not wrong but unusable: it would miss every ``must_not``.

    Raises:
        EvidenceError: of a label or a finite number.
    """
    labels = [str(label) for label in evidence.document.labels or []]
    ranged = ".." in case.expected or ".." in case.must_not
    if (ranged or not labels) and not is_number(result.got):
        asked = case.expected or case.must_not or "a number"
        raise EvidenceError(f"case '{case.case_id}' expects {asked}, and '{result.got}' is no number")
    if labels and ".." not in case.expected and result.got not in labels:
        raise EvidenceError(f"case '{case.case_id}' got '{result.got}'; the labels are {labels}")


def failures(
    case: cases.Case,
    result: CaseResult,
    answers: Mapping[str, cases.Answer],
    evidence: EvidenceFolder,
    gate: Behavioral,
) -> list[str]:
    """What is wrong with the answer to one case, as the evidence must say it too."""
    if result.expected != case.expected:
        raise EvidenceError(
            f"case '{case.case_id}' expects {case.expected or 'nothing'} in {gate.test_cases}, "
            f"{result.expected or 'nothing'} in the evidence: `dvc repro`"
        )
    if (case.not_below or case.not_above) and evidence.document.task != "regression":
        for other in filter(None, (case.case_id, case.not_below, case.not_above)):
            if answers[other].score is None:
                raise EvidenceError(f"case '{case.case_id}' compares scores, and the evidence has none for '{other}'")
    check_answer(case, result, evidence)
    try:
        found = cases.failures(case, answers)
    except ValueError as error:
        raise EvidenceError(
            f"case '{case.case_id}' expects {case.expected or 'a number'}, and '{result.got}' is no number"
        ) from error
    if bool(found) == result.passed:
        what = f"expected {case.expected}, got {result.got}" if not found else "; ".join(found)
        raise EvidenceError(f"case '{case.case_id}' {what}, and says passed: {result.passed}")
    return found
