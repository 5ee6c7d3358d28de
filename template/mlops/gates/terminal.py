"""The verdict for a person at a terminal: one line a gate, the verdict in words and, where it shows, in color."""

from .output import clean
from .rule import Comparison, Finding, Verdict
from .verdict import Judgement
from .words import unsigned

COLORS = {Verdict.PASS: "32", Verdict.HOLD: "33", Verdict.FAIL: "31"}  # green, yellow, red, as terminals number them
HEADER = ("verdict", "gate", "estimate", "bound", "threshold", "n", "reason")


def table(judgement: Judgement, color: bool = False) -> str:
    """One line a gate, then the verdict of all."""
    rows = [HEADER, *(row(finding) for finding in judgement.gates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER) - 1)]
    verdicts: list[Verdict | None] = [None, *(finding.verdict for finding in judgement.gates)]
    lines = []
    for cells, verdict in zip(rows, verdicts, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
        if color and verdict:
            padded[0] = painted(padded[0], verdict)
        lines.append("  ".join([*padded, cells[-1]]))
    word = painted(judgement.verdict.value, judgement.verdict) if color else judgement.verdict.value
    return "\n".join(lines) + f"\n\nVERDICT {word}: candidate {judgement.candidate}"


def row(finding: Finding) -> tuple[str, ...]:
    threshold = "required" if finding.threshold is None else f"{finding.comparison} {finding.threshold:g}"
    return (
        finding.verdict.value,
        clean(f"{finding.kind}.{finding.name}"),
        shown(finding.estimate),
        shown(relevant(finding)),
        threshold,
        "" if finding.n is None else f"{finding.n}",
        clean(finding.reason),
    )


def relevant(finding: Finding) -> float | None:
    """The bound that the threshold is held against."""
    sides: dict[Comparison | None, float | None] = {">=": finding.lower, "<=": finding.upper}
    return sides.get(finding.comparison)


def shown(value: float | None) -> str:
    return "" if value is None else unsigned(f"{value:.4f}")


def painted(text: str, verdict: Verdict) -> str:
    return f"\033[1;{COLORS[verdict]}m{text}\033[0m"
