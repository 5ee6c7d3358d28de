"""Add the judged candidate to the model registry, once per model digest."""

from argparse import ArgumentParser, Namespace

from mlops import paths
from mlops.errors import MlopsError
from mlops.gates.evidence import evidence_reader
from mlops.project import Project
from mlops.tracking import Tracking
from mlops.verdict_guard import require_pass


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    verdict_document = require_pass(project.root)
    run_id = evidence_reader.read_evidence(paths.EVIDENCE).document.run_id
    if run_id is None:
        raise MlopsError(f"{paths.EVIDENCE} names no run that the model was logged in: collect it with `dvc repro`")
    tags = {"verdict": verdict_document.verdict.value, "commit": verdict_document.commit or "none"}
    version, new = Tracking.open(project).register(run_id, verdict_document.candidate, tags)
    print(
        f"{project.settings.model_name} version {version} {'registered' if new else 'was registered before'}: "
        f"{verdict_document.candidate}"
    )
    return 0
