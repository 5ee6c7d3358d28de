"""``fairness``: how far a metric differs between the groups of a protected attribute."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import metrics
from ..core.dataclass_schema import InvalidFields, Limits
from ..core.errors import EvidenceError, GateError
from ..core.suggestion import suggestion
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.reasons import about, distinct_digits, percent, too_few
from ..decision.sample_size import growth
from ..decision.sampled_comparison import SampledComparison
from ..decision.statistics_settings import Statistics, confidence_of
from ..decision.verdict_rule import Verdict, meets, overall_verdict, rounded, verdict_of_small_sample
from ..evidence.contract import Task
from ..evidence.evidence_reader import MAX_GROUPS, EvidenceFolder, Grouping
from ..metrics.metric_values import outputs_of
from ..metrics.regression import absolute_errors
from ..metrics.sample_planning import Need, group_rows, mean_rows
from ..statistics import Interval, difference, mean, proportion
from . import performance
from .gate_kind import GateContext, GateKind, PlanContext, QualityRange
from .performance import NonNegative

Combined = Annotated[list[str], Limits(length=2, unique=True)]
FairnessMetric = Literal[
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "equalized_odds",
    "error",
    "equalised_odds",
    "recall",
    "mae",
]
DEFAULT = {"classification": "accuracy", "multiclass": "accuracy", "regression": "error"}
OTHER_SPELLINGS = {"equalised_odds": "equalized_odds", "recall": "true_positive_rate", "mae": "error"}
BY_TASK = {
    "classification": ("accuracy", "selection_rate", "true_positive_rate", "false_positive_rate", "equalized_odds"),
    "multiclass": ("accuracy",),
    "regression": ("error",),
}
FORMULAS = {
    "accuracy": "right / rows of the group",
    "selection_rate": "rows predicted positive / rows of the group",
    "true_positive_rate": "TP / (TP + FN) in the group",
    "false_positive_rate": "FP / (FP + TN) in the group",
    "error": "mean of |prediction - truth| in the group",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Largest allowed difference of a metric between two groups."""

    max_disparity: NonNegative
    protected_attributes: Annotated[
        list[str | Combined], Limits(length=1, unique=True, about="a list within the list combines attributes")
    ]
    metric: Annotated[FairnessMetric | None, Limits(about="by default accuracy, error for a regression")] = None

    def __post_init__(self) -> None:
        """Refuse a limit above 1 for shares."""
        if self.metric not in (None, "error", "mae") and self.max_disparity > 1:
            raise InvalidFields(
                f"shares cannot differ by {self.max_disparity:g}: 0.05 is five points.", "max_disparity"
            )

    def attributes(self) -> list[list[str]]:
        """Return the names of each attribute; a combination has several."""
        return [[names] if isinstance(names, str) else names for names in self.protected_attributes]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share by group: successes among trials."""

    name: str
    successes: NDArray[np.int64]  # (groups,)
    trials: NDArray[np.int64]

    def defined(self, group: int) -> bool:
        """Return whether the group has a trial."""
        return bool(self.trials[group])

    def estimate(self, group: int) -> float:
        """Return the share in the group."""
        return float(self.successes[group] / self.trials[group])

    def value(self, group: int, confidence: float) -> Interval:
        """Return the share in the group with bounds."""
        return proportion.clopper_pearson(int(self.successes[group]), int(self.trials[group]), confidence)

    def difference(self, one: int, other: int, confidence: float) -> Interval:
        """Return the share in ``one`` minus that in ``other`` with bounds."""
        x, n = self.successes, self.trials
        return difference.independent(int(x[one]), int(n[one]), int(x[other]), int(n[other]), confidence)

    def in_words(self, group: int) -> str:
        """Return the counts of the group."""
        return f"{self.successes[group]} of {self.trials[group]}"


@dataclass(frozen=True, slots=True)
class MeanError:
    """A mean error by group, from the losses of its rows."""

    name: str
    losses: Sequence[NDArray[np.float64]]  # of each group

    def defined(self, group: int) -> bool:
        """Return whether the group has a row."""
        return bool(len(self.losses[group]))

    def estimate(self, group: int) -> float:
        """Return the mean in the group."""
        return float(self.losses[group].mean())

    def value(self, group: int, confidence: float) -> Interval:
        """Return the mean in the group with bounds."""
        return mean.mean(self.losses[group], confidence)

    def difference(self, one: int, other: int, confidence: float) -> Interval:
        """Return the mean in ``one`` minus that in ``other`` with bounds."""
        return difference.means_independent(self.losses[one], self.losses[other], confidence)

    def in_words(self, group: int) -> str:
        """Return mean and number of rows of the group."""
        return f"mean {self.estimate(group):.6g} of {len(self.losses[group])}"


Part = Rate | MeanError


@dataclass(frozen=True, slots=True)
class Pair:
    """Two compared groups; the interval is of the absolute difference between them."""

    part: Part
    low: int
    high: int
    compared: SampledComparison

    @property
    def interval(self) -> Interval:
        """The absolute difference between the two groups."""
        return self.compared.interval

    @property
    def too_far(self) -> bool:
        """Whether the difference fails the gate."""
        return self.compared.fails_as_group


@dataclass(frozen=True, slots=True)
class GroupValue:
    """The metric in one group, for the report; ``interval`` is None if the metric is not defined on these rows."""

    name: str
    metric: str
    rows: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class GroupSizes:
    """The groups of one attribute, their rows, and which of them are too small.

    ``undefined``: pairs of a part of the metric and a group that has no row for it.
    """

    names: tuple[str, ...]
    rows: NDArray[np.int64]  # (groups,)
    minimum: int
    undefined: tuple[tuple[Part, int], ...]

    @property
    def small(self) -> list[int]:
        """Groups with fewer rows than required, or without a row for the metric."""
        without = {group for _, group in self.undefined}
        return [group for group in range(len(self.names)) if self.rows[group] < self.minimum or group in without]

    def counted(self, group: int) -> int:
        """Return the rows that count for the minimum: 0 for a group without a row for the metric."""
        return 0 if any(group == other for _, other in self.undefined) else int(self.rows[group])


@dataclass(frozen=True, slots=True)
class AttributeComparison:
    """The comparisons of all pairs of groups of one attribute."""

    sizes: GroupSizes
    pairs: tuple[Pair, ...]
    all_rows: int
    limit: float
    statistics: Statistics | None

    @property
    def large_pairs(self) -> list[Pair]:
        """Pairs in which both groups are large enough."""
        small = self.sizes.small
        return [pair for pair in self.pairs if pair.low not in small and pair.high not in small]

    @property
    def unproven(self) -> list[Pair]:
        """Large pairs whose bound does not meet the limit."""
        return [pair for pair in self.large_pairs if not pair.compared.proven]

    @property
    def too_far(self) -> list[Pair]:
        """Pairs that fail the gate."""
        return [pair for pair in self.pairs if pair.too_far]

    @property
    def few_rows(self) -> bool:
        """Whether all rows together are fewer than ``statistics.min_samples``."""
        return self.statistics is not None and self.all_rows < self.statistics.min_samples

    @property
    def verdict(self) -> Verdict:
        """FAIL: two groups differ too much. HOLD: a pair is not proven, rows are too few, or a group has none."""
        verdicts = [pair.compared.verdict_on_group for pair in self.pairs]
        if self.statistics is not None:
            if self.few_rows or self.sizes.small:
                verdicts.append(verdict_of_small_sample(self.statistics))
            if self.sizes.undefined:  # a group without a row for the metric must not pass
                verdicts.append(Verdict.HOLD)
        return overall_verdict(verdicts)

    @property
    def widest(self) -> Pair:
        """The pair with the largest difference, which the result reports."""
        return max(self.too_far or self.large_pairs or self.pairs, key=lambda pair: pair.interval.estimate)

    @property
    def upper(self) -> float | None:
        """The upper bound of the largest difference; None if a group is too small or a bound is not known."""
        bounds = [pair.interval.upper for pair in self.large_pairs]
        if not bounds or self.sizes.small or None in bounds:
            return None
        return max(bound for bound in bounds if bound is not None)

    @property
    def missing_rows(self) -> int | None:
        """About how many more rows of the named groups would settle it."""
        sizes = self.sizes
        lacking = sum(max(0, sizes.minimum - int(sizes.rows[group])) for group in sizes.small)
        for pair in self.unproven:
            factor = growth(pair.interval, "<=", self.limit)
            if factor is None:
                return None
            rows = sizes.rows[pair.low] + sizes.rows[pair.high]
            lacking = max(lacking, int(np.ceil(rows * (factor - 1))))
        return lacking or None


def check(context: GateContext, block: Fairness) -> list[ExplainedResult]:
    """Judge, for each attribute, the largest difference of the metric between two groups.

    Each pair is tested at the gate file's confidence, and all must pass. A model with one pair that differs too much
    passes only if the bound of that pair is wrong, with a probability of at most 1 - confidence, regardless of the
    number of pairs. With ``statistics``, a group of fewer than ``min_group_samples`` rows, or without a row for the
    metric, is named and gets the verdict HOLD; it fails the gate only if the difference is proven despite that.

    Raises:
        GateError: An attribute or the metric is unknown, or the limit is impossible.
        EvidenceError: An attribute has only one group, or the metric is not defined in a group.
    """
    metric = metric_of(context.evidence.document.task, block)
    found = []
    for number, names in enumerate(block.attributes()):
        grouping = groups_of(context.evidence, names, (KIND.name, "protected_attributes", number))
        found.append(check_attribute(context, block, " + ".join(names), grouping, metric))
    return found


def metric_of(task: Task, block: Fairness | None) -> str:
    """Return the metric that compares the groups, in the spelling of the engine.

    Raises:
        GateError: The task has no such metric, or the limit is impossible.
    """
    named = block.metric if block else None
    metric = OTHER_SPELLINGS.get(named or "", named) or DEFAULT[task]
    if metric not in BY_TASK[task]:
        hint = suggestion(metric, BY_TASK[task])
        raise GateError(f"the task {task} has no metric '{metric}' for fairness; {hint}", "fairness", "metric")
    if block and metric != "error" and block.max_disparity > 1:
        raise GateError(
            f"shares cannot differ by {block.max_disparity:g}: 0.05 is five points.", "fairness", "max_disparity"
        )
    return metric


def groups_of(evidence: EvidenceFolder, names: Sequence[str], place: tuple[str | int, ...]) -> Grouping:
    """Return the groups of an attribute, or of several attributes: each combination that occurs is a group.

    Raises:
        GateError: An attribute is unknown.
        EvidenceError: There are more combinations than can be compared.
    """
    for name in names:
        if name not in evidence.groups:
            hint = suggestion(name, evidence.groups)
            raise GateError(f"the evidence has no protected attribute '{name}'; {hint}", *place)
    parts = [evidence.groups[name] for name in names]
    if len(parts) == 1:
        return parts[0]
    together = np.zeros(evidence.rows, dtype=np.int64)
    for part in parts:
        together = together * len(part.names) + part.codes
    combined, codes = np.unique(together, return_inverse=True)
    if len(combined) > MAX_GROUPS:
        raise EvidenceError(
            f"fairness: {' + '.join(names)} give {len(combined)} groups; at most {MAX_GROUPS} can be compared"
        )
    labels = []
    for code in combined.tolist():
        values = []
        for part in reversed(parts):
            code, place_of = divmod(code, len(part.names))
            values.append(part.names[place_of])
        labels.append(", ".join(reversed(values)))
    return Grouping(tuple(labels), codes.astype(np.int64))


def parts_of(evidence: EvidenceFolder, grouping: Grouping, metric: str) -> list[Part]:
    """Return the parts of a metric: one rate, the two rates of the equalized odds, or the error."""
    count, codes = len(grouping.names), grouping.codes

    def rate(name: str, success: NDArray[Any], among: NDArray[Any] | None = None) -> Rate:
        trials = codes if among is None else codes[among]
        hits = codes[success if among is None else success & among]
        return Rate(name, np.bincount(hits, minlength=count), np.bincount(trials, minlength=count))

    mine = outputs_of(evidence, evidence.candidate)
    if metric == "error":
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=count))[:-1]
        return [MeanError(metric, np.split(absolute_errors(mine)[order], ends))]
    rates: Mapping[str, Callable[[], Rate]] = {
        "accuracy": lambda: rate("accuracy", mine.right),
        "selection_rate": lambda: rate("selection_rate", mine.prediction == 1),
        "true_positive_rate": lambda: rate("true_positive_rate", mine.prediction == 1, mine.truth == 1),
        "false_positive_rate": lambda: rate("false_positive_rate", mine.prediction == 1, mine.truth == 0),
    }
    wanted = ("true_positive_rate", "false_positive_rate") if metric == "equalized_odds" else (metric,)
    return [rates[name]() for name in wanted]


def check_attribute(
    context: GateContext, block: Fairness, attribute: str, grouping: Grouping, metric: str
) -> ExplainedResult:
    """Judge one attribute."""
    names, statistics, limit = grouping.names, context.statistics, block.max_disparity
    if len(names) < 2:
        raise EvidenceError(f"fairness: all rows are in one group of '{attribute}', {list(names)}: nothing to compare")
    parts = parts_of(context.evidence, grouping, metric)
    rows = np.bincount(grouping.codes, minlength=len(names))
    undefined = tuple((part, group) for part in parts for group in range(len(names)) if not part.defined(group))
    if undefined and statistics is None:
        part, group = undefined[0]
        raise EvidenceError(
            f"fairness: {part.name} is not defined in group '{names[group]}' of '{attribute}' ({rows[group]} rows)"
        )
    sizes = GroupSizes(names, rows, statistics.min_group_samples if statistics else 1, undefined)
    pairs = all_pairs(parts, sizes, limit, statistics)
    if not pairs:
        raise EvidenceError(f"fairness: {metric} is defined in fewer than two groups of '{attribute}'")
    compared = AttributeComparison(sizes, tuple(pairs), context.evidence.rows, limit, statistics)
    inputs = {
        f"{part.name} of '{names[group]}'": part.in_words(group) if part.defined(group) else "no row"
        for part in parts
        for group in range(len(names))
    }
    formula = "largest - smallest over the groups of: " + "; ".join(FORMULAS[part.name] for part in parts)
    return ExplainedResult(result_of(attribute, compared), formula, inputs)


def result_of(attribute: str, compared: AttributeComparison) -> GateResult:
    """Return the gate result of one attribute."""
    widest, verdict = compared.widest, compared.verdict
    more = compared.missing_rows if verdict is Verdict.HOLD else None
    confidence = confidence_of(compared.statistics)
    return GateResult(
        kind=KIND.name,
        name=attribute,
        verdict=verdict,
        estimate=rounded(widest.interval.estimate),
        lower=rounded(lower_bound(widest, len(compared.pairs), confidence)),
        upper=rounded(compared.upper),
        confidence=confidence,
        comparison="<=",
        threshold=compared.limit,
        n=int(compared.sizes.rows.min()),
        method=widest.interval.method,
        more_rows=more,
        reason=reason(compared, more) + too_few_rows(compared),
    )


def all_pairs(parts: Sequence[Part], sizes: GroupSizes, limit: float, statistics: Statistics | None) -> list[Pair]:
    """Compare every two groups in which the metric is defined; the one with the smaller value is ``low``."""
    found = []
    for part in parts:
        defined = [group for group in range(len(sizes.names)) if part.defined(group)]
        for one, other in combinations(defined, 2):
            try:
                interval = part.difference(one, other, confidence_of(statistics))
            except ValueError as error:
                raise EvidenceError(f"fairness: {part.name}: {error}") from error
            low, high = (other, one) if interval.estimate >= 0 else (one, other)
            n = min(sizes.counted(low), sizes.counted(high))
            compared = SampledComparison(distance(interval), "<=", limit, statistics, n, sizes.minimum)
            found.append(Pair(part, low, high, compared))
    return found


def distance(interval: Interval) -> Interval:
    """Return the interval of the absolute difference."""
    lower, upper = interval.lower, interval.upper
    far = None if lower is None or upper is None else max(upper, -lower)
    near = None if lower is None or upper is None else max(0.0, lower, -upper)
    return Interval(
        abs(interval.estimate), near, far, interval.n, interval.confidence, interval.method, interval.unknown
    )


def lower_bound(widest: Pair, pairs: int, confidence: float) -> float | None:
    """Return the lower bound of the largest difference, corrected for selecting the widest of all pairs.

    Bonferroni: ``pairs`` bounds, each at ``1 - (1 - confidence) / pairs``, hold together at the confidence.
    """
    interval = widest.part.difference(widest.high, widest.low, 1 - (1 - confidence) / pairs)
    return None if interval.lower is None else max(0.0, interval.lower)


def reason(compared: AttributeComparison, more: int | None) -> str:
    """Return the widest pair with both values, the bound, the limit, what is not proven, and the small groups."""
    widest, sizes, verdict = compared.widest, compared.sizes, compared.verdict
    names, small, unproven = sizes.names, sizes.small, compared.unproven
    low, high = (widest.part.estimate(group) for group in (widest.low, widest.high))
    upper = compared.upper
    estimate, *bounds = distinct_digits(widest.interval.estimate, *([] if upper is None else [upper]))
    words = f"{widest.part.name} differs by {estimate}"
    words += f" ({low:.3f} for '{names[widest.low]}', {high:.3f} for '{names[widest.high]}')"
    if bounds:
        words += f", at most {bounds[0]} between any two groups with {percent(widest.interval.confidence)}"
    words += f", threshold {compared.limit:g}: "
    if verdict is Verdict.FAIL:
        met = meets(widest.interval.estimate, "<=", compared.limit)
        words += "not proven, and on_insufficient is fail" if met else "not met"
    elif not unproven and not small:
        words += "proven" if compared.statistics else "met, and proven"
    else:
        words += ("" if compared.statistics else "met, but ") + "not proven"
        doubtful = max(unproven, key=lambda pair: pair.interval.upper or np.inf, default=None)
        if doubtful is not None and doubtful.interval.upper is None:
            words += f": '{names[doubtful.low]}' and '{names[doubtful.high]}', {doubtful.interval.unknown}"
        elif doubtful is not None:
            words += f" for '{names[doubtful.low]}' and '{names[doubtful.high]}'"
        if more is not None:
            words += f"; about {about(more)} more rows of these groups would settle it"
    return words + small_groups(sizes, verdict)


def small_groups(sizes: GroupSizes, verdict: Verdict) -> str:
    """Return the part of the reason that names the groups that are too small."""
    if not sizes.small:
        return ""
    few = [
        f"'{sizes.names[group]}' has {too_few(sizes.rows[group], sizes.minimum)}"
        if sizes.rows[group] < sizes.minimum
        else f"'{sizes.names[group]}' has no row for "
        f"{next(part.name for part, other in sizes.undefined if other == group)}"
        for group in sizes.small
    ]
    accepted = " (NOT PROVEN, but on_insufficient is pass)" if verdict is Verdict.PASS else ""
    return f"; too small: {'; '.join(few)}{accepted}"


def too_few_rows(compared: AttributeComparison) -> str:
    """Return the part of the reason that names a sample that is too small as a whole."""
    if compared.statistics is None or not compared.few_rows:
        return ""
    accepted = " (NOT PROVEN, but on_insufficient is pass)" if compared.verdict is Verdict.PASS else ""
    return f"; {too_few(compared.all_rows, compared.statistics.min_samples)}{accepted}"


def by_group(evidence: EvidenceFolder, attributes: Sequence[str], metric: str, confidence: float) -> list[GroupValue]:
    """Return the metric in each group with its bounds, for the report; both rates of the equalized odds."""
    grouping = groups_of(evidence, attributes, ("fairness",))
    rows = np.bincount(grouping.codes, minlength=len(grouping.names))
    return [
        GroupValue(name, part.name, int(rows[group]), part.value(group, confidence) if part.defined(group) else None)
        for part in parts_of(evidence, grouping, metric)
        for group, name in enumerate(grouping.names)
    ]


# ---------------------------------------------------------------------------------------------------------- the plan


def plan(context: PlanContext, block: Fairness) -> list[Need]:
    """Return the rows of each group, for groups that differ by ``--quality disparity=…`` (default 0)."""
    metric = metric_of(context.conditions.task, block)
    apart = context.given.get("disparity", 0.0)
    found = []
    for names in block.attributes():
        gate, unit = f"{KIND.name}.{' + '.join(names)}", "rows of each group"
        if block.max_disparity - apart <= 0:
            note = "groups that differ this much do not meet the threshold: no number of rows is sufficient"
            found.append(Need(gate, apart, block.max_disparity, None, unit, note))
            continue
        rows, note = rows_of_group(context, metric, apart, block.max_disparity)
        if rows is not None and context.conditions.evidence is not None:
            evidence = context.conditions.evidence
            smallest = min(value.rows for value in by_group(evidence, names, metric, context.conditions.confidence))
            total = math.ceil(rows * evidence.rows / smallest)
            note += f"; {total:,} rows in total, with groups as in this evidence"
        found.append(Need(gate, apart, block.max_disparity, rows, unit, note))
    return found


def rows_of_group(context: PlanContext, metric: str, apart: float, limit: float) -> tuple[int | None, str]:
    """Return the rows of each of two groups of equal size, from the variance of the metric."""
    conditions = context.conditions
    if metric != "error":
        share, counted = share_of_group(context, metric)
        rows = math.ceil(group_rows(conditions, share, apart, limit) / counted)
        return rows, f"{metric} {share:.3g}"
    if conditions.evidence is None:
        return None, "unknown how much the error varies: pass the evidence of an earlier model, --evidence DIR"
    outputs = outputs_of(conditions.evidence, conditions.evidence.candidate)
    variance = float(absolute_errors(outputs).var(ddof=1)) if conditions.evidence.rows > 1 else math.nan
    return mean_rows(conditions, 2 * variance, limit - apart), "the errors vary as in this evidence"


def share_of_group(context: PlanContext, metric: str) -> tuple[float, float]:
    """Return the share that is compared, and the share of a group's rows that count for it."""
    conditions, thresholds = context.conditions, context.blocks.block(performance.KIND) or {}
    known = {"true_positive_rate": "recall", "false_positive_rate": "specificity"}.get(metric, metric)
    share = 0.9 if metric != "selection_rate" else conditions.positives
    if known in thresholds or (conditions.evidence is not None and known in metrics.BY_TASK[conditions.task]):
        threshold = thresholds.get(known)
        minimum = (threshold.min if threshold else None) or 0.0
        found = context.quality(known, minimum, metrics.BY_TASK["classification"].get(known))
        share = share if found is None else found
    if metric == "equalized_odds":
        return share, min(conditions.positives, 1 - conditions.positives)
    counted = {"true_positive_rate": conditions.positives, "false_positive_rate": 1 - conditions.positives}
    return share, counted.get(metric, 1.0)


def qualities(context: PlanContext, block: Fairness) -> Mapping[str, QualityRange | None]:
    """Return the quality that a user may state: how much the groups differ."""
    named = OTHER_SPELLINGS.get(block.metric or "", block.metric) or DEFAULT[context.conditions.task]
    highest = math.inf if named == "error" else 1.0
    meaning = f"it is the difference of the groups, {'0 or more' if highest > 1 else 'between 0 and 1'}"
    return {"disparity": QualityRange(0.0, highest, meaning)}


KIND: GateKind[Fairness] = GateKind(
    name="fairness", block=Fairness, check=check, plan=plan, qualities=qualities, group_minimum=True
)
