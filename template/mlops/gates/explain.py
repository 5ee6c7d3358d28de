"""How a gate came to its answer: the formula, the numbers put in, and where the method is from."""

from collections.abc import Sequence

from .answer import Answer
from .errors import CorrectableError
from .output import clean
from .rule import Finding
from .statistics import SOURCES
from .typed import suggestion
from .words import percent


def chosen(answers: Sequence[Answer], name: str) -> list[Answer]:
    """The answers of the gates that ``name`` means: ``accuracy``, ``performance.accuracy`` or all of ``performance``.

    Raises:
        CorrectableError: the gate file has no such gate.
    """
    names = {id(answer): f"{answer.finding.kind}.{answer.finding.name}" for answer in answers}
    found = [answer for answer in answers if name in (names[id(answer)], answer.finding.name, answer.finding.kind)]
    if not found:
        raise CorrectableError(f"the gate file has no gate '{name}'; {suggestion(name, names.values())}")
    return found


def text(answers: Sequence[Answer]) -> str:
    """Each answer, explained."""
    return "\n\n".join(one(answer) for answer in answers)


def one(answer: Answer) -> str:
    """One answer, explained."""
    finding = answer.finding
    lines = [f"{finding.kind}.{finding.name}: {finding.verdict.value}", f"  {clean(finding.reason)}"]
    lines.append(f"  estimate  {answer.formula}{equals(finding.estimate)}")
    lines += [f"            {clean(str(name))}: {shown(value)}" for name, value in answer.inputs.items()]
    lines += bounds(finding)
    if finding.threshold is not None:
        lines.append(f"  threshold {finding.comparison} {finding.threshold:g}")
    return "\n".join(lines)


def bounds(finding: Finding) -> list[str]:
    """The method, its formula, its source, and the two bounds."""
    if finding.method is None or finding.confidence is None:
        return ["  bounds    none: this is a fact and no sample, or a number that the trainer computed itself"]
    formula, source = SOURCES[finding.method]
    lower, upper = (shown(value) if value is not None else "not known" for value in (finding.lower, finding.upper))
    return [
        f"  bounds    {finding.method}, each one-sided with {percent(finding.confidence)}: {lower} and {upper}",
        f"            {formula}",
        f"  source    {source}",
    ]


def equals(value: float | None) -> str:
    return "" if value is None else f" = {shown(value)}"


def shown(value: float | int | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else clean(str(value))
