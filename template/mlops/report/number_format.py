"""Numbers, bounds and digests as text."""

from mlops.gates.statistics import Interval
from mlops.report.escaping import Raw


def number(value: float | None) -> Raw:
    """Return a number with about four significant digits: 0.7784, 6.381, 54.65, 1,234."""
    if value is None:
        return Raw("")
    size = abs(value)
    if size < 1e-12:  # a rounding error in the difference of equal numbers
        return Raw("0")
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3 if size >= 1 else 4
    text = f"{value:.2g}" if size < 0.001 else f"{value:,.{decimals}f}"
    return Raw(text.replace("-", "\u2212"))


def signed(value: float | None) -> Raw:
    """Return the result of ``number`` with its sign; zero has no sign."""
    return Raw(f"+{number(value)}") if value is not None and value >= 1e-12 else number(value)


def with_bounds(interval: Interval) -> str:
    """Return an estimate with its bounds as text."""
    if interval.lower is None or interval.upper is None:
        return f"{number(interval.estimate)} (no bounds: {interval.unknown})"
    return f"{number(interval.estimate)} ({number(interval.lower)} to {number(interval.upper)})"


def bounds(interval: Interval | None) -> Raw:
    """Return both bounds as text."""
    if interval is None:
        return Raw("")
    if interval.lower is None or interval.upper is None:
        return Raw("no bounds")
    return Raw(f"{number(interval.lower)} to {number(interval.upper)}")


def short(digest: str | None) -> str:
    """Return the first characters of a digest."""
    return (digest or "none").removeprefix("sha256:")[:12]
