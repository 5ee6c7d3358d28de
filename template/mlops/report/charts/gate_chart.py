"""The chart of all gates: each gate is a row with its estimate and bounds, on an axis relative to its threshold."""

import math
from collections.abc import Sequence

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.decision.verdict_rule import Verdict
from mlops.gates.kinds import KINDS
from mlops.gates.kinds.gate_kind import ReportEntry
from mlops.report.charts import row_chart
from mlops.report.number_format import number

TEXT_WIDTH = 21  # characters of a row in Markdown; odd, so that the threshold is in the middle


def report_entry(result: GateResult) -> ReportEntry:
    """Return what the report shows of the gate's kind."""
    return next((kind.report for kind in KINDS if kind.name == result.kind), ReportEntry())


def margin(result: GateResult, value: float) -> float:
    """Return how far ``value`` is on the good side of the threshold, as a share of the gate's range.

    The range is from the threshold to the best possible value: 1 for a score, 0 for an error, a time, a size or a
    disparity. A comparison with the champion has no best value; its range is the width of its interval.
    """
    threshold = result.threshold or 0.0
    known = [point for point in (result.estimate, result.lower, result.upper) if point is not None]
    if report_entry(result).relative:
        size = max([threshold, *(abs(point - result.estimate) for point in known if result.estimate is not None)])
    elif result.comparison == ">=" and threshold < 1 and max(known) <= 1:
        size = 1 - threshold
    else:
        size = abs(threshold)
    size = size or max((abs(point - threshold) for point in known), default=0.0) or 1.0
    distance = value - threshold
    return (distance if result.comparison == ">=" else -distance) / size


def axis_position(margin: float) -> float:
    """Return the position of a margin on the axis, 0 to 1, with the threshold at 0.5.

    The axis is linear from -1 to 1, three quarters of the width. Beyond that it is compressed, so that every margin has
    a position.
    """
    return 0.5 + (0.375 * margin if abs(margin) <= 1 else math.copysign(0.5 - 0.125 / abs(margin), margin))


def axis_positions(result: GateResult) -> tuple[float | None, float | None, float | None]:
    """Return the positions of one bound, the estimate and the other bound, from left to right."""
    low, middle, high = (
        None if value is None else axis_position(margin(result, value))
        for value in (result.lower, result.estimate, result.upper)
    )
    return (low, middle, high) if result.comparison == ">=" else (high, middle, low)


def has_number(result: GateResult) -> bool:
    """Return whether the gate compares a number with a threshold."""
    return result.estimate is not None and result.threshold is not None


def marks(result: GateResult) -> str:
    """Return the SVG marks of a row; the half of the interval that decides is thick."""
    if not has_number(result):
        return row_chart.note(0.53, report_entry(result).without_figure)
    low, middle, high = axis_positions(result)
    assert middle is not None
    color = result.verdict.value
    parts = []
    if high is not None:
        parts += [row_chart.span(middle, high, f"{color} thin half"), row_chart.end(high, f"{color} thin half")]
    if low is not None:
        parts += [row_chart.span(low, middle, f"{color} thick"), row_chart.end(low, f"{color} thin", reach=7)]
    return "".join([*parts, row_chart.mark(middle, color, radius=5)])


def value_text(result: GateResult) -> str:
    """Return the estimate as text."""
    if result.estimate is not None:
        return f"{number(result.estimate)}{report_entry(result).unit}"
    if (text := report_entry(result).without_estimate) is not None:
        return text
    return "given" if result.verdict is Verdict.PASS else "missing"


def threshold_text(result: GateResult) -> str:
    """Return the threshold as text."""
    if result.threshold is None:
        return "required"
    sign = {">=": "≥", "<=": "≤"}[result.comparison or ">="]
    return f"{sign} {result.threshold:g}{report_entry(result).unit}"


def deciding_bound(result: GateResult) -> float | None:
    """Return the bound that is compared with the threshold: the lower one if more is better, else the upper one."""
    return result.lower if result.comparison == ">=" else result.upper


def text_strip(result: GateResult) -> str:
    """Return the marks of a row as characters: ``┃`` the threshold, ``●`` the estimate, ``─`` the interval."""
    cells = ["·"] * TEXT_WIDTH
    middle = TEXT_WIDTH // 2
    cells[middle] = "┃"
    if has_number(result):
        low, estimate, high = (
            None if share is None else min(max(round(share * (TEXT_WIDTH - 1)), 0), TEXT_WIDTH - 1)
            for share in axis_positions(result)
        )
        assert estimate is not None
        first, last = estimate if low is None else low, estimate if high is None else high
        for cell in range(first, last + 1):
            cells[cell] = "╂" if cell == middle else "─"
        if low is not None:
            cells[low] = "┣" if low == middle else "├"
        if high is not None:
            cells[high] = "┫" if high == middle else "┤"
        cells[estimate] = "●"
    return "".join(cells)


def chart(results: Sequence[GateResult]) -> row_chart.RowChart:
    """Return the chart of all gates, in the order given."""
    counts = {verdict: sum(result.verdict is verdict for result in results) for verdict in Verdict}
    summary = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)
    return row_chart.RowChart(
        "gates",
        "Gates: estimate and bounds relative to the threshold",
        summary,
        "Right of the line, a value meets the threshold; left of it, it does not. The thick half of each interval ends "
        "at the one-sided bound that decides. The right tick is the best possible value; the left tick is as far on "
        "the other side. Beyond the ticks, the axis is compressed so that every gate fits. A comparison with the "
        "champion has no best value; its ticks are one width of the interval from the threshold.",
        [
            row_chart.Row(
                label=f"{result.kind}.{result.name}",
                marks=marks(result),
                value=f"{value_text(result)}, needs {threshold_text(result)}"
                if has_number(result)
                else value_text(result),
                detail=result.reason,
                result=result.verdict.value,
            )
            for result in results
        ],
        [(0.125, "not met"), (0.5, "threshold"), (0.875, "best")],
        '<rect class="clears" x="50%" width="50%" height="100%"/>' + row_chart.vertical(0.5, "threshold"),
    )
