"""Refuse to register or release a model unless the verdict about exactly this model is PASS."""

from pathlib import Path

from mlops import paths
from mlops.errors import MlopsError
from mlops.gates import verdict
from mlops.gates.core import digests
from mlops.gates.decision.verdict_rule import Verdict
from mlops.gates.evidence import evidence_reader
from mlops.gates.gate_file import reader


def require_pass(root: Path) -> verdict.VerdictDocument:
    """Return the verdict about the model in models/candidate if it is PASS.

    The verdict is computed again from the evidence and the gate file, because ``reports/verdict.json`` may have been
    edited.

    Raises:
        MlopsError: With exit code 1 if the verdict is not PASS. With exit code 2 if there is no verdict, if it is about
            another model, if the evidence or the gate file has changed since, or if the file differs from the verdict
            that was computed again.
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
    current = verdict.judge(
        evidence_reader.read_evidence(root / paths.EVIDENCE), reader.read_gate_file(root / paths.GATES)
    )
    if written != current:
        raise MlopsError(
            f"{paths.VERDICT} ({written.verdict.value}) is not the verdict that {paths.EVIDENCE} and {paths.GATES} "
            f"give ({current.verdict.value}): the file was edited, or another version wrote it; "
            "run `python -m mlops gate` again"
        )
    if current.verdict is not Verdict.PASS:
        reasons = [f"{gate.kind}.{gate.name}" for gate in current.gates if gate.verdict is not Verdict.PASS]
        raise MlopsError(
            f"the verdict is {current.verdict.value} ({', '.join(reasons)}): {candidate} is rejected", exit_code=1
        )
    return current
