"""Charts of intervals, one per row, on a common axis: groups, labels, features."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlops.gates.statistics import Interval
from mlops.report.charts import row_chart
from mlops.report.charts.axes import Scale, nice_ticks, padded, tick_label
from mlops.report.number_format import with_bounds


@dataclass(frozen=True, slots=True)
class ComparedInterval:
    """One row: the candidate's interval, the champion's if there is a champion, and a note."""

    label: str
    candidate: Interval | None  # None if the value is not defined
    champion: Interval | None
    note: str = ""


def common_axis(
    intervals: Sequence[Interval | None], include: Sequence[float] = ()
) -> tuple[Callable[[float], float], list[tuple[float, str]]]:
    """Return the scale of an axis for all intervals, from a value to a share of the width, and its ticks."""
    known = [v for i in intervals if i for v in (i.estimate, i.lower, i.upper) if v is not None] + list(include)
    low, high = padded(known or [0.0])
    scale = Scale(low, high, 0.0, 1.0)
    return scale, [(scale(tick), tick_label(tick)) for tick in nice_ticks(low, high, 4)]


def interval_marks(interval: Interval, scale: Callable[[float], float], y: float = 0, model: str = "candidate") -> str:
    """Return the SVG marks of an interval on a common axis."""
    low, high = (None if bound is None else scale(bound) for bound in (interval.lower, interval.upper))
    whisker, radius = ("whisker", 4.5) if model == "candidate" else ("champion-whisker", 3.5)
    return row_chart.interval(low, scale(interval.estimate), high, whisker, f"{model}-mark", y, radius)


def comparison_chart(
    name: str, title: str, summary: str, explanation: str, compared: Sequence[ComparedInterval]
) -> row_chart.RowChart:
    """Return a chart of the candidate's intervals, each with the champion's below it if there is a champion."""
    scale, ticks = common_axis([interval for row in compared for interval in (row.candidate, row.champion)])
    rows = []
    for row in compared:
        marks = ""
        if row.candidate is not None:
            marks += interval_marks(row.candidate, scale, -5 if row.champion else 0)
        if row.champion is not None:
            marks += interval_marks(row.champion, scale, 6, "champion")
        value = with_bounds(row.candidate) if row.candidate else "not defined"
        details = [f"champion {with_bounds(row.champion)}" if row.champion else "", row.note]
        rows.append(row_chart.Row(row.label, marks, value, ", ".join(filter(None, details))))
    if any(row.champion for row in compared):
        explanation += " The ring below each dot is the champion's value."
    return row_chart.RowChart(name, title, summary, explanation, rows, ticks)
