"""Rows of intervals on one axis: groups, labels, features."""

from collections.abc import Callable, Sequence

from mlops.gates.statistics import Interval
from mlops.report.charts import row_chart
from mlops.report.charts.axes import Scale, nice_ticks, padded, tick_label
from mlops.report.number_format import with_bounds


def axis(
    intervals: Sequence[Interval | None], include: Sequence[float] = ()
) -> tuple[Callable[[float], float], list[tuple[float, str]]]:
    """A common axis for intervals: value to share of the width, and its ticks."""
    known = [v for i in intervals if i for v in (i.estimate, i.lower, i.upper) if v is not None] + list(include)
    low, high = padded(known or [0.0])
    scale = Scale(low, high, 0.0, 1.0)
    return scale, [(scale(tick), tick_label(tick)) for tick in nice_ticks(low, high, 4)]


def interval_marks(interval: Interval, place: Callable[[float], float], y: float = 0, who: str = "candidate") -> str:
    """An interval's marks on a common axis."""
    low, high = (None if bound is None else place(bound) for bound in (interval.lower, interval.upper))
    whisker, radius = ("whisker", 4.5) if who == "candidate" else ("champion-whisker", 3.5)
    return row_chart.interval(low, place(interval.estimate), high, whisker, f"{who}-mark", y, radius)


def paired_chart(
    name: str,
    title: str,
    finding: str,
    reading: str,
    lines: Sequence[tuple[str, Interval | None, Interval | None, str]],
) -> row_chart.RowChart:
    """Rows with the candidate's interval and, where there is one, the champion's below it."""
    place, ticks = axis([interval for _, mine, theirs, _ in lines for interval in (mine, theirs)])
    drawn_rows = []
    for label, mine, theirs, note in lines:
        marks = ""
        if mine is not None:
            marks += interval_marks(mine, place, -5 if theirs else 0)
        if theirs is not None:
            marks += interval_marks(theirs, place, 6, "champion")
        value = with_bounds(mine) if mine else "not defined"
        details = [f"champion {with_bounds(theirs)}" if theirs else "", note]
        drawn_rows.append(row_chart.Row(label, marks, value, ", ".join(filter(None, details))))
    if any(theirs for _, _, theirs, _ in lines):
        reading += " Below each dot the ring is the champion's."
    return row_chart.RowChart(name, title, finding, reading, drawn_rows, ticks)
