"""The type of a gate kind: its block in the gate file, its check, its plan, and its settings for the report."""

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
        """Return the block of a kind, or None if the gate file does not have it."""
        return cast(Block | None, getattr(self, kind.name))


@dataclass(frozen=True, slots=True)
class GateContext:
    """Input of a check: the evidence, all blocks, and by kind the content of the files that the gate file names."""

    evidence: EvidenceFolder
    blocks: GateBlocks
    files: Mapping[str, Any] = field(default_factory=dict)

    @property
    def statistics(self) -> Statistics | None:
        """The block ``statistics``, or None."""
        return self.blocks.statistics


@dataclass(frozen=True, slots=True)
class QualityRange:
    """The range of true qualities that a model can have, and its description."""

    lowest: float
    highest: float
    meaning: str


@dataclass(frozen=True, slots=True)
class PlanContext:
    """Input of a plan; ``given`` contains the true qualities that the user stated, by name."""

    conditions: PlanConditions
    blocks: GateBlocks
    given: Mapping[str, float]

    def quality(self, name: str, limit: float, metric: Metric | None) -> float | None:
        """Return the stated quality, or that of earlier evidence, or else halfway from threshold to best value."""
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
    """Settings of a gate kind for the report.

    ``unit`` follows estimate and threshold; ``without_estimate`` is shown if there is no estimate;
    ``without_figure`` is shown instead of a figure; ``relative`` is True if there is no best value, so that the
    figure is scaled to the width of the interval.
    """

    unit: str = ""
    without_estimate: str | None = None
    without_figure: str = "a fact without a number"
    relative: bool = False


@dataclass(frozen=True, slots=True)
class GateKind(Generic[Block]):
    """One gate kind.

    ``name``: the key of its block in the gate file.
    ``block``: the type of the block, for ``core.dataclass_schema``.
    ``check``: returns one result for each gate.
    ``plan``: returns the rows or requests that its gates need; None for facts, which need no sample.
    ``qualities``: returns the true qualities that a user may state for the plan, with None for an unknown range.
    ``check_blocks``: refuses blocks that contradict each other; called for every gate file, also without the block.
    ``read_files``: reads the files that the block names, relative to the folder of the gate file.
    ``group_minimum``: whether ``statistics.min_group_samples`` applies.
    ``report``: settings for the report.
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
        CorrectableError: The message contains the possible values.
    """
    if allowed is not None and not allowed.lowest <= value <= allowed.highest:
        raise CorrectableError(f"quality {name}={value:g} is impossible: {allowed.meaning}")
