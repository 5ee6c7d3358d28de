"""The door behind the gate: only a model with a verdict of PASS, about exactly it, goes on."""

from pathlib import Path

from mlops import digests, model, paths
from mlops.errors import MlopsError
from mlops.evidence import reading
from mlops.gates import config, verdict
from mlops.gates.rule import Verdict


def passed_verdict(root: Path) -> verdict.Judgement:
    """The verdict about the model in models/candidate.

    Raises:
        MlopsError: exit code 1 when it is no PASS; 2 when there is none, it is about another model, the gate file has
            changed since, or the evidence does not say what the verdict says.
    """
    judgement = verdict.read(root / paths.VERDICT)
    candidate = model.load(root / paths.CANDIDATE).digest
    if judgement.candidate != candidate:
        raise MlopsError(
            f"the verdict is about {judgement.candidate}, models/candidate is {candidate}: run `make pipeline`"
        )
    if judgement.evidence_digest != digests.of_folder(root / paths.EVIDENCE):
        raise MlopsError(f"the verdict is about other evidence than {paths.EVIDENCE}: run `python -m mlops gate` again")
    if judgement.gates_digest != digests.of_file(root / paths.GATES):
        raise MlopsError(f"{paths.GATES} has changed since the verdict: run `python -m mlops gate` again")
    # The file is a record and no proof: anyone can write PASS into it, so the judge is asked once more.
    if verdict.judge(reading.read(root / paths.EVIDENCE), config.read(root / paths.GATES)) != judgement:
        raise MlopsError(
            f"{paths.VERDICT} does not say what the judge says of {paths.EVIDENCE}: run `python -m mlops gate` again"
        )
    if judgement.verdict is not Verdict.PASS:
        reasons = [f"{gate.kind}.{gate.name}" for gate in judgement.gates if gate.verdict is not Verdict.PASS]
        raise MlopsError(
            f"the verdict is {judgement.verdict.value} ({', '.join(reasons)}): {candidate} goes no further", exit_code=1
        )
    return judgement
