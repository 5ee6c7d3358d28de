"""Charts of rows on one common axis: gates, groups, features.

In HTML, such a chart is a table; as a file, it is one drawing. Both contain the same marks, whose positions are shares
of the width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.report.charts.svg import box, document, num, text_element
from mlops.report.escaping import html

ROW_HEIGHT = 30  # in a file


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a label, marks, and their values as text."""

    label: str
    marks: str  # SVG whose x positions are percentages
    value: str
    detail: str = ""
    result: str = ""  # PASS, HOLD or FAIL if the row is a gate


@dataclass(frozen=True, slots=True)
class RowChart:
    """Rows on one axis; ``ticks`` are pairs of a share of the width and a text."""

    name: str
    title: str
    summary: str  # the most important numbers
    explanation: str  # how to read the chart
    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    background: str = ""  # SVG behind the marks of every row, above the grid

    def strip(self, row: Row) -> str:
        """Return the marks of a row as an SVG element that fills its container."""
        return f'<svg class="strip" aria-hidden="true">{self._marks(row)}</svg>'

    def _marks(self, row: Row) -> str:
        """Return background, grid and marks; the marks are vertically centered at any height."""
        lines = "".join(vertical(share, "grid") for share, _ in self.ticks)
        return f'{lines}{self.background}<svg y="50%" overflow="visible">{row.marks}</svg>'

    def axis(self) -> str:
        """Return the tick labels under the rows."""
        return f'<svg class="axis" width="100%" height="18" aria-hidden="true">{self._ticks()}</svg>'

    def _ticks(self) -> str:
        return "".join(
            f'<text class="tick" x="{num(100 * share)}%" y="13" text-anchor="middle">{html(text)}</text>'
            for share, text in self.ticks
        )

    def file(self) -> str:
        """Return the chart as an SVG file, with label, marks and value of each row."""
        label_width, strip_width, value_width, step = 250, 420, 250, ROW_HEIGHT
        width = label_width + strip_width + value_width
        parts = []
        for number, row in enumerate(self.rows):
            y = number * step
            if number % 2 == 0:
                parts.append(box(0, y, width, step, "band"))
            if row.result:
                parts.append(text_element(12, y + 20, row.result, f"strong {row.result}"))
            parts.append(text_element(62 if row.result else 12, y + 20, cut(row.label, 26 if row.result else 34)))
            parts.append(
                f'<svg x="{label_width}" y="{y}" width="{strip_width}" height="{step}" overflow="visible">'
                f"{self._marks(row)}</svg>"
            )
            parts.append(text_element(label_width + strip_width + 16, y + 20, cut(row.value, 38), "small"))
        bottom = len(self.rows) * step
        parts.append(
            f'<svg x="{label_width}" y="{bottom}" width="{strip_width}" height="20" overflow="visible">'
            f"{self._ticks()}</svg>"
        )
        return document(width, bottom + 26, self.title, self.summary, "".join(parts))


def cut(text: str, characters: int) -> str:
    """Return the text with at most so many characters, for a place without line breaks."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _x(share: float) -> str:
    return f"{num(100 * min(max(share, 0.0), 1.0))}%"


def vertical(share: float, classes: str) -> str:
    """Return a vertical line over the full height."""
    return f'<line class="{classes}" x1="{_x(share)}" x2="{_x(share)}" y1="0" y2="100%"/>'


def note(share: float, text: str) -> str:
    """Return a text in place of marks."""
    return f'<text class="tick" x="{_x(share)}" y="4">{html(text)}</text>'


def span(low: float, high: float, classes: str, y: float = 0) -> str:
    """Return a horizontal line between two shares of the width."""
    return f'<line class="{classes}" x1="{_x(low)}" x2="{_x(high)}" y1="{num(y)}" y2="{num(y)}"/>'


def end(share: float, classes: str, y: float = 0, reach: float = 5) -> str:
    """Return the vertical end mark of an interval."""
    return f'<line class="{classes}" x1="{_x(share)}" x2="{_x(share)}" y1="{num(y - reach)}" y2="{num(y + reach)}"/>'


def mark(share: float, classes: str, y: float = 0, radius: float = 4.5) -> str:
    """Return the dot of an estimate."""
    return f'<circle class="{classes}" cx="{_x(share)}" cy="{num(y)}" r="{num(radius)}"/>'


def interval(
    low: float | None, middle: float, high: float | None, whisker: str, point: str, y: float = 0, radius: float = 4.5
) -> str:
    """Return the marks of an estimate and its known bounds, all as shares of the width."""
    parts = [span(middle if low is None else low, middle if high is None else high, whisker, y)]
    parts += [end(bound, whisker, y) for bound in (low, high) if bound is not None]
    return "".join(parts) + mark(middle, point, y, radius)
