"""Explain a gate result: the formula, its numbers, the bounds, and the source of the method."""

from collections.abc import Sequence

from ..core.errors import CorrectableError
from ..core.suggestion import suggestion
from ..core.text_output import clean
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.reasons import percent
from ..statistics import SOURCES


def chosen(results: Sequence[ExplainedResult], name: str) -> list[ExplainedResult]:
    """Return the results for a name: ``accuracy``, ``performance.accuracy`` or all of ``performance``.

    Raises:
        CorrectableError: The gate file has no such gate.
    """
    names = {id(explained): f"{explained.result.kind}.{explained.result.name}" for explained in results}
    found = [
        explained
        for explained in results
        if name in (names[id(explained)], explained.result.name, explained.result.kind)
    ]
    if not found:
        raise CorrectableError(f"the gate file has no gate '{name}'; {suggestion(name, names.values())}")
    return found


def text(results: Sequence[ExplainedResult]) -> str:
    """Return the explanation of each result."""
    return "\n\n".join(one(explained) for explained in results)


def one(explained: ExplainedResult) -> str:
    """Return the explanation of one result."""
    result = explained.result
    lines = [f"{result.kind}.{result.name}: {result.verdict.value}", f"  {clean(result.reason)}"]
    lines.append(f"  estimate  {explained.formula}{equals(result.estimate)}")
    lines += [f"            {clean(str(name))}: {shown(value)}" for name, value in explained.inputs.items()]
    lines += bounds(result)
    if result.threshold is not None:
        lines.append(f"  threshold {result.comparison} {result.threshold:g}")
    return "\n".join(lines)


def bounds(result: GateResult) -> list[str]:
    """Return lines with the method, the two bounds, the formula and the source."""
    if result.method is None or result.confidence is None:
        return ["  bounds    none: this is a fact, not a sample, or a number that the trainer computed"]
    formula, source = SOURCES[result.method]
    lower, upper = (shown(value) if value is not None else "not known" for value in (result.lower, result.upper))
    return [
        f"  bounds    {result.method}, each one-sided with {percent(result.confidence)}: {lower} and {upper}",
        f"            {formula}",
        f"  source    {source}",
    ]


def equals(value: float | None) -> str:
    """Return `` = value``, or nothing without a value."""
    return "" if value is None else f" = {shown(value)}"


def shown(value: float | int | str) -> str:
    """Return a number or a text for the terminal."""
    return f"{value:.6g}" if isinstance(value, float) else clean(str(value))
