"""Write evidence and verdict as a page: reports/report.html, and report.md for a pull request."""

import importlib
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from mlops import model, paths, table_io
from mlops.errors import MlopsError
from mlops.gates import verdict
from mlops.gates.core import digests
from mlops.gates.evidence import evidence_reader, evidence_tables
from mlops.gates.evidence.table_spec import predictions_spec
from mlops.gates.gate_file import reader
from mlops.project import Project
from mlops.report import content, report_files
from mlops.report.held_out import HeldOut
from mlops.tracking import Tracking, load_mlflow


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    print(f"report: {write()}")
    return 0


def prepare() -> None:
    """Import the modules of ``write`` in advance, which ``pipeline`` does while its stages run."""
    load_mlflow()
    if Project.load().tracking_uri.startswith("sqlite:"):
        importlib.import_module("mlflow.store.tracking.sqlalchemy_store")
    importlib.import_module("sklearn.pipeline")  # most of the imports of loading a model


def write() -> Path:
    """Write both reports and add them, with the verdict, to the candidate's run; return the path of the HTML page.

    Raises:
        MlopsError: no verdict yet, or one about other evidence.
    """
    evidence, verdict_document = judged()
    log(evidence.document.run_id, verdict_document, draw(evidence, verdict_document))
    return paths.REPORT


def judged() -> tuple[evidence_reader.EvidenceFolder, verdict.VerdictDocument]:
    """Return the evidence and the verdict about it.

    Raises:
        MlopsError: no verdict yet, or one about other evidence.
    """
    Project.load()  # outside a repository it raises an error with the right folder
    evidence = evidence_reader.read_evidence(paths.EVIDENCE)
    verdict_document = verdict.read_verdict(paths.VERDICT)
    if verdict_document.evidence_digest != evidence.digest:
        raise MlopsError(
            f"{paths.VERDICT} is about other evidence than {paths.EVIDENCE}: run `python -m mlops gate` first"
        )
    return evidence, verdict_document


def draw(evidence: evidence_reader.EvidenceFolder, verdict_document: verdict.VerdictDocument) -> list[Path]:
    """Write both reports and the figures; return the paths."""
    row_ids = read_row_ids(evidence)
    title = Project.load().settings.model_name
    found = content.gather(
        evidence, verdict_document, title, row_ids, held_out(evidence, row_ids), gate_file(verdict_document)
    )
    return report_files.write_report(found, paths.REPORT.parent)


def log(run_id: str | None, verdict_document: verdict.VerdictDocument, files: Sequence[Path]) -> None:
    """Add verdict and report to the run that trained the candidate, if there is one."""
    if run_id is None:
        return
    tracking = Tracking.open(Project.load())
    tags = {"mlops.verdict": verdict_document.verdict.value, "mlops.gates_digest": verdict_document.gates_digest}
    tracking.log_metrics(run_id, {}, tags)
    pictures = [file for file in files if file.suffix == ".svg"]  # at the paths that the Markdown uses
    tracking.log_files(
        run_id, dict.fromkeys([*files, paths.VERDICT], "report") | dict.fromkeys(pictures, "report/figures")
    )


def read_row_ids(evidence: evidence_reader.EvidenceFolder) -> list[str]:
    """Return the row ids of the evidence, in its order."""
    table = evidence_tables.open_table(paths.EVIDENCE, predictions_spec(evidence.document))
    return [str(value) for value in table.column("row_id").values()]


def gate_file(verdict_document: verdict.VerdictDocument) -> reader.GateFile | None:
    """Return the gate file of the verdict, or None if it has changed since or does not exist."""
    if not paths.GATES.is_file() or digests.of_file(paths.GATES) != verdict_document.gates_digest:
        return None
    return reader.read_gate_file(paths.GATES)


def held_out(evidence: evidence_reader.EvidenceFolder, row_ids: Sequence[str]) -> HeldOut | str:
    """Return the model and the rows of the evidence, or the reason why they are not available."""
    document = evidence.document
    for path in (paths.CANDIDATE, paths.HELD_OUT):
        if not path.exists():
            return f"{path} does not exist."
    if model.digest(paths.CANDIDATE) != document.candidate.digest:
        return f"{paths.CANDIDATE} is another model than the one in the evidence."
    if digests.of_file(paths.HELD_OUT) != document.data.evaluation.digest:
        return f"{paths.HELD_OUT} contains other rows than the evidence."
    rows = table_io.read(paths.HELD_OUT)
    if "row_id" not in rows.columns:
        return f"{paths.HELD_OUT} has no column row_id."
    rows.index = rows["row_id"].astype(str)
    if set(rows.index) != set(row_ids):
        return f"{paths.HELD_OUT} has other row ids than the evidence."
    return HeldOut(model.load(paths.CANDIDATE), rows.loc[list(row_ids)].reset_index(drop=True))
