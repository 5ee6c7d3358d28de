"""Plan how many evaluation rows a gate file needs for a model of a given true quality to pass."""

import math
from collections.abc import Mapping

from .core.errors import CorrectableError, GateError
from .core.suggestion import suggestion
from .decision.statistics_settings import confidence_of
from .evidence.contract import Task
from .evidence.evidence_reader import EvidenceFolder
from .gate_file.reader import GateFile, line_of
from .kinds import KINDS
from .kinds.gate_kind import PlanContext, QualityRange, check_quality
from .metrics.sample_planning import Assumptions, Need, PlanConditions

__all__ = ["Assumptions", "Need", "Plan", "table"]


class Plan:
    """The plan for one gate file."""

    def __init__(
        self,
        file: GateFile,
        qualities: Mapping[str, float],
        assumptions: Assumptions,
        evidence: EvidenceFolder | None = None,
        task: Task = "classification",
    ) -> None:
        """Check the qualities; ``evidence`` of an earlier model shows how much metrics vary and how large groups are.

        Raises:
            CorrectableError: The gate file has no gate for a quality, or the quality is impossible.
        """
        self.file, self.gates = file, file.gates
        confidence = confidence_of(file.gates.statistics)
        conditions = PlanConditions(assumptions, evidence.document.task if evidence else task, evidence, confidence)
        self.context = PlanContext(conditions, file.gates, qualities)
        allowed = self.allowed_qualities()
        for name, value in qualities.items():
            if name not in allowed:
                raise CorrectableError(f"the gate file has no gate for '{name}'; {suggestion(name, allowed)}")
            if not math.isfinite(value):
                raise CorrectableError(f"quality {name}={value} is not a finite number")
            check_quality(name, value, allowed[name])

    def allowed_qualities(self) -> dict[str, QualityRange | None]:
        """Return the true qualities that a user may state, by name."""
        found: dict[str, QualityRange | None] = {}
        for kind in KINDS:
            if kind.qualities is not None and (block := self.gates.block(kind)):
                found |= kind.qualities(self.context, block)
        return found

    def needs(self) -> list[Need]:
        """Return the need of each gate that uses a sample, in the order of KINDS.

        Raises:
            CorrectableError: Gate file and task or evidence contradict each other.
        """
        try:
            return self.needs_of_each_kind()
        except GateError as error:
            raise CorrectableError(f"{self.file.path}:{line_of(self.file.lines, error.place)}: {error}") from error

    def needs_of_each_kind(self) -> list[Need]:
        """Return the needs; may raise GateError."""
        found: list[Need] = []
        for kind in KINDS:
            if kind.plan is not None and (block := self.gates.block(kind)):
                found += kind.plan(self.context, block)
        if statistics := self.gates.statistics:
            found.append(Need("statistics.min_samples", None, None, statistics.min_samples, "rows", "setting"))
            if any(kind.group_minimum and self.gates.block(kind) for kind in KINDS):
                minimum, unit = statistics.min_group_samples, "rows of each group"
                found.append(Need("statistics.min_group_samples", None, None, minimum, unit, "setting"))
        return found


def table(plan: Plan) -> str:
    """Return the plan for a terminal: one line for each gate, then the total need."""
    needs = plan.needs()
    header = ("gate", "true quality", "threshold", "needs", "")
    rows = [header, *(cells(need) for need in needs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header) - 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
    most = {unit: most_rows(needs, unit) for unit in ("rows", "rows of each group", "requests")}
    shown = [f"{count:,} {unit}" for unit, count in most.items() if count]
    conditions = plan.context.conditions
    sure, likely = f"{100 * conditions.confidence:g} %", f"{100 * conditions.assumptions.probability:g} %"
    lines += [
        "",
        f"total: {', '.join(shown) or 'nothing that can be planned'}",
        f"A model of this quality then passes each gate with a probability of about {likely}; one that does not meet "
        f"a threshold passes with a probability of at most {100 * (1 - conditions.confidence):g} %.",
    ]
    if any(need.rows is None for need in needs):
        lines.append("Gates marked ? are not counted.")
    if not plan.gates.statistics:
        lines.append(f"The file has no `statistics`, so only estimates decide; the plan is for a confidence of {sure}.")
    return "\n".join(lines)


def most_rows(needs: list[Need], unit: str) -> int:
    """Return the largest need in a unit, or 0 if no gate has one."""
    return max((need.rows for need in needs if need.rows is not None and need.unit == unit), default=0)


def cells(need: Need) -> tuple[str, ...]:
    """Return the cells of one line of the table."""
    quality = "" if need.quality is None else f"{need.quality:.6g}"
    threshold = "" if need.threshold is None else f"{need.threshold:g}"
    rows = "?" if need.rows is None else f"{need.rows:,} {need.unit}"
    return need.gate, quality, threshold, rows, need.note
