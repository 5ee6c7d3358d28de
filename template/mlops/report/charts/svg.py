"""SVG elements, and a drawing with its title, as a file or inside the HTML page.

Drawings have classes and no colors: the page or the file assigns colors to the classes, so that one drawing is
readable on white, on black and on paper.
"""

from dataclasses import dataclass
from pathlib import Path

from mlops.report.escaping import html

STYLE = (Path(__file__).parents[1] / "templates/figure.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawing with what it says. ``body`` is SVG elements in a box of ``width`` x ``height`` units."""

    name: str  # of its file, without the ending
    title: str
    finding: str  # what is to be seen, in numbers
    reading: str  # how to read it
    width: float
    height: float
    body: str

    def inline(self) -> str:
        """For a page that brings ``figure.css`` itself."""
        box = f"0 0 {at(self.width)} {at(self.height)}"
        label = html(f"{self.title}: {self.finding}")
        return f'<svg viewBox="{box}" role="img" aria-label="{label}">{self.body}</svg>'

    def file(self) -> str:
        """A file of its own, with title, style and background."""
        return document(self.width, self.height, self.title, self.finding, self.body)


def document(width: float, height: float, title: str, finding: str, body: str) -> str:
    """A whole SVG file; the title stands above ``body``."""
    head = 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(width)}" height="{at(height + head)}" '
        f'viewBox="0 0 {at(width)} {at(height + head)}" role="img"><title>{html(title)}: {html(finding)}</title>'
        f'<style>{STYLE}</style><rect class="page" width="100%" height="100%"/>'
        f'<text class="title" x="12" y="20">{html(title)}</text><g transform="translate(0 {head})">{body}</g></svg>\n'
    )


def at(value: float) -> str:
    """A coordinate: two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def words(x: float, y: float, text: str, classes: str = "", anchor: str = "start") -> str:
    """A line of text; ``anchor`` is start, middle or end."""
    return f'<text class="{classes}" x="{at(x)}" y="{at(y)}" text-anchor="{anchor}">{html(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    return f'<line class="{classes}" x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}"/>'


def box(x: float, y: float, width: float, height: float, classes: str, extra: str = "") -> str:
    return f'<rect class="{classes}" x="{at(x)}" y="{at(y)}" width="{at(width)}" height="{at(height)}"{extra}/>'


def dot(x: float, y: float, classes: str, radius: float = 3.5) -> str:
    return f'<circle class="{classes}" cx="{at(x)}" cy="{at(y)}" r="{at(radius)}"/>'
