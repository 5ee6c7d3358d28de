"""The section "Against the champion"."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.report.analysis import feature_shifts, row_changes
from mlops.report.charts import row_chart
from mlops.report.charts.interval_chart import axis, interval_marks
from mlops.report.charts.model_scores import ModelScores
from mlops.report.charts.row_by_row import decision, row_by_row
from mlops.report.held_out import HeldOut
from mlops.report.number_format import number, signed
from mlops.report.sections.section import Section, label_names

MOST_SHIFTS = 8
MOST_ROWS = 20


def compare_rows(
    evidence: EvidenceFolder, models: list[ModelScores], row_ids: Sequence[str], confidence: float
) -> row_changes.Changes | None:
    """Candidate against champion, row by row; None where there is no champion."""
    if len(models) < 2:
        return None
    candidate, champion = models
    if evidence.document.task == "regression":
        return row_changes.of_values(
            row_ids, evidence.truth, candidate.prediction, champion.prediction, confidence, MOST_ROWS
        )
    return row_changes.of_labels(
        row_ids,
        evidence.truth,
        candidate.prediction,
        champion.prediction,
        (candidate.score, champion.score),
        label_names(evidence),
        confidence,
        MOST_ROWS,
    )


def champion_section(
    models: list[ModelScores],
    truth: NDArray[Any],
    changed: row_changes.Changes | None,
    held_out: HeldOut | str,
    confidence: float,
) -> Section:
    """Where the candidate and the champion differ."""
    anchor, title = "champion", "Against the champion"
    if changed is None:
        return Section(
            anchor, title, missing=["There is no champion yet: this is the first model, nothing can have become worse."]
        )
    section = Section(anchor, title, changed.sentence + ".")
    candidate, champion = models
    two_labels = int(max(model.prediction.max() for model in models)) <= 1
    if np.issubdtype(truth.dtype, np.floating):
        off = [np.abs(model.prediction - truth) for model in models]
        section.figures.append(row_by_row(off[0], off[1], changed.worse, changed.better, "absolute error"))
    else:
        section.figures.append(
            row_by_row(
                candidate.score,
                champion.score,
                changed.worse,
                changed.better,
                "score",
                (decision(candidate), decision(champion)) if two_labels else (None, None),
            )
        )
    if not changed.total:
        return section
    if isinstance(held_out, str):
        section.missing.append(f"What the rows that became worse have in common: {held_out}")
        return section
    inputs = [column.name for column in held_out.predictor.signature.inputs]
    found = feature_shifts.shifts(held_out.rows[inputs], changed.worse, confidence, MOST_SHIFTS)
    if found:
        section.charts.append(shift_chart(found, changed.total))
    else:
        section.missing.append(
            f"What the rows that became worse have in common: {changed.total} of {len(truth)} rows leave nothing to "
            "compare."
        )
    return section


def shift_chart(found: list[feature_shifts.Shift], total: int) -> row_chart.RowChart:
    """Features of the rows that became worse, against the others."""
    place, ticks = axis([shift.interval for shift in found], include=[0.0])
    lines = []
    for shift in found:
        marks = row_chart.span(place(0.0), place(shift.interval.estimate), "whisker half") + interval_marks(
            shift.interval, place
        )
        what = f"{number(shift.inside)}, the others {number(shift.outside)}"
        lines.append(row_chart.Row(shift.feature, marks, f"{signed(shift.interval.estimate)} sd", what))
    first = found[0]
    side = "higher" if first.interval.estimate > 0 else "lower"
    return row_chart.RowChart(
        "shifts",
        "What the rows that became worse have in common",
        f"{total:,} rows; the strongest shift is {first.feature}, {side} by "
        f"{number(abs(first.interval.estimate))} standard deviations.",
        "Mean of each feature in the rows that became worse, less the mean in all other rows, in standard deviations "
        "(sd) over all; for a category, the share of rows that have it. An interval across 0 may be chance, and of "
        "many features some stand out by chance alone.",
        lines,
        ticks,
    )
