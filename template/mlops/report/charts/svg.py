"""SVG elements, and drawings with a title, as a file or inside the HTML page.

Drawings have classes and no colors: the page or the file assigns colors to the classes. So a drawing is readable on
white, on black and on paper.
"""

from dataclasses import dataclass
from pathlib import Path

from mlops.report.escaping import html

STYLE = (Path(__file__).parents[1] / "templates/figure.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its description. ``body`` contains SVG elements in a box of ``width`` x ``height`` units."""

    name: str  # of its file, without the extension
    title: str
    summary: str  # the most important numbers
    explanation: str  # how to read the drawing
    width: float
    height: float
    body: str

    def inline(self) -> str:
        """Return the drawing as an element of a page that includes ``figure.css``."""
        box = f"0 0 {num(self.width)} {num(self.height)}"
        label = html(f"{self.title}: {self.summary}")
        return f'<svg viewBox="{box}" role="img" aria-label="{label}">{self.body}</svg>'

    def file(self) -> str:
        """Return the drawing as a file with title, style and background."""
        return document(self.width, self.height, self.title, self.summary, self.body)


def document(width: float, height: float, title: str, summary: str, body: str) -> str:
    """Return an SVG file with the title above ``body``."""
    head = 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{num(width)}" height="{num(height + head)}" '
        f'viewBox="0 0 {num(width)} {num(height + head)}" role="img"><title>{html(title)}: {html(summary)}</title>'
        f'<style>{STYLE}</style><rect class="page" width="100%" height="100%"/>'
        f'<text class="title" x="12" y="20">{html(title)}</text><g transform="translate(0 {head})">{body}</g></svg>\n'
    )


def num(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def text_element(x: float, y: float, text: str, classes: str = "", anchor: str = "start") -> str:
    """Return a line of text; ``anchor`` is start, middle or end."""
    return f'<text class="{classes}" x="{num(x)}" y="{num(y)}" text-anchor="{anchor}">{html(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """Return a line between two points."""
    return f'<line class="{classes}" x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}"/>'


def box(x: float, y: float, width: float, height: float, classes: str, extra: str = "") -> str:
    """Return a rectangle; ``extra`` are more attributes."""
    return f'<rect class="{classes}" x="{num(x)}" y="{num(y)}" width="{num(width)}" height="{num(height)}"{extra}/>'


def dot(x: float, y: float, classes: str, radius: float = 3.5) -> str:
    """Return a filled circle."""
    return f'<circle class="{classes}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'
