"""``regression``: comparison of the candidate with the champion on the same rows.

The block is named after regressions of quality, not after the task.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from .. import metrics
from ..core.dataclass_schema import InvalidFields, Limits, Place
from ..core.errors import GateError
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.reasons import degradation_in_words
from ..decision.sampled_comparison import SampledComparison, Wording
from ..decision.statistics_settings import confidence_of
from ..decision.verdict_rule import Verdict
from ..evidence.evidence_reader import EvidenceFolder
from ..metrics.metric import Metric
from ..metrics.metric_values import difference_interval, metric_named, outputs_of, resampling
from ..metrics.sample_planning import Need, scaled_rows
from ..statistics import Interval
from . import performance
from .gate_kind import GateBlocks, GateContext, GateKind, PlanContext, ReportEntry
from .performance import NonNegative, Thresholds, check_plan_name

Names = Annotated[list[str], Limits(length=1, unique=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """How much worse than the champion's one metric may be."""

    max_degradation: NonNegative


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """How much worse than the champion a candidate may be, absolute, on the same rows."""

    max_degradation: Annotated[
        NonNegative | None, Limits(about="for each metric without a separate limit, in the metric's unit")
    ] = None
    metrics: Annotated[
        Names | Annotated[dict[str, Degradation], Limits(length=1)] | None,
        Limits(about="the metrics to compare, with or without separate limits; by default those under performance"),
    ] = None

    SCHEMA: ClassVar[dict[str, Any]] = {"minProperties": 1}

    def __post_init__(self) -> None:
        """Refuse a block without a limit."""
        if self.max_degradation is None and not isinstance(self.metrics, dict):
            raise InvalidFields("needs the key 'max_degradation', as in {max_degradation: 0.01}.")


@dataclass(frozen=True, slots=True)
class ComparedMetric:
    """A metric to compare, how much worse it may be, and its place in the gate file.

    ``higher_is_better`` is used only for a custom metric, and comes from its threshold.
    """

    name: str
    limit: float
    place: Place
    higher_is_better: bool


def check(context: GateContext, block: Regression) -> list[ExplainedResult]:
    """Judge for each metric how much worse the candidate is; without a champion each gate passes.

    Raises:
        GateError: There is no metric to compare, the evidence lacks a metric, or a limit is impossible.
    """
    thresholds = context.blocks.block(performance.KIND) or {}
    found = [check_metric(context, compared) for compared in metrics_to_judge(context.evidence, block, thresholds)]
    if not found:
        raise GateError("regression compares no metric: name some under regression.metrics.", KIND.name)
    return found


def compared_metrics(block: Regression, thresholds: Thresholds) -> Iterator[ComparedMetric]:
    """Yield the metrics that ``regression.metrics`` names, or else those under ``performance``."""
    own = {name: threshold.max_degradation for name, threshold in thresholds.items()}
    for number, name in enumerate(block.metrics or thresholds):
        place: Place = (performance.KIND.name, name)
        if block.metrics is not None:
            place = (KIND.name, "metrics", name if isinstance(block.metrics, dict) else number)
        limit = block.metrics[name].max_degradation if isinstance(block.metrics, dict) else own.get(name)
        limit = block.max_degradation if limit is None else limit
        assert limit is not None  # the block has a limit, or each of its metrics has one
        yield ComparedMetric(name, limit, place, name not in thresholds or thresholds[name].max is None)


def metrics_to_judge(evidence: EvidenceFolder, block: Regression, thresholds: Thresholds) -> Iterator[ComparedMetric]:
    """Yield ``compared_metrics`` without the custom metrics that the gate file does not compare.

    Raises:
        GateError: The evidence lacks a metric, or a limit is impossible.
    """
    for compared in compared_metrics(block, thresholds):
        metric = metric_named(evidence, compared.name, *compared.place)
        own = thresholds.get(compared.name)
        if metric is None and block.metrics is None and (own is None or own.max_degradation is None):
            continue
        if metric is None and own is None:
            raise GateError(
                f"{compared.name} is a custom metric: add a `min` or a `max` under performance, which shows whether "
                "higher or lower is better.",
                *compared.place,
            )
        if metric and metric.lowest == 0 and metric.highest == 1 and compared.limit > 1:
            raise GateError(
                f"{compared.name} is between 0 and 1 and cannot fall by {compared.limit:g}: 0.01 is one point.",
                *compared.place,
            )
        yield compared


def check_metric(context: GateContext, compared: ComparedMetric) -> ExplainedResult:
    """Judge one metric. The estimate is how much worse the candidate is, negative if it is better."""
    evidence, name = context.evidence, compared.name
    change = difference_interval(evidence, name, confidence_of(context.statistics), *compared.place)
    if change is None or evidence.champion is None:
        return without_sample(compared, None, "first model: there is no champion yet")
    document = evidence.document
    if document.champion and document.champion.digest == document.candidate.digest:
        return without_sample(compared, 0.0, "the candidate is the champion itself")
    metric = metric_named(evidence, name)
    higher_is_better = metric.higher_is_better if metric else compared.higher_is_better
    degradation = mirrored(change) if higher_is_better else change
    before, now = both_values(evidence, name)
    sampled = SampledComparison.of_rows(degradation, "<=", compared.limit, context.statistics, n=evidence.rows)
    wording = Wording(
        subject=name,
        value=degradation_in_words,
        details=f" (candidate {now:.4f}, champion {before:.4f})",
    )
    formula = "champion - candidate" if higher_is_better else "candidate - champion"
    result = sampled.result(KIND.name, name, wording)
    return ExplainedResult(result, f"{formula}, on the same rows", {"candidate": now, "champion": before})


