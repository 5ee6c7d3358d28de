"""Reasons in plain English, and how many more rows would settle a gate that is held."""

import math
from collections.abc import Callable

from .config import Statistics
from .rule import Comparison, Verdict, bound, proven
from .statistics import Interval, proportion

MOST_MORE = 10**9  # beyond it a number of rows is no advice

Says = Callable[[str, Interval, Comparison], list[str]]  # what, interval, comparison: the first half of a reason
SHARES = (proportion.CLOPPER_PEARSON, proportion.CONDITIONAL)


def reason(
    what: str,
    interval: Interval,
    comparison: Comparison,
    threshold: float,
    verdict: Verdict,
    *,
    statistics: Statistics | None,
    n: int,
    minimum: int,
    more: int | None,
    unit: str = "rows",
    needed: str = "needed",
    says: Says,
) -> str:
    """Why a gate on a sample answers as it does: estimate, bound, threshold, and what would settle it."""
    parts = says(what, interval, comparison)
    parts.append(f"{needed} {threshold:g}")
    return (
        ", ".join(parts)
        + ": "
        + ending(
            interval, comparison, threshold, verdict, statistics=statistics, n=n, minimum=minimum, more=more, unit=unit
        )
    )


def measured(what: str, interval: Interval, comparison: Comparison) -> list[str]:
    """A value, and the bound that its threshold is held against."""
    limit = bound(interval, comparison)
    estimate, *others = alike(interval.estimate, *([] if limit is None else [limit]))
    side = "at least" if comparison == ">=" else "at most"
    return [f"{what} {estimate}", *(f"{side} {other} with {percent(interval.confidence)}" for other in others)]


def changed(what: str, interval: Interval, comparison: Comparison) -> list[str]:
    """How much worse, in words instead of signs: what is worse by less than nothing is better."""
    limit = bound(interval, comparison)
    estimate, *others = alike(abs(interval.estimate), *([] if limit is None else [abs(limit)]))
    by = round(interval.estimate, 12)
    if by > 0:
        direction, side = f"worse by {estimate}", "by at most"
    else:
        direction = f"better by {estimate}" if by < 0 else "unchanged"
        side = "by at least" if limit is not None and limit < 0 else "worse by at most"
    return [f"{what} {direction}", *(f"{side} {other} with {percent(interval.confidence)}" for other in others)]


def ending(
    interval: Interval,
    comparison: Comparison,
    threshold: float,
    verdict: Verdict,
    *,
    statistics: Statistics | None,
    n: int,
    minimum: int,
    more: int | None,
    unit: str,
) -> str:
    """The second half of a reason, after the numbers."""
    if statistics is not None and n < minimum:
        few = f"{n:,} samples where {minimum:,} are needed"
        if verdict is Verdict.FAIL and statistics.on_insufficient == "fail":
            return f"{few}, and on_insufficient says fail"
        if verdict is Verdict.PASS:
            return f"{few}: NOT PROVEN, but on_insufficient says pass"
        return f"missed, on {few}" if verdict is Verdict.FAIL else f"not proven: {few}"
    if verdict is Verdict.FAIL:
        return "missed"
    if proven(interval, comparison, threshold):
        return "proven" if statistics else "kept, and proven"
    literal = "" if statistics else "kept, but "
    if bound(interval, comparison) is None:
        return f"{literal}not proven: {interval.unknown}"
    if more is None:
        return f"{literal}not proven: the estimate lies on the threshold, and no number of {unit} would settle it"
    return f"{literal}not proven; about {about(more)} more {unit} would settle it"


def alike(*values: float) -> list[str]:
    """Numbers with so many digits that different ones look different: 3 of the largest, or more."""
    largest = max(abs(value) for value in values)
    decimals = 3 if largest == 0 else max(0, 2 - math.floor(math.log10(largest * (1 - 1e-9))))
    for more in range(12):
        texts = [unsigned(f"{value:,.{decimals + more}f}") for value in values]
        if len(set(texts)) == len({round(value, 12) for value in values}):
            break
    return texts


def unsigned(text: str) -> str:
    """A number that rounds to zero without its sign."""
    return text.removeprefix("-") if not text.strip("-0.,") else text


def percent(confidence: float) -> str:
    return f"{100 * confidence:g} % confidence"


def about(count: int) -> str:
    """A number of rows to two digits, rounded up: 1,873 is 1,900."""
    step = 10 ** max(0, len(str(count)) - 2)
    return f"{-(-count // step) * step:,}"


# ---------------------------------------------------------------------------------------------------- more rows


def more_needed(interval: Interval, comparison: Comparison, threshold: float, n: int) -> int | None:
    """About how many more rows of the same kind would bring the bound to the threshold at the present estimate.

    Exact where the bound is Clopper and Pearson's; elsewhere by the root of n, with which the distance of a bound
    shrinks. None where the bound is there already, where the estimate lies on the threshold, or no bound is known.
    """
    if proven(interval, comparison, threshold):
        return None
    factor = growth(interval, comparison, threshold)
    more = None if factor is None else math.ceil(n * (factor - 1))
    return more if more is not None and more <= MOST_MORE else None


def growth(interval: Interval, comparison: Comparison, threshold: float) -> float | None:
    """How many times as large the sample would have to be."""
    limit = bound(interval, comparison)
    gap, distance = abs(interval.estimate - threshold), abs(interval.estimate - (limit or 0.0))
    if limit is None or gap <= 1e-12:
        return None
    if interval.method in SHARES and interval.n < 1e7:
        share, wanted = as_share(interval, threshold)
        if 0 <= wanted <= 1:
            return rows_for_share(share, interval.n, comparison, wanted, interval.confidence) / interval.n
    return max((distance / gap) ** 2, 1 + 1 / max(interval.n, 1))


def as_share(interval: Interval, threshold: float) -> tuple[float, float]:
    """The binomial share behind an exact interval, and the threshold on its scale: for F1, ``J = F1 / (2 - F1)``."""
    share = interval.estimate
    plain = proportion.clopper_pearson(round(share * interval.n), interval.n, interval.confidence)
    if interval.lower is not None and plain.lower is not None and math.isclose(plain.lower, interval.lower):
        return share, threshold
    return share / (2 - share), threshold / (2 - threshold)


def rows_for_share(share: float, n: int, comparison: Comparison, threshold: float, confidence: float) -> int:
    """The least number of rows, n or more, whose Clopper-Pearson bound keeps the threshold at this share."""

    def enough(rows: int) -> bool:
        # the rounding goes against the model, so that what is enough stays enough
        successes = math.floor(share * rows + 1e-9) if comparison == ">=" else math.ceil(share * rows - 1e-9)
        found = proportion.clopper_pearson(min(successes, rows), rows, confidence)
        return proven(found, comparison, threshold)

    return least(enough, n)


def least(enough: Callable[[int], bool], start: int) -> int:
    """The least count from ``start`` up for which ``enough`` holds, which holds for nearly all after it."""
    high = max(start, 1)
    while not enough(high):
        if high > 2 * MOST_MORE:
            return high
        high *= 2
    low = start
    while low < high:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle + 1
    return low
