"""``behavioral``: the critical cases, each with its name."""

from pathlib import Path

from mlops.evidence import cases
from mlops.evidence.reading import EvidenceError, EvidenceFolder
from mlops.gates.config import Behavioral
from mlops.gates.rule import Estimate, Finding, at_least


def check(evidence: EvidenceFolder, gate: Behavioral, file: Path) -> list[Finding]:
    """Judge the share of cases that passed; the evidence must be of exactly the cases in ``file``.

    Whether a case passed is decided here, from what was expected and what came.

    Raises:
        EvidenceError: the evidence has other cases than the file, or says of one the opposite of what it shows.
        MlopsError: the case file is missing, empty or broken.
    """
    wanted = {case.case_id: case for case in cases.read(file)}
    shown = {str(row["case_id"]): row for row in evidence.behavioral.to_dict("records")}
    if different := sorted(set(wanted) ^ set(shown)):
        raise EvidenceError(
            f"the evidence is not of the cases in {file}: {different} are in one of them only; run `dvc repro`"
        )
    failed = []
    for case_id, case in wanted.items():
        row = shown[case_id]
        if row["expected"] != case.expected:
            raise EvidenceError(
                f"case '{case_id}' expects {case.expected} in {file}, {row['expected']} in the evidence: `dvc repro`"
            )
        if accepts(case, row["got"]) != bool(row["passed"]):
            raise EvidenceError(
                f"case '{case_id}' expected {case.expected}, got {row['got']}, and says passed: {row['passed']}"
            )
        if not row["passed"]:
            failed.append(f"'{case_id}' ({case.description}) expected {case.expected}, got {row['got']}")
    rate = 1 - len(failed) / len(wanted)
    verdict, reason = at_least(Estimate(rate, len(wanted), certain=True), gate.min_pass_rate, None)
    reason = "; ".join([reason, *failed])
    return [Finding("behavioral", "min_pass_rate", verdict, rate, ">=", gate.min_pass_rate, len(wanted), reason)]


def accepts(case: cases.Case, got: str) -> bool:
    """``Case.accepts`` for an answer that anyone may have written."""
    try:
        return case.accepts(got)
    except ValueError as error:
        raise EvidenceError(f"case '{case.case_id}' expects {case.expected}, and '{got}' is no number") from error
