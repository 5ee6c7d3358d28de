"""The section "Feature importance"."""

import numpy as np

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.report.analysis import feature_importance
from mlops.report.charts import row_chart
from mlops.report.charts.interval_chart import common_axis, interval_marks
from mlops.report.held_out import HeldOut
from mlops.report.number_format import with_bounds
from mlops.report.sections.section import Section

MAX_FEATURES = 15


def importance_section(evidence: EvidenceFolder, held_out: HeldOut | str, confidence: float) -> Section:
    """Return the chart of the permutation importance of the model's inputs."""
    section = Section("drivers", "Feature importance")
    if isinstance(held_out, str):
        section.missing.append(f"Feature importance: not shown. {held_out}")
        return section
    if held_out.predictor.signature.task != evidence.document.task:
        section.missing.append("Feature importance: not shown. models/candidate is a model for another task.")
        return section
    truth = np.asarray(evidence.truth, dtype=np.float64)
    try:
        computed = feature_importance.permutation_importance(
            held_out.predictor, held_out.rows, truth, confidence, evidence.document.seed
        )
    except feature_importance.TooSlow as error:
        section.missing.append(f"Feature importance: not shown. {error}.")
        return section
    importances = computed.importances
    shown = importances[:MAX_FEATURES]
    scale, ticks = common_axis([importance.interval for importance in shown], include=[0.0])
    rows = []
    for importance in shown:
        bar = row_chart.span(scale(0.0), scale(importance.interval.estimate), "candidate thick half")
        marks = bar + interval_marks(importance.interval, scale)
        rows.append(row_chart.Row(importance.feature, marks, with_bounds(importance.interval)))
    significant = sum(1 for i in importances if i.interval.lower is not None and i.interval.lower > 0)
    section.charts.append(
        row_chart.RowChart(
            "importance",
            "Permutation importance",
            f"{significant} of {len(importances)} features are important beyond chance; the most important is "
            f"{importances[0].feature}.",
            f"How much the {computed.loss} grows when one column is shuffled over {computed.rows:,} held-out rows, "
            f"{feature_importance.REPEATS} times; bounds over the rows. Features with the same information share their "
            "importance.",
            rows,
            ticks,
        )
    )
    if len(shown) < len(importances):
        section.missing.append(f"{len(importances) - len(shown)} features with less importance are not drawn.")
    return section
