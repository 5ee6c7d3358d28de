"""The section "Predictions on the held-out rows", and the confusion matrix."""

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.statistics import Interval, proportion
from mlops.report.charts import classification, regression
from mlops.report.charts.interval_chart import ComparedInterval, comparison_chart
from mlops.report.charts.model_scores import ModelScores
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.number_format import number
from mlops.report.sections.section import Section, label_names

MAX_LABELS = 40


def predictions_section(evidence: EvidenceFolder, models: list[ModelScores], confidence: float) -> Section:
    """Return the charts that compare predictions with the actual values."""
    truth = evidence.truth
    section = Section("predictions", "Predictions on the held-out rows")
    if evidence.document.task == "regression":
        section.figures.extend(
            [
                regression.predicted(truth, models),
                regression.residuals(truth, models, confidence),
                regression.calibration_curve(truth, models, confidence),
            ]
        )
    elif evidence.document.task == "multiclass":
        section.missing.append(
            "ROC and precision-recall curves are drawn for two labels only. The recall and precision of each label are "
            "shown instead."
        )
        section.figures.append(classification.calibration_curve(truth, models, False, confidence))
        section.charts.extend(
            label_chart(evidence, models, metric, label_names(evidence), confidence)
            for metric in ("recall", "precision")
        )
    else:
        section.figures.extend(
            [
                classification.roc(truth, models, confidence),
                classification.precision_recall(truth, models, confidence),
                classification.calibration_curve(truth, models, True, confidence),
            ]
        )
    return section


def label_chart(
    evidence: EvidenceFolder, models: list[ModelScores], metric: str, labels: list[str], confidence: float
) -> RowChart:
    """Return the chart of the recall or precision of each label, for a task with more than two labels."""
    tables = [classification.count_matrix(evidence.truth, model.prediction, len(labels)) for model in models]
    compared = []
    for position, label in enumerate(labels):
        intervals: list[Interval | None] = []
        for table in tables:
            among = table[position] if metric == "recall" else table[:, position]
            n = int(among.sum())
            intervals.append(proportion.clopper_pearson(int(table[position, position]), n, confidence) if n else None)
        compared.append(ComparedInterval(label, intervals[0], intervals[1] if len(intervals) > 1 else None))
    compared.sort(key=lambda row: (row.candidate is None, row.candidate.estimate if row.candidate else 0.0))
    shown = compared[:MAX_LABELS]
    lowest = compared[0]
    summary = "Not defined"
    if lowest.candidate:
        summary = f"The lowest is {number(lowest.candidate.estimate)}, of '{lowest.label}'"
    if len(shown) < len(compared):
        summary += f"; the {len(shown)} lowest of {len(compared)} labels are drawn"
    meaning = (
        "rows with the label that are found" if metric == "recall" else "predictions of the label that are correct"
    )
    return comparison_chart(
        f"label_{metric}", f"{metric.capitalize()} of each label", f"{summary}.", f"The share of the {meaning}.", shown
    )


def confusion_figure(evidence: EvidenceFolder, models: list[ModelScores]) -> Figure | None:
    """Return the confusion matrix; None for a regression."""
    labels = label_names(evidence)
    return classification.confusion_matrix(evidence.truth, models, labels) if labels else None