def without_sample(compared: ComparedMetric, estimate: float | None, reason: str) -> ExplainedResult:
    """Return PASS for a metric without anything to compare with."""
    result = GateResult(
        kind=KIND.name,
        name=compared.name,
        verdict=Verdict.PASS,
        estimate=estimate,
        comparison="<=",
        threshold=compared.limit,
        reason=reason,
    )
    return ExplainedResult(result, "champion - candidate, on the same rows")


def mirrored(interval: Interval) -> Interval:
    """Return the interval of the negative of the value."""
    lower = None if interval.upper is None else -interval.upper
    upper = None if interval.lower is None else -interval.lower
    return Interval(
        -interval.estimate, lower, upper, interval.n, interval.confidence, interval.method, interval.unknown
    )


def both_values(evidence: EvidenceFolder, name: str) -> tuple[float, float]:
    """Return the champion's value and the candidate's."""
    metric = metrics.BY_TASK[evidence.document.task].get(name)
    if metric is None:
        custom = evidence.document.custom_metrics[name]
        assert custom.champion is not None  # otherwise difference_interval has raised an error
        return custom.champion, custom.candidate
    assert evidence.champion is not None
    drawn = resampling(evidence, 0.95, "value", name)
    both = (outputs_of(evidence, scored) for scored in (evidence.champion, evidence.candidate))
    before, now = (metric.interval(outputs, drawn).estimate for outputs in both)
    return before, now


# ---------------------------------------------------------------------------------------------------- the gate file


def check_blocks(blocks: GateBlocks) -> None:
    """Refuse a limit that no gate uses, or that is larger than the range of the metric."""
    block, thresholds = blocks.block(KIND), blocks.block(performance.KIND) or {}
    for name, threshold in thresholds.items():
        if threshold.max_degradation is None:
            continue
        place = (performance.KIND.name, name, "max_degradation")
        if block is None:
            raise InvalidFields(
                "no gate compares with the champion: add `regression: {max_degradation: 0.01}`.", *place
            )
        if block.metrics is not None and name not in block.metrics:
            raise InvalidFields(f"regression.metrics does not name '{name}'.", *place)
        if isinstance(block.metrics, dict):
            raise InvalidFields(f"regression.metrics.{name} sets the same limit: remove one of them.", *place)
    for name, limit, at in degradations(block, thresholds):
        widest = max(metrics.with_name(name), key=span, default=None)
        if widest and limit > span(widest):
            raise InvalidFields(f"{name} is {widest.range} and cannot get worse by {limit:g}: 0.01 is one point.", *at)


def degradations(block: Regression | None, thresholds: Thresholds) -> Iterator[tuple[str, float, Place]]:
    """Yield each metric that is compared with the champion's, its limit, and the place of the limit."""
    if block is None:
        return
    if block.metrics is None and not thresholds:
        raise InvalidFields(
            "there is nothing to compare; name metrics under performance or here.", KIND.name, "metrics"
        )
    for name in block.metrics or thresholds:
        threshold = thresholds.get(name)
        if isinstance(block.metrics, dict):
            yield name, block.metrics[name].max_degradation, (KIND.name, "metrics", name, "max_degradation")
        elif threshold is not None and threshold.max_degradation is not None:
            yield name, threshold.max_degradation, (performance.KIND.name, name, "max_degradation")
        elif block.max_degradation is not None:
            yield name, block.max_degradation, (KIND.name, "max_degradation")


def span(metric: Metric) -> float:
    """Return the distance between a metric's lowest and highest value; infinite if one of them does not exist."""
    return math.inf if metric.lowest is None or metric.highest is None else metric.highest - metric.lowest


# ---------------------------------------------------------------------------------------------------------- the plan


def plan(context: PlanContext, block: Regression) -> list[Need]:
    """Return the rows for a candidate that is exactly as good as the champion."""
    found = []
    for compared in compared_metrics(block, context.blocks.block(performance.KIND) or {}):
        check_plan_name(context, compared.name, compared.place)
        found.append(plan_metric(context, compared))
    return found


def plan_metric(context: PlanContext, compared: ComparedMetric) -> Need:
    """Return the rows for one metric."""
    gate, limit, conditions = f"{KIND.name}.{compared.name}", compared.limit, context.conditions
    metric = metrics.BY_TASK[conditions.task].get(compared.name)
    if limit <= 0:
        note = "a limit of 0: a model as good as the champion cannot prove it, only a better one can"
        return Need(gate, 0.0, limit, None, "rows", note)
    if conditions.evidence is not None and conditions.evidence.champion is not None:
        interval = difference_interval(conditions.evidence, compared.name, conditions.confidence, KIND.name)
        if interval is None or metric is None:
            return Need(gate, 0.0, limit, None, "rows", "computed by the trainer: no bound is known for it")
        rows = scaled_rows(conditions, interval, ">=" if metric.higher_is_better else "<=", limit)
        note = "as good as the champion, differing as in this evidence" if rows else str(interval.unknown)
        return Need(gate, 0.0, limit, rows, "rows", note)
    if metric is not None and metric.paired_rows_needed is not None:
        rows, note = metric.paired_rows_needed(conditions, limit)
        return Need(gate, 0.0, limit, rows, "rows", note)
    note = "unknown how often the models differ: pass evidence with a champion, --evidence DIR"
    return Need(gate, 0.0, limit, None, "rows", note)


KIND: GateKind[Regression] = GateKind(
    name="regression",
    block=Regression,
    check=check,
    plan=plan,
    check_blocks=check_blocks,
    report=ReportEntry(without_estimate="first model", without_figure="no champion to compare with", relative=True),
)
