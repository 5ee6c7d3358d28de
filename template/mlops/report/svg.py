"""What the figures are drawn with: numbers to SVG, styled by classes that the page or the file gives colors to.

No color stands in a drawing, so one drawing is read on white, on black and on paper.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlops.report.text import html

STYLE = (Path(__file__).parent / "templates/figure.css").read_text(encoding="utf-8")
MOST_POINTS = 400  # of a line: more cannot be seen, and a page must not grow with the rows


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


def thin(count: int, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """At most ``most`` of the places 0..count-1, evenly, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many."""
    if not high > low:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [step * number for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten from ``low`` to ``high``, thinned to what fits."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        found = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(found) <= 8:
            return found
    return found[:: math.ceil(len(found) / 8)]


def tick_label(value: float) -> str:
    """As few digits as say the number."""
    return "0" if abs(value) < 1e-12 else f"{value:,.10g}".replace("-", "\u2212")


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to units of the drawing."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, low))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)


def padded(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """The range of the values with a margin on both sides; never empty."""
    known = list(values)
    low, high = min(known), max(known)
    margin = (high - low) * share or abs(high) * share or 1.0
    return low - margin, high + margin


@dataclass(slots=True)
class Plot:
    """Two axes to draw on."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    width: float = 420
    height: float = 330
    parts: list[str] = field(default_factory=list)

    left, right, top, bottom = 56, 14, 12, 46

    def __post_init__(self) -> None:
        for value in nice_ticks(*self.x):
            x = self.sx(value)
            self.parts.append(line(x, self.top, x, self.height - self.bottom, "grid"))
            self.parts.append(words(x, self.height - self.bottom + 16, tick_label(value), "tick", "middle"))
        for value in nice_ticks(*self.y):
            y = self.sy(value)
            self.parts.append(line(self.left, y, self.width - self.right, y, "grid"))
            self.parts.append(words(self.left - 7, y + 4, tick_label(value), "tick", "end"))
        middle = (self.left + self.width - self.right) / 2
        self.parts.append(words(middle, self.height - 8, self.x_label, "label", "middle"))
        height = (self.top + self.height - self.bottom) / 2
        self.parts.append(
            f'<text class="label" transform="translate(13 {at(height)}) rotate(-90)" text-anchor="middle">'
            f"{html(self.y_label)}</text>"
        )

    @property
    def sx(self) -> Scale:
        return Scale(*self.x, self.left, self.width - self.right)

    @property
    def sy(self) -> Scale:
        return Scale(*self.y, self.height - self.bottom, self.top)

    def curve(self, xs: NDArray[np.float64], ys: NDArray[np.float64], classes: str, steps: bool = False) -> None:
        """A line through the points, in steps where the value holds until the next."""
        places = thin(len(xs))
        sx, sy = self.sx, self.sy
        points = [(at(sx(float(xs[i]))), at(sy(float(ys[i])))) for i in places]
        path = f"M{points[0][0]} {points[0][1]}"
        path += "".join(f"H{x}V{y}" if steps else f"L{x} {y}" for x, y in points[1:])
        self.parts.append(f'<path class="line {classes}" d="{path}"/>')

    def segment(self, x1: float, y1: float, x2: float, y2: float, classes: str) -> None:
        self.parts.append(line(self.sx(x1), self.sy(y1), self.sx(x2), self.sy(y2), classes))

    def point(self, x: float, y: float, classes: str, radius: float = 3.5) -> None:
        self.parts.append(dot(self.sx(x), self.sy(y), classes, radius))

    def cloud(self, xs: Sequence[float], ys: Sequence[float], classes: str, radius: float = 2.6) -> None:
        """Many points, as one group so that a page stays small."""
        sx, sy = self.sx, self.sy
        circles = "".join(
            f'<circle cx="{at(sx(x))}" cy="{at(sy(y))}" r="{at(radius)}"/>' for x, y in zip(xs, ys, strict=True)
        )
        self.parts.append(f'<g class="cloud {classes}">{circles}</g>')

    def key(self, entries: Sequence[tuple[str, str]], corner: str = "bottom right", dots: bool = False) -> None:
        """What lines or ``dots`` mean: (classes, words), in a corner of the plot."""
        y = self.top + 16 if "top" in corner else self.height - self.bottom - 8 - 17 * (len(entries) - 1)
        for classes, text in entries:
            on_right = "right" in corner
            start = self.width - self.right - 30 if on_right else self.left + 8
            self.parts.append(
                dot(start + 11, y, classes, 4) if dots else line(start, y, start + 22, y, f"line {classes}")
            )
            beside = start - 6 if on_right else start + 28
            self.parts.append(words(beside, y + 4, text, "key", "end" if on_right else "start"))
            y += 17

    def figure(self, name: str, title: str, finding: str, reading: str) -> Figure:
        return Figure(name, title, finding, reading, self.width, self.height, "".join(self.parts))
