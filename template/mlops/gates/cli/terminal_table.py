"""The verdict as a table for the terminal: one line for each gate, optionally in color."""

from ..core.text_output import clean
from ..decision.gate_result import GateResult
from ..decision.reasons import unsigned
from ..decision.verdict_rule import Comparison, Verdict
from ..verdict import VerdictDocument

COLORS = {Verdict.PASS: "32", Verdict.HOLD: "33", Verdict.FAIL: "31"}  # green, yellow, red, as terminals number them
HEADER = ("verdict", "gate", "estimate", "bound", "threshold", "n", "reason")


def table(document: VerdictDocument, color: bool = False) -> str:
    """Return one line for each gate, then the verdict of all gates."""
    rows = [HEADER, *(row(result) for result in document.gates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER) - 1)]
    verdicts: list[Verdict | None] = [None, *(result.verdict for result in document.gates)]
    lines = []
    for cells, verdict in zip(rows, verdicts, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
        if color and verdict:
            padded[0] = painted(padded[0], verdict)
        lines.append("  ".join([*padded, cells[-1]]))
    word = painted(document.verdict.value, document.verdict) if color else document.verdict.value
    return "\n".join(lines) + f"\n\nVERDICT {word}: candidate {document.candidate}"


def row(result: GateResult) -> tuple[str, ...]:
    """Return the cells of one gate."""
    threshold = "required" if result.threshold is None else f"{result.comparison} {result.threshold:g}"
    return (
        result.verdict.value,
        clean(f"{result.kind}.{result.name}"),
        shown(result.estimate),
        shown(relevant(result)),
        threshold,
        "" if result.n is None else f"{result.n}",
        clean(result.reason),
    )


def relevant(result: GateResult) -> float | None:
    """Return the bound that is compared with the threshold."""
    sides: dict[Comparison | None, float | None] = {">=": result.lower, "<=": result.upper}
    return sides.get(result.comparison)


def shown(value: float | None) -> str:
    """Return a number with four decimals, or nothing without a value."""
    return "" if value is None else unsigned(f"{value:.4f}")


def painted(text: str, verdict: Verdict) -> str:
    """Return a text in the color of the verdict."""
    return f"\033[1;{COLORS[verdict]}m{text}\033[0m"
