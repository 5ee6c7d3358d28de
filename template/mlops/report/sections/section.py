"""A section of the report, and helpers that several sections use."""

from dataclasses import dataclass, field

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.report.charts.model_scores import ModelScores
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report. If it cannot show something, ``missing`` contains the reason."""

    anchor: str
    title: str
    introduction: str = ""
    figures: list[Figure] = field(default_factory=list)
    charts: list[RowChart] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def models_of(evidence: EvidenceFolder) -> list[ModelScores]:
    """Return the scores of the candidate, and of the champion if there is a champion."""
    models = [("candidate", evidence.candidate), ("champion", evidence.champion)]
    return [ModelScores(label, scored.score, scored.prediction) for label, scored in models if scored is not None]


def label_names(evidence: EvidenceFolder) -> list[str]:
    """Return the labels in the order of their codes in the evidence; empty for a regression."""
    document = evidence.document
    labels = list(document.labels or [])
    if document.task == "classification":
        labels.sort(key=lambda label: label == document.positive_label)
    return [str(label) for label in labels]
