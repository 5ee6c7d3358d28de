"""Axes: scales from values to positions, ticks and their labels."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return about so many round numbers from ``low`` to ``high``."""
    if not high > low:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [step * number for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten from ``low`` to ``high``; only some if there are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        found = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(found) <= 8:
            return found
    return found[:: math.ceil(len(found) / 8)]


def tick_label(value: float) -> str:
    """Return a number with as few digits as it needs."""
    return "0" if abs(value) < 1e-12 else f"{value:,.10g}".replace("-", "\u2212")


@dataclass(frozen=True, slots=True)
class Scale:
    """A function from values to positions in the drawing."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Return the position of a value."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, low))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)


def padded(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """Return the range of the values with a margin on both sides; its width is never 0."""
    known = list(values)
    low, high = min(known), max(known)
    margin = (high - low) * share or abs(high) * share or 1.0
    return low - margin, high + margin
