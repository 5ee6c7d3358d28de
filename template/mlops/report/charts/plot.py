"""A plot with two axes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlops.report.charts.axes import Scale, nice_ticks, tick_label
from mlops.report.charts.svg import Figure, dot, line, num, text_element
from mlops.report.escaping import html

MAX_POINTS = 400  # of a line: more are not visible, and the page must not grow with the rows


def evenly_spaced(count: int, most: int = MAX_POINTS) -> NDArray[np.intp]:
    """Return at most ``most`` evenly spaced positions from 0 to count-1, including the first and the last."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


@dataclass(slots=True)
class Plot:
    """A plot with two axes, to which marks are added."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    width: float = 420
    height: float = 330
    parts: list[str] = field(default_factory=list)

    left, right, top, bottom = 56, 14, 12, 46

    def __post_init__(self) -> None:
        """Draw the grid and the axes."""
        for value in nice_ticks(*self.x):
            x = self.sx(value)
            self.parts.append(line(x, self.top, x, self.height - self.bottom, "grid"))
            self.parts.append(text_element(x, self.height - self.bottom + 16, tick_label(value), "tick", "middle"))
        for value in nice_ticks(*self.y):
            y = self.sy(value)
            self.parts.append(line(self.left, y, self.width - self.right, y, "grid"))
            self.parts.append(text_element(self.left - 7, y + 4, tick_label(value), "tick", "end"))
        middle = (self.left + self.width - self.right) / 2
        self.parts.append(text_element(middle, self.height - 8, self.x_label, "label", "middle"))
        height = (self.top + self.height - self.bottom) / 2
        self.parts.append(
            f'<text class="label" transform="translate(13 {num(height)}) rotate(-90)" text-anchor="middle">'
            f"{html(self.y_label)}</text>"
        )

    @property
    def sx(self) -> Scale:
        """Return the scale of the horizontal axis."""
        return Scale(*self.x, self.left, self.width - self.right)

    @property
    def sy(self) -> Scale:
        """Return the scale of the vertical axis."""
        return Scale(*self.y, self.height - self.bottom, self.top)

    def curve(self, xs: NDArray[np.float64], ys: NDArray[np.float64], classes: str, steps: bool = False) -> None:
        """Add a line through the points; ``steps`` if a value applies until the next point."""
        places = evenly_spaced(len(xs))
        sx, sy = self.sx, self.sy
        points = [(num(sx(float(xs[i]))), num(sy(float(ys[i])))) for i in places]
        path = f"M{points[0][0]} {points[0][1]}"
        path += "".join(f"H{x}V{y}" if steps else f"L{x} {y}" for x, y in points[1:])
        self.parts.append(f'<path class="line {classes}" d="{path}"/>')

    def segment(self, x1: float, y1: float, x2: float, y2: float, classes: str) -> None:
        """Add a line between two points."""
        self.parts.append(line(self.sx(x1), self.sy(y1), self.sx(x2), self.sy(y2), classes))

    def point(self, x: float, y: float, classes: str, radius: float = 3.5) -> None:
        """Add a dot."""
        self.parts.append(dot(self.sx(x), self.sy(y), classes, radius))

    def cloud(self, xs: Sequence[float], ys: Sequence[float], classes: str, radius: float = 2.6) -> None:
        """Add many dots as one group, which keeps the page small."""
        sx, sy = self.sx, self.sy
        circles = "".join(
            f'<circle cx="{num(sx(x))}" cy="{num(sy(y))}" r="{num(radius)}"/>' for x, y in zip(xs, ys, strict=True)
        )
        self.parts.append(f'<g class="cloud {classes}">{circles}</g>')

    def legend(self, entries: Sequence[tuple[str, str]], corner: str = "bottom right", dots: bool = False) -> None:
        """Add a legend of lines or ``dots`` in a corner of the plot; an entry is a pair of classes and text."""
        y = self.top + 16 if "top" in corner else self.height - self.bottom - 8 - 17 * (len(entries) - 1)
        for classes, text in entries:
            on_right = "right" in corner
            start = self.width - self.right - 30 if on_right else self.left + 8
            self.parts.append(
                dot(start + 11, y, classes, 4) if dots else line(start, y, start + 22, y, f"line {classes}")
            )
            beside = start - 6 if on_right else start + 28
            self.parts.append(text_element(beside, y + 4, text, "key", "end" if on_right else "start"))
            y += 17

    def figure(self, name: str, title: str, summary: str, explanation: str) -> Figure:
        """Return the plot as a figure."""
        return Figure(name, title, summary, explanation, self.width, self.height, "".join(self.parts))
