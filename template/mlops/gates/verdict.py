"""The verdict: a pure function of the evidence and the gate file."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops.errors import MlopsError
from mlops.evidence.reading import EvidenceFolder
from mlops.gates import behavioral, fairness, latency, performance, policy, regression, size, values
from mlops.gates.config import GateError, GateFile, line_of
from mlops.gates.rule import Finding, Verdict
from mlops.project import explain

EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.HOLD: 3}


class Judgement(BaseModel):
    """``mlverdict/v1``: what was judged, by what, and every gate's answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal["mlverdict/v1"] = "mlverdict/v1"
    verdict: Verdict
    candidate: str  # digest
    champion: str | None  # digest
    commit: str | None
    evidence_digest: str
    gates_digest: str
    gates: list[Finding]

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]


def judge(evidence: EvidenceFolder, file: GateFile) -> Judgement:
    """Judge the evidence by the gate file: any FAIL fails, any HOLD without a FAIL holds.

    Raises:
        MlopsError: the two do not fit together; nothing was judged.
    """
    try:
        findings = judge_each(evidence, file)
    except GateError as error:
        where = f"{file.path}:{line_of(file.lines, error.place)}"
        raise MlopsError(f"{where}: {error} Nothing was judged.") from error
    document = evidence.document
    return Judgement(
        verdict=overall(findings),
        candidate=document.candidate.digest,
        champion=document.champion.digest if document.champion else None,
        commit=document.commit,
        evidence_digest=evidence.digest,
        gates_digest=file.digest,
        gates=findings,
    )


def judge_each(evidence: EvidenceFolder, file: GateFile) -> list[Finding]:
    """The answer of every gate, in the order of the documentation."""
    gates = file.gates
    found = values.of(evidence)
    findings: list[Finding] = []
    if gates.performance:
        findings += performance.check(found, evidence.rows, gates.performance, gates.statistics)
    if gates.regression:
        findings += regression.check(found, evidence.rows, gates.regression, gates.performance or (), gates.statistics)
    if gates.latency:
        findings += latency.check(evidence, gates.latency, gates.statistics)
    if gates.size:
        findings += size.check(evidence, gates.size)
    if gates.fairness:
        findings += fairness.check(evidence, gates.fairness, gates.statistics)
    if gates.behavioral and file.cases:
        findings += behavioral.check(evidence, gates.behavioral, file.cases)
    if gates.policy:
        findings += policy.check(evidence, gates.policy)
    return findings


def overall(findings: list[Finding]) -> Verdict:
    """The verdict of all gates together."""
    verdicts = {finding.verdict for finding in findings}
    return next((verdict for verdict in (Verdict.FAIL, Verdict.HOLD) if verdict in verdicts), Verdict.PASS)


def read(path: Path) -> Judgement:
    """Read what the verb ``gate`` wrote.

    Raises:
        MlopsError: it is not there or no verdict.
    """
    try:
        return Judgement.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MlopsError(f"{path} does not exist: run `python -m mlops gate` first") from error
    except ValidationError as error:
        raise MlopsError(f"{path} is no verdict: {explain(error)}") from error


def table(judgement: Judgement) -> str:
    """The verdict for a person: one line a gate."""
    header = ("verdict", "gate", "estimate", "threshold", "n", "reason")
    rows = [header]
    for finding in judgement.gates:
        estimate = "" if finding.estimate is None else f"{finding.estimate:.4f}"
        n = "" if finding.n is None else str(finding.n)
        threshold = "required" if finding.threshold is None else f"{finding.comparison} {finding.threshold:g}"
        rows.append((finding.verdict.value, f"{finding.kind}.{finding.name}", estimate, threshold, n, finding.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(len(header) - 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]
    return "\n".join(lines) + f"\n\nVERDICT {judgement.verdict.value}: candidate {judgement.candidate}"
