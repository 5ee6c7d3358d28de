"""Turn evidence and verdict into a page for people: reports/report.html, and report.md for a pull request."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import paths
from mlops.errors import MlopsError
from mlops.evidence import reading
from mlops.gates import verdict
from mlops.project import Project
from mlops.report import page
from mlops.tracking import Tracking


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    print(f"report: {write()}")
    return 0


def write() -> Path:
    """Write both reports and add them, with the verdict, to the candidate's run; returns the HTML page.

    Raises:
        MlopsError: no verdict yet, or one about other evidence.
    """
    project = Project.load()
    evidence = reading.read(paths.EVIDENCE)
    judgement = verdict.read(paths.VERDICT)
    if judgement.evidence_digest != evidence.digest:
        raise MlopsError(
            f"{paths.VERDICT} is about other evidence than {paths.EVIDENCE}: run `python -m mlops gate` first"
        )
    files = page.write(evidence, judgement, project.settings.model_name, paths.REPORT.parent)
    if run_id := evidence.document.run_id:
        tracking = Tracking.open(project)
        tracking.log_metrics(
            run_id, {}, {"mlops.verdict": judgement.verdict.value, "mlops.gates_digest": judgement.gates_digest}
        )
        tracking.log_files(run_id, {file: "report" for file in (*files, paths.VERDICT)})
    return paths.REPORT
