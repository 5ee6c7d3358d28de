"""The door behind the gate: only a model with a verdict of PASS, about exactly it, goes on."""

from pathlib import Path

from mlops import paths
from mlops.errors import MlopsError
from mlops.gates import verdict
from mlops.gates.core import digests
from mlops.gates.decision.verdict_rule import Verdict
from mlops.gates.evidence import evidence_reader
from mlops.gates.gate_file import reader


def require_pass(root: Path) -> verdict.VerdictDocument:
    """The verdict about the model in models/candidate, judged anew: what the file says is not taken for granted.

    Raises:
        MlopsError: exit code 1 when it is no PASS; 2 when there is none, it is about another model, the evidence or
            the gate file has changed since, or the file does not say what judging them says.
    """
    written = verdict.read_verdict(root / paths.VERDICT)
    candidate = digests.of_folder(root / paths.CANDIDATE)
    if written.candidate != candidate:
        raise MlopsError(
            f"the verdict is about {written.candidate}, {paths.CANDIDATE} is {candidate}: run `make pipeline`"
        )
    if written.evidence_digest != digests.of_folder(root / paths.EVIDENCE):
        raise MlopsError(f"the verdict is about other evidence than {paths.EVIDENCE}: run `python -m mlops gate` again")
    if written.gates_digest != digests.of_file(root / paths.GATES):
        raise MlopsError(f"{paths.GATES} has changed since the verdict: run `python -m mlops gate` again")
    judgement = verdict.judge(
        evidence_reader.read_evidence(root / paths.EVIDENCE), reader.read_gate_file(root / paths.GATES)
    )
    if written != judgement:
        raise MlopsError(
            f"{paths.VERDICT} says {written.verdict.value}, judging {paths.EVIDENCE} by {paths.GATES} anew says "
            f"{judgement.verdict.value}, or says it otherwise: the file was changed, or written by another version; "
            "run `python -m mlops gate` again"
        )
    if judgement.verdict is not Verdict.PASS:
        reasons = [f"{gate.kind}.{gate.name}" for gate in judgement.gates if gate.verdict is not Verdict.PASS]
        raise MlopsError(
            f"the verdict is {judgement.verdict.value} ({', '.join(reasons)}): {candidate} goes no further", exit_code=1
        )
    return judgement
