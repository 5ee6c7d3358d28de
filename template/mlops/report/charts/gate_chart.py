"""The forest picture: every gate a row, its estimate and bounds against its threshold, all on one axis."""

import math
from collections.abc import Sequence

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.decision.verdict_rule import Verdict
from mlops.gates.kinds import KINDS
from mlops.gates.kinds.gate_kind import ReportEntry
from mlops.report.charts import row_chart
from mlops.report.number_format import number

STRIP = 21  # characters of a row's picture in Markdown; odd, the threshold stands in the middle


def shown_of(finding: GateResult) -> ReportEntry:
    """Return what the report shows of the kind of a gate."""
    return next((kind.report for kind in KINDS if kind.name == finding.kind), ReportEntry())


def margin(finding: GateResult, value: float) -> float:
    """How far ``value`` clears the threshold (above 0) or misses it, in shares of the room that a gate has.

    The room reaches from the threshold to the best value there can be: 1 for a score, 0 for an error, a time, a size
    or a disparity. A comparison with the champion has no best value: there one is the width of its interval.
    """
    threshold = finding.threshold or 0.0
    known = [point for point in (finding.estimate, finding.lower, finding.upper) if point is not None]
    if shown_of(finding).relative:
        room = max([threshold, *(abs(point - finding.estimate) for point in known if finding.estimate is not None)])
    elif finding.comparison == ">=" and threshold < 1 and max(known) <= 1:
        room = 1 - threshold
    else:
        room = abs(threshold)
    room = room or max((abs(point - threshold) for point in known), default=0.0) or 1.0
    distance = value - threshold
    return (distance if finding.comparison == ">=" else -distance) / room


def place(margin: float) -> float:
    """The margin's place on the axis, 0 to 1, the threshold at 0.5.

    Straight from -1 to 1, which take three quarters; beyond, ever more compressed, so that every value has a place.
    """
    return 0.5 + (0.375 * margin if abs(margin) <= 1 else math.copysign(0.5 - 0.125 / abs(margin), margin))


def places(finding: GateResult) -> tuple[float | None, float | None, float | None]:
    """Places of lower bound, estimate and upper bound, from left to right on the axis."""
    low, middle, high = (
        None if value is None else place(margin(finding, value))
        for value in (finding.lower, finding.estimate, finding.upper)
    )
    return (low, middle, high) if finding.comparison == ">=" else (high, middle, low)


def judged(finding: GateResult) -> bool:
    """True for a gate with a number to draw."""
    return finding.estimate is not None and finding.threshold is not None


def marks(finding: GateResult) -> str:
    """A row's marks: the side of the interval that decides is thick."""
    if not judged(finding):
        return row_chart.note(0.53, shown_of(finding).without_figure)
    low, middle, high = places(finding)
    assert middle is not None
    tone = finding.verdict.value
    parts = []
    if high is not None:
        parts += [row_chart.span(middle, high, f"{tone} thin half"), row_chart.end(high, f"{tone} thin half")]
    if low is not None:
        parts += [row_chart.span(low, middle, f"{tone} thick"), row_chart.end(low, f"{tone} thin", reach=7)]
    return "".join([*parts, row_chart.mark(middle, tone, radius=5)])


def value(finding: GateResult) -> str:
    """The estimate in words."""
    if finding.estimate is not None:
        return f"{number(finding.estimate)}{shown_of(finding).unit}"
    if (words := shown_of(finding).without_estimate) is not None:
        return words
    return "given" if finding.verdict is Verdict.PASS else "missing"


def needed(finding: GateResult) -> str:
    """The threshold in words."""
    if finding.threshold is None:
        return "required"
    sign = {">=": "≥", "<=": "≤"}[finding.comparison or ">="]
    return f"{sign} {finding.threshold:g}{shown_of(finding).unit}"


def bound(finding: GateResult) -> float | None:
    """The bound that decides: the lower one where more is better, else the upper one."""
    return finding.lower if finding.comparison == ">=" else finding.upper


def strip(finding: GateResult) -> str:
    """A row's marks in characters, for Markdown: ``┃`` the threshold, ``●`` the estimate, ``─`` the interval."""
    cells = ["·"] * STRIP
    middle = STRIP // 2
    cells[middle] = "┃"
    if judged(finding):
        low, estimate, high = (
            None if share is None else min(max(round(share * (STRIP - 1)), 0), STRIP - 1) for share in places(finding)
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


def chart(findings: Sequence[GateResult]) -> row_chart.RowChart:
    """The picture of all gates, in the order given."""
    counts = {verdict: sum(f.verdict is verdict for f in findings) for verdict in Verdict}
    said = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)
    return row_chart.RowChart(
        "gates",
        "Gates: estimate and bounds against the threshold",
        said,
        "Right of the line clears the threshold, left of it misses. The thick half of each interval ends at the "
        "one-sided bound that decides. The right tick is the best value there can be, the left one as far on the "
        "wrong side; beyond them the axis is compressed so that every gate fits. For a comparison with the champion, "
        "which has no best value, the tick is one width of the interval.",
        [
            row_chart.Row(
                label=f"{finding.kind}.{finding.name}",
                marks=marks(finding),
                value=f"{value(finding)}, needed {needed(finding)}" if judged(finding) else value(finding),
                detail=finding.reason,
                tone=finding.verdict.value,
            )
            for finding in findings
        ],
        [(0.125, "misses"), (0.5, "threshold"), (0.875, "best")],
        '<rect class="clears" x="50%" width="50%" height="100%"/>' + row_chart.vertical(0.5, "threshold"),
    )
