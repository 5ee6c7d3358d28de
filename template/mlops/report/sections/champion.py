"""The section "Comparison with the champion"."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.report.analysis import feature_shifts, row_changes
from mlops.report.charts import row_chart
from mlops.report.charts.interval_chart import common_axis, interval_marks
from mlops.report.charts.model_scores import ModelScores
from mlops.report.charts.row_by_row import decision_threshold, row_by_row
from mlops.report.held_out import HeldOut
from mlops.report.number_format import number, signed
from mlops.report.sections.section import Section, label_names

MAX_SHIFTS = 8
MAX_ROWS = 20
SHIFTS_TITLE = "Features of the rows that became worse"


def compare_rows(
    evidence: EvidenceFolder, models: list[ModelScores], row_ids: Sequence[str], confidence: float
) -> row_changes.RowChanges | None:
    """Return how the rows changed from champion to candidate; None if there is no champion."""
    if len(models) < 2:
        return None
    candidate, champion = models
    if evidence.document.task == "regression":
        return row_changes.of_values(
            row_ids, evidence.truth, candidate.prediction, champion.prediction, confidence, MAX_ROWS
        )
    return row_changes.of_labels(
        row_ids,
        evidence.truth,
        candidate.prediction,
        champion.prediction,
        (candidate.score, champion.score),
        label_names(evidence),
        confidence,
        MAX_ROWS,
    )


def champion_section(
    models: list[ModelScores],
    truth: NDArray[Any],
    changes: row_changes.RowChanges | None,
    held_out: HeldOut | str,
    confidence: float,
) -> Section:
    """Return the charts of the rows that changed, and of the features of the rows that became worse."""
    section = Section("champion", "Comparison with the champion", changes.summary + "." if changes else "")
    if changes is None:
        section.missing.append("There is no champion yet: this is the first model, with nothing to compare with.")
        return section
    candidate, champion = models
    two_labels = int(max(model.prediction.max() for model in models)) <= 1
    if np.issubdtype(truth.dtype, np.floating):
        errors = [np.abs(model.prediction - truth) for model in models]
        section.figures.append(row_by_row(errors[0], errors[1], changes.worse, changes.better, "absolute error"))
    else:
        section.figures.append(
            row_by_row(
                candidate.score,
                champion.score,
                changes.worse,
                changes.better,
                "score",
                (decision_threshold(candidate), decision_threshold(champion)) if two_labels else (None, None),
            )
        )
    if not changes.total:
        return section
    if isinstance(held_out, str):
        section.missing.append(f"{SHIFTS_TITLE}: not shown. {held_out}")
        return section
    inputs = [column.name for column in held_out.predictor.signature.inputs]
    shifts = feature_shifts.largest_shifts(held_out.rows[inputs], changes.worse, confidence, MAX_SHIFTS)
    if shifts:
        section.charts.append(shift_chart(shifts, changes.total))
    else:
        section.missing.append(
            f"{SHIFTS_TITLE}: not shown. {changes.total} of {len(truth)} rows became worse, which is not enough for a "
            "comparison."
        )
    return section


def shift_chart(shifts: list[feature_shifts.Shift], total: int) -> row_chart.RowChart:
    """Return the chart of the features in which the rows that became worse differ from the others."""
    scale, ticks = common_axis([shift.interval for shift in shifts], include=[0.0])
    rows = []
    for shift in shifts:
        bar = row_chart.span(scale(0.0), scale(shift.interval.estimate), "whisker half")
        detail = f"{number(shift.inside)}, other rows {number(shift.outside)}"
        marks = bar + interval_marks(shift.interval, scale)
        rows.append(row_chart.Row(shift.feature, marks, f"{signed(shift.interval.estimate)} sd", detail))
    first = shifts[0]
    direction = "higher" if first.interval.estimate > 0 else "lower"
    return row_chart.RowChart(
        "shifts",
        SHIFTS_TITLE,
        f"{total:,} rows; the largest difference is in {first.feature}, {direction} by "
        f"{number(abs(first.interval.estimate))} standard deviations.",
        "The mean of each feature in the rows that became worse, minus the mean in all other rows, in standard "
        "deviations (sd) over all rows; for a category, the share of rows that have it. A difference whose interval "
        "includes 0 may be chance, and among many features some differ by chance.",
        rows,
        ticks,
    )
