"""``performance``: comparison of each named metric with its threshold, on the held-out rows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from .. import metrics
from ..core.dataclass_schema import InvalidFields, Limits, Place, shown_value
from ..core.errors import GateError
from ..decision.gate_result import ExplainedResult
from ..decision.sampled_comparison import SampledComparison, Wording
from ..decision.statistics_settings import confidence_of
from ..decision.verdict_rule import Comparison, meets
from ..metrics.metric_values import candidate_interval, formula_inputs, metric_named
from ..metrics.sample_planning import Need, scaled_rows
from .gate_kind import GateBlocks, GateContext, GateKind, PlanContext, QualityRange

NonNegative = Annotated[float, Limits(at_least=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """``min`` for a metric that is better if higher, ``max`` for one that is better if lower."""

    min: float | None = None
    max: float | None = None
    max_degradation: Annotated[
        NonNegative | None, Limits(about="how much worse than the champion, instead of regression.max_degradation")
    ] = None

    SCHEMA: ClassVar[dict[str, Any]] = {"oneOf": [{"required": ["min"]}, {"required": ["max"]}]}

    def __post_init__(self) -> None:
        """Refuse a threshold without a limit, or with two."""
        if (self.min is None) == (self.max is None):
            raise InvalidFields("needs either min or max, as in {min: 0.9}.")

    @property
    def comparison(self) -> Comparison:
        """How the metric is compared with the limit."""
        return "<=" if self.min is None else ">="

    @property
    def limit(self) -> float:
        """The number that the metric is compared with."""
        limit = self.max if self.min is None else self.min
        assert limit is not None  # __post_init__ requires exactly one of them
        return limit


Thresholds = Mapping[str, Threshold]  # by the name of the metric


def check(context: GateContext, block: Thresholds) -> list[ExplainedResult]:
    """Judge each metric.

    Raises:
        GateError: A metric is unknown, or not defined on these rows.
    """
    evidence = context.evidence
    found = []
    for name, threshold in block.items():
        interval = candidate_interval(evidence, name, confidence_of(context.statistics), KIND.name, name)
        compared = SampledComparison.of_rows(
            interval, threshold.comparison, threshold.limit, context.statistics, n=evidence.rows
        )
        wording = Wording(subject=name)
        metric = metric_named(evidence, name)
        formula = metric.formula if metric else "computed by the trainer"
        result = compared.result(KIND.name, name, wording)
        found.append(ExplainedResult(result, formula, formula_inputs(evidence, name)))
    return found


def check_blocks(blocks: GateBlocks) -> None:
    """Refuse a threshold on the wrong side, or outside the range of its metric.

    Other names may be custom metrics, whose range is unknown.
    """
    for name, threshold in (blocks.block(KIND) or {}).items():
        known = metrics.with_name(name)
        if not known:
            continue
        wrong, right = ("max", "min") if known[0].higher_is_better else ("min", "max")
        if getattr(threshold, wrong) is not None:
            message = f"{wrong} would let every bad model pass; this metric needs {right}."
            raise InvalidFields(message, KIND.name, name, wrong)
        value = getattr(threshold, right)
        if not any(
            (metric.lowest is None or value >= metric.lowest) and (metric.highest is None or value <= metric.highest)
            for metric in known
        ):
            raise InvalidFields(f"{name} is {known[0].range}; found {shown_value(value)}.", KIND.name, name, right)


def check_plan_name(context: PlanContext, name: str, place: Place) -> None:
    """Refuse a metric of another task, like the check; without evidence, an unknown name may be a custom metric.

    Raises:
        GateError: The message contains the tasks that have the metric.
    """
    conditions = context.conditions
    if conditions.evidence is not None:
        metric_named(conditions.evidence, name, *place)
    elif name not in metrics.BY_TASK[conditions.task] and name in metrics.NAMES:
        tasks = " or ".join(task for task, known in metrics.BY_TASK.items() if name in known)
        raise GateError(f"the task {conditions.task} has no metric '{name}'; use --task {tasks}.", *place)


def plan(context: PlanContext, block: Thresholds) -> list[Need]:
    """Return the rows for each metric."""
    return [plan_metric(context, name, threshold) for name, threshold in block.items()]


def plan_metric(context: PlanContext, name: str, threshold: Threshold) -> Need:
    """Return the rows for one metric."""
    check_plan_name(context, name, (KIND.name, name))
    gate, limit, conditions = f"{KIND.name}.{name}", threshold.limit, context.conditions
    metric = metrics.BY_TASK[conditions.task].get(name)
    quality = context.quality(name, limit, metric)
    if metric is None:
        return Need(gate, quality, limit, None, "rows", "computed by the trainer: no bound is known for it")
    if quality is None:
        return Need(gate, None, limit, None, "rows", f"state the quality of the model: --quality {name}=…")
    if meets(limit, threshold.comparison, quality):
        note = "a model of this quality does not exceed the threshold: no number of rows is sufficient"
        return Need(gate, quality, limit, None, "rows", note)
    if metric.rows_needed is not None:
        rows, note = metric.rows_needed(conditions, quality, limit)
        return Need(gate, quality, limit, rows, "rows", note)
    if conditions.evidence is None:
        note = "unknown how much it varies: pass the evidence of an earlier model, --evidence DIR"
        return Need(gate, quality, limit, None, "rows", note)
    interval = candidate_interval(conditions.evidence, name, conditions.confidence, KIND.name, name)
    scaled = scaled_rows(conditions, interval, threshold.comparison, abs(quality - limit))
    if scaled and metric.least_rows is not None:
        scaled = max(scaled, metric.least_rows(conditions))
    note = "varies as in this evidence" if scaled else "no bound"
    return Need(gate, quality, limit, scaled, "rows", note)


def qualities(context: PlanContext, block: Thresholds) -> Mapping[str, QualityRange | None]:
    """Return the qualities that a user may state: the true value of each metric."""
    found: dict[str, QualityRange | None] = {}
    for name in block:
        metric = metrics.BY_TASK[context.conditions.task].get(name)
        found[name] = (
            None
            if metric is None
            else QualityRange(
                -math.inf if metric.lowest is None else metric.lowest,
                math.inf if metric.highest is None else metric.highest,
                f"{name} is {metric.range}",
            )
        )
    return found


KIND: GateKind[Thresholds] = GateKind(
    name="performance",
    block=Annotated[dict[str, Threshold], Limits(length=1, keys=metrics.NAMES)],
    check=check,
    plan=plan,
    qualities=qualities,
    check_blocks=check_blocks,
)
