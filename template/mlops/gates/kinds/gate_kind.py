"""A kind of gate: its block in the gate file, how it judges, how it is planned, and what the report shows of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from ..core.errors import CorrectableError
from ..decision.gate_result import ExplainedResult
from ..decision.statistics_settings import Statistics
from ..evidence.evidence_reader import EvidenceFolder
from ..metrics.metric import Metric
from ..metrics.metric_values import candidate_interval
from ..metrics.sample_planning import Need, PlanConditions

Block = TypeVar("Block")  # what a block of the gate file is read into


class GateBlocks:
    """All blocks of a gate file, one attribute for each kind; ``gate_file.blocks`` builds the class from KINDS."""

    statistics: Statistics | None

    def block(self, kind: "GateKind[Block]") -> Block | None:
        """Return the block of a kind, or None when the gate file does not have it."""
        return cast(Block | None, getattr(self, kind.name))


@dataclass(frozen=True, slots=True)
class GateContext:
    """What a gate judges: the evidence, the other blocks, and the files that the gate file names, by kind."""

    evidence: EvidenceFolder
    blocks: GateBlocks
    files: Mapping[str, Any] = field(default_factory=dict)

    @property
    def statistics(self) -> Statistics | None:
        """How sure a verdict must be."""
        return self.blocks.statistics


@dataclass(frozen=True, slots=True)
class QualityRange:
    """The true qualities that a model can have, and in words what they are."""

    lowest: float
    highest: float
    meaning: str


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What a plan is made from; ``given`` holds the true qualities that the user stated, by name."""

    conditions: PlanConditions
    blocks: GateBlocks
    given: Mapping[str, float]

    def quality(self, name: str, limit: float, metric: Metric | None) -> float | None:
        """Return the stated quality, that of earlier evidence, or else half-way from the threshold to perfection."""
        if name in self.given:
            return self.given[name]
        if self.conditions.evidence is not None:
            confidence = self.conditions.confidence
            return candidate_interval(self.conditions.evidence, name, confidence, "performance", name).estimate
        if metric is None:
            return None
        best = metric.highest if metric.higher_is_better else metric.lowest
        return None if best is None else (limit + best) / 2


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """What the report shows of a kind of gate.

    ``unit`` follows estimate and threshold; ``without_estimate`` is the estimate in words when there is none;
    ``without_figure`` takes the place of the drawing; ``relative`` is True when there is no best value, so that the
    width of the interval is the scale.
    """

    unit: str = ""
    without_estimate: str | None = None
    without_figure: str = "a fact without a number"
    relative: bool = False


@dataclass(frozen=True, slots=True)
class GateKind(Generic[Block]):
    """One kind of gate.

    ``name``: key of its block in the gate file.
    ``block``: type that the block is read into, by ``core.dataclass_schema``.
    ``check``: judge; one result for each gate.
    ``plan``: how many rows or requests its gates need; None for facts, which need no sample.
    ``qualities``: true qualities that a user may state for the plan; None for one about which nothing is known.
    ``check_blocks``: refuse blocks that contradict each other; called for every gate file, with the block or without.
    ``read_files``: read the files that the block names, relative to the folder of the gate file.
    ``group_minimum``: whether ``statistics.min_group_samples`` applies to it.
    """

    name: str
    block: Any
    check: Callable[[GateContext, Block], list[ExplainedResult]]
    plan: Callable[[PlanContext, Block], list[Need]] | None = None
    qualities: Callable[[PlanContext, Block], Mapping[str, QualityRange | None]] | None = None
    check_blocks: Callable[[GateBlocks], None] | None = None
    read_files: Callable[[Block, Path], Any] | None = None
    group_minimum: bool = False
    report: ReportEntry = field(default_factory=ReportEntry)


def check_quality(name: str, value: float, allowed: QualityRange | None) -> None:
    """Refuse a quality that no model can have.

    Raises:
        CorrectableError: with the values that are possible.
    """
    if allowed is not None and not allowed.lowest <= value <= allowed.highest:
        raise CorrectableError(f"quality {name}={value:g} is that of no model: {allowed.meaning}")
