"""Numbers and phrases for the reasons of gate results."""

import math

from ..statistics import Interval
from .verdict_rule import Comparison, deciding_bound


def value_in_words(subject: str, interval: Interval, comparison: Comparison) -> list[str]:
    """Return a value and the bound that is compared with its threshold."""
    limit = deciding_bound(interval, comparison)
    estimate, *others = distinct_digits(interval.estimate, *([] if limit is None else [limit]))
    side = "at least" if comparison == ">=" else "at most"
    return [f"{subject} {estimate}", *(f"{side} {other} with {percent(interval.confidence)}" for other in others)]


def degradation_in_words(subject: str, interval: Interval, comparison: Comparison) -> list[str]:
    """Return how much worse or better a metric is, in words instead of signs."""
    limit = deciding_bound(interval, comparison)
    estimate, *others = distinct_digits(abs(interval.estimate), *([] if limit is None else [abs(limit)]))
    by = round(interval.estimate, 12)
    if by > 0:
        direction, side = f"worse by {estimate}", "by at most"
    else:
        direction = f"better by {estimate}" if by < 0 else "unchanged"
        side = "by at least" if limit is not None and limit < 0 else "worse by at most"
    return [f"{subject} {direction}", *(f"{side} {other} with {percent(interval.confidence)}" for other in others)]


def distinct_digits(*values: float) -> list[str]:
    """Return numbers with enough digits to distinguish them: 3 of the largest, or more."""
    largest = max(abs(value) for value in values)
    decimals = 3 if largest == 0 else max(0, 2 - math.floor(math.log10(largest * (1 - 1e-9))))
    for more in range(12):
        texts = [unsigned(f"{value:,.{decimals + more}f}") for value in values]
        if len(set(texts)) == len({round(value, 12) for value in values}):
            break
    return texts


def unsigned(text: str) -> str:
    """Return a number that rounds to zero without its sign."""
    return text.removeprefix("-") if not text.strip("-0.,") else text


def percent(confidence: float) -> str:
    """Return a confidence in words."""
    return f"{100 * confidence:g} % confidence"


def about(count: int) -> str:
    """Return a number of rows to two digits, rounded up: 1,873 is 1,900."""
    step = 10 ** max(0, len(str(count)) - 2)
    return f"{-(-count // step) * step:,}"


def too_few(n: int, minimum: int) -> str:
    """Return in words that a sample is too small."""
    return f"{n:,} of the {minimum:,} required samples"
