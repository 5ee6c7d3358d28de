"""Charts of rows on one common axis: gates, groups, features. In HTML a table that wraps, in a file one drawing.

The marks of a row are drawn once, in shares of its width, and stand in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.report.charts.svg import at, box, document, words
from mlops.report.escaping import html

HEIGHT = 30  # of a row in a file


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is, its marks, and the numbers behind them."""

    label: str
    marks: str  # SVG whose x positions are percentages
    value: str
    detail: str = ""
    tone: str = ""  # PASS, HOLD or FAIL where the row is judged


@dataclass(frozen=True, slots=True)
class RowChart:
    """Rows on one axis; ``ticks`` are (share of the width, words)."""

    name: str
    title: str
    finding: str
    reading: str
    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    ground: str = ""  # SVG behind the marks of every row, above the grid

    def strip(self, row: Row) -> str:
        """The marks of a row as an SVG element that takes the room it is given."""
        return f'<svg class="strip" aria-hidden="true">{self._marks(row)}</svg>'

    def _marks(self, row: Row) -> str:
        """Ground, grid and marks; the marks stand around the middle of whatever height there is."""
        lines = "".join(vertical(share, "grid") for share, _ in self.ticks)
        return f'{lines}{self.ground}<svg y="50%" overflow="visible">{row.marks}</svg>'

    def axis(self) -> str:
        """The words under the rows."""
        return f'<svg class="axis" width="100%" height="18" aria-hidden="true">{self._ticks()}</svg>'

    def _ticks(self) -> str:
        return "".join(
            f'<text class="tick" x="{at(100 * share)}%" y="13" text-anchor="middle">{html(text)}</text>'
            for share, text in self.ticks
        )

    def file(self) -> str:
        """The chart as a file: label, marks, value."""
        label_width, strip_width, value_width, step = 250, 420, 250, HEIGHT
        width = label_width + strip_width + value_width
        parts = []
        for number, row in enumerate(self.rows):
            y = number * step
            if number % 2 == 0:
                parts.append(box(0, y, width, step, "band"))
            if row.tone:
                parts.append(words(12, y + 20, row.tone, f"strong {row.tone}"))
            parts.append(words(62 if row.tone else 12, y + 20, fitted(row.label, 26 if row.tone else 34)))
            parts.append(
                f'<svg x="{label_width}" y="{y}" width="{strip_width}" height="{step}" overflow="visible">'
                f"{self._marks(row)}</svg>"
            )
            parts.append(words(label_width + strip_width + 16, y + 20, fitted(row.value, 38), "small"))
        bottom = len(self.rows) * step
        parts.append(
            f'<svg x="{label_width}" y="{bottom}" width="{strip_width}" height="20" overflow="visible">'
            f"{self._ticks()}</svg>"
        )
        return document(width, bottom + 26, self.title, self.finding, "".join(parts))


def fitted(text: str, characters: int) -> str:
    """Text for a place that does not wrap."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _x(share: float) -> str:
    return f"{at(100 * min(max(share, 0.0), 1.0))}%"


def vertical(share: float, classes: str) -> str:
    """A line through the whole height."""
    return f'<line class="{classes}" x1="{_x(share)}" x2="{_x(share)}" y1="0" y2="100%"/>'


def note(share: float, text: str) -> str:
    """Words in place of marks."""
    return f'<text class="tick" x="{_x(share)}" y="4">{html(text)}</text>'


def span(low: float, high: float, classes: str, y: float = 0) -> str:
    """A horizontal line between two shares of the width."""
    return f'<line class="{classes}" x1="{_x(low)}" x2="{_x(high)}" y1="{at(y)}" y2="{at(y)}"/>'


def end(share: float, classes: str, y: float = 0, reach: float = 5) -> str:
    """Where a bound lies."""
    return f'<line class="{classes}" x1="{_x(share)}" x2="{_x(share)}" y1="{at(y - reach)}" y2="{at(y + reach)}"/>'


def mark(share: float, classes: str, y: float = 0, radius: float = 4.5) -> str:
    """Where an estimate lies."""
    return f'<circle class="{classes}" cx="{_x(share)}" cy="{at(y)}" r="{at(radius)}"/>'


def interval(
    low: float | None, middle: float, high: float | None, whisker: str, point: str, y: float = 0, radius: float = 4.5
) -> str:
    """An estimate with the bounds that are known, all as shares of the width."""
    parts = [span(middle if low is None else low, middle if high is None else high, whisker, y)]
    parts += [end(bound, whisker, y) for bound in (low, high) if bound is not None]
    return "".join(parts) + mark(middle, point, y, radius)
