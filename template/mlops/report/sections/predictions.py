"""The section "Answers on the held-out rows", and the confusion matrix."""

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.statistics import Interval, proportion
from mlops.report.charts import classification, regression
from mlops.report.charts.interval_chart import paired_chart
from mlops.report.charts.model_scores import ModelScores
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.number_format import number
from mlops.report.sections.section import Section, label_names

MOST_GROUPS = 40


def predictions_section(evidence: EvidenceFolder, models: list[ModelScores], confidence: float) -> Section:
    """How the answers agree with the truth."""
    truth = evidence.truth
    section = Section("predictions", "Answers on the held-out rows")
    if evidence.document.task == "regression":
        section.figures.extend(
            [
                regression.predicted(truth, models),
                regression.residuals(truth, models, confidence),
                regression.regression_calibration(truth, models, confidence),
            ]
        )
        return section
    if evidence.document.task == "multiclass":
        section.missing.append(
            "ROC, precision and recall curves are drawn for two labels; recall and precision of each label stand in "
            "their place."
        )
        section.figures.append(classification.share_calibration(truth, models, False, confidence))
        section.charts.extend(
            label_chart(evidence, models, which, label_names(evidence), confidence) for which in ("recall", "precision")
        )
        return section
    section.figures.extend(
        [
            classification.roc(truth, models, confidence),
            classification.precision_recall(truth, models, confidence),
            classification.share_calibration(truth, models, True, confidence),
        ]
    )
    return section


def label_chart(
    evidence: EvidenceFolder, models: list[ModelScores], which: str, labels: list[str], confidence: float
) -> RowChart:
    """Recall or precision of each label of many."""
    tables = [classification.count_matrix(evidence.truth, model.prediction, len(labels)) for model in models]
    found: list[tuple[str, list[Interval | None]]] = []
    for position, label in enumerate(labels):
        each = []
        for table in tables:
            among = table[position] if which == "recall" else table[:, position]
            n = int(among.sum())
            each.append(proportion.clopper_pearson(int(table[position, position]), n, confidence) if n else None)
        found.append((label, each))
    found.sort(key=lambda pair: (pair[1][0] is None, pair[1][0].estimate if pair[1][0] else 0.0))
    shown = found[:MOST_GROUPS]
    lowest = next(((label, each[0]) for label, each in found if each[0]), None)
    said = f"The lowest is {number(lowest[1].estimate)}, of '{lowest[0]}'" if lowest and lowest[1] else "Not defined"
    if len(shown) < len(found):
        said += f"; the {len(shown)} lowest of {len(found)} labels are drawn"
    meaning = "rows of the label that are found" if which == "recall" else "answers with the label that are right"
    return paired_chart(
        f"label_{which}",
        f"{which.capitalize()} of each label",
        f"{said}.",
        f"The share of the {meaning}.",
        [(label, each[0], each[1] if len(each) > 1 else None, "") for label, each in shown],
    )


def confusion_figure(evidence: EvidenceFolder, models: list[ModelScores]) -> Figure | None:
    """The confusion matrix; a regression has none."""
    labels = label_names(evidence)
    return classification.confusion_matrix(evidence.truth, models, labels) if labels else None
