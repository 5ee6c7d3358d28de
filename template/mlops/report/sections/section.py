"""A section of the report, and what its modules share."""

from dataclasses import dataclass, field

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.report.charts.model_scores import ModelScores
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report. What it cannot show stands in ``missing``, with the reason."""

    anchor: str
    title: str
    lead: str = ""
    figures: list[Figure] = field(default_factory=list)
    charts: list[RowChart] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def models_of(evidence: EvidenceFolder) -> list[ModelScores]:
    """The candidate's answers, and the champion's if there is one."""
    both_models = [("candidate", evidence.candidate), ("champion", evidence.champion)]
    return [ModelScores(label, scored.score, scored.prediction) for label, scored in both_models if scored is not None]


def label_names(evidence: EvidenceFolder) -> list[str]:
    """The labels by their codes in the evidence; a regression has none."""
    document = evidence.document
    labels = list(document.labels or [])
    if document.task == "classification":
        labels.sort(key=lambda label: label == document.positive_label)
    return [str(label) for label in labels]
