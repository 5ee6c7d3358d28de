"""The section "What drives the answers"."""

import numpy as np

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.report.analysis import feature_importance
from mlops.report.charts import row_chart
from mlops.report.charts.interval_chart import axis, interval_marks
from mlops.report.held_out import HeldOut
from mlops.report.number_format import with_bounds
from mlops.report.sections.section import Section

MOST_FEATURES = 15


def drivers_section(evidence: EvidenceFolder, held_out: HeldOut | str, confidence: float) -> Section:
    """Which inputs the answers hang on."""
    section = Section("drivers", "What drives the answers")
    if isinstance(held_out, str):
        section.missing.append(f"Importance of the features: {held_out}")
        return section
    if held_out.predictor.signature.task != evidence.document.task:
        section.missing.append("Importance of the features: models/candidate is a model for another task.")
        return section
    truth = np.asarray(evidence.truth, dtype=np.float64)
    try:
        found = feature_importance.permutation_importance(
            held_out.predictor, held_out.rows, truth, confidence, evidence.document.seed
        )
    except feature_importance.TooSlow as error:
        section.missing.append(f"Importance of the features: {error}.")
        return section
    shown = found.importances[:MOST_FEATURES]
    place, ticks = axis([importance.interval for importance in shown], include=[0.0])
    lines = [
        row_chart.Row(
            importance.feature,
            row_chart.span(place(0.0), place(importance.interval.estimate), "candidate thick half")
            + interval_marks(importance.interval, place),
            with_bounds(importance.interval),
        )
        for importance in shown
    ]
    matter = sum(1 for i in found.importances if i.interval.lower is not None and i.interval.lower > 0)
    section.charts.append(
        row_chart.RowChart(
            "importance",
            "Permutation importance",
            f"{matter} of {len(found.importances)} features matter beyond chance; the most important is "
            f"{found.importances[0].feature}.",
            f"How much the {found.loss} grows when one column is shuffled over {found.rows:,} held-out rows, "
            f"{feature_importance.REPEATS} times; bounds over the rows. "
            "Features that say the same share what they matter.",
            lines,
            ticks,
        )
    )
    if len(shown) < len(found.importances):
        section.missing.append(f"{len(found.importances) - len(shown)} features of less importance are not drawn.")
    return section
