"""``fairness``: how far a metric differs between the groups of a protected attribute."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .answer import Answer, confidence_of
from .config import Fairness, Statistics
from .errors import EvidenceError, GateError
from .metrics import absolute_errors
from .reading import MOST_GROUPS, EvidenceFolder, Grouping
from .rule import Finding, Verdict, insufficient, keeps, proven, rounded
from .statistics import Interval, difference, mean, proportion
from .typed import suggestion
from .values import answers
from .words import about, alike, growth, percent

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


@dataclass(frozen=True, slots=True)
class Rate:
    """Successes among trials, by group: what a share is made of."""

    name: str
    successes: NDArray[np.int64]  # (groups,)
    trials: NDArray[np.int64]

    def defined(self, group: int) -> bool:
        return bool(self.trials[group])

    def estimate(self, group: int) -> float:
        return float(self.successes[group] / self.trials[group])

    def value(self, group: int, confidence: float) -> Interval:
        return proportion.clopper_pearson(int(self.successes[group]), int(self.trials[group]), confidence)

    def difference(self, one: int, other: int, confidence: float) -> Interval:
        x, n = self.successes, self.trials
        return difference.independent(int(x[one]), int(n[one]), int(x[other]), int(n[other]), confidence)

    def words(self, group: int) -> str:
        return f"{self.successes[group]} of {self.trials[group]}"


@dataclass(frozen=True, slots=True)
class Error:
    """Losses of the rows, by group: what a mean is made of."""

    name: str
    losses: Sequence[NDArray[np.float64]]  # of each group

    def defined(self, group: int) -> bool:
        return bool(len(self.losses[group]))

    def estimate(self, group: int) -> float:
        return float(self.losses[group].mean())

    def value(self, group: int, confidence: float) -> Interval:
        return mean.mean(self.losses[group], confidence)

    def difference(self, one: int, other: int, confidence: float) -> Interval:
        return difference.means_independent(self.losses[one], self.losses[other], confidence)

    def words(self, group: int) -> str:
        return f"mean {self.estimate(group):.6g} of {len(self.losses[group])}"


Part = Rate | Error


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups compared; ``interval`` is of the distance between them, which has no sign."""

    part: Part
    low: int
    high: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class GroupValue:
    """The metric in one group, for the report; ``interval`` is None where these rows do not define it."""

    name: str
    metric: str
    rows: int
    interval: Interval | None


def check(evidence: EvidenceFolder, gate: Fairness, statistics: Statistics | None) -> list[Answer]:
    """Judge, for each attribute, the largest distance of the metric between two groups.

    Each pair is tested at the gate file's confidence, and all must pass: a model of which one pair is too far apart
    passes only when that pair's bound misses, with a probability of at most 1 - confidence, however many pairs there
    are. With ``statistics``, a group of fewer than ``min_group_samples`` rows, or without a row that the metric is
    made of, is named and held; it fails the gate only where the distance is proven all the same.

    Raises:
        GateError: an unknown attribute or metric, or a limit that cannot be meant.
        EvidenceError: an attribute with one group, or a group in which the metric is not defined.
    """
    metric = metric_of(evidence, gate)
    found = []
    for number, attribute in enumerate(gate.protected_attributes):
        names = [attribute] if isinstance(attribute, str) else attribute
        grouping = groups_of(evidence, names, ("fairness", "protected_attributes", number))
        found.append(judge(evidence, gate, statistics, " + ".join(names), grouping, metric))
    return found


def metric_of(evidence: EvidenceFolder, gate: Fairness) -> str:
    """The metric to compare groups by."""
    task = evidence.document.task
    metric = OTHER_SPELLINGS.get(gate.metric or "", gate.metric) or DEFAULT[task]
    if metric not in BY_TASK[task]:
        hint = suggestion(metric, BY_TASK[task])
        raise GateError(f"a {task} has no metric '{metric}' to compare groups by; {hint}", "fairness", "metric")
    if metric != "error" and gate.max_disparity > 1:
        raise GateError(
            f"shares cannot be {gate.max_disparity:g} apart: 0.05 is five points.", "fairness", "max_disparity"
        )
    return metric


def groups_of(evidence: EvidenceFolder, names: Sequence[str], place: tuple[str | int, ...]) -> Grouping:
    """The groups of an attribute, or of several together: each combination that occurs is a group.

    Raises:
        GateError: an unknown attribute.
        EvidenceError: more combinations than can be compared.
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
    if len(combined) > MOST_GROUPS:
        raise EvidenceError(f"fairness: {' + '.join(names)} make {len(combined)} groups; {MOST_GROUPS} can be compared")
    labels = []
    for code in combined.tolist():
        values = []
        for part in reversed(parts):
            code, place_of = divmod(code, len(part.names))
            values.append(part.names[place_of])
        labels.append(", ".join(reversed(values)))
    return Grouping(tuple(labels), codes.astype(np.int64))


def parts_of(evidence: EvidenceFolder, grouping: Grouping, metric: str) -> list[Part]:
    """What must not differ: one rate, the two of the equalized odds, or the error."""
    count, codes = len(grouping.names), grouping.codes

    def rate(name: str, success: NDArray[Any], among: NDArray[Any] | None = None) -> Rate:
        trials = codes if among is None else codes[among]
        hits = codes[success if among is None else success & among]
        return Rate(name, np.bincount(hits, minlength=count), np.bincount(trials, minlength=count))

    mine = answers(evidence, evidence.candidate)
    if metric == "error":
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=count))[:-1]
        return [Error(metric, np.split(absolute_errors(mine)[order], ends))]
    rates: Mapping[str, Callable[[], Rate]] = {
        "accuracy": lambda: rate("accuracy", mine.right),
        "selection_rate": lambda: rate("selection_rate", mine.prediction == 1),
        "true_positive_rate": lambda: rate("true_positive_rate", mine.prediction == 1, mine.truth == 1),
        "false_positive_rate": lambda: rate("false_positive_rate", mine.prediction == 1, mine.truth == 0),
    }
    wanted = ("true_positive_rate", "false_positive_rate") if metric == "equalized_odds" else (metric,)
    return [rates[name]() for name in wanted]


def judge(
    evidence: EvidenceFolder,
    gate: Fairness,
    statistics: Statistics | None,
    attribute: str,
    grouping: Grouping,
    metric: str,
) -> Answer:
    """One attribute."""
    names, confidence, limit = grouping.names, confidence_of(statistics), gate.max_disparity
    if len(names) < 2:
        raise EvidenceError(f"fairness: all rows are of one group of '{attribute}', {list(names)}: nothing to compare")
    parts = parts_of(evidence, grouping, metric)
    rows = np.bincount(grouping.codes, minlength=len(names))
    minimum = statistics.min_group_samples if statistics else 1
    undefined = [(part, group) for part in parts for group in range(len(names)) if not part.defined(group)]
    if undefined and statistics is None:
        part, group = undefined[0]
        raise EvidenceError(
            f"fairness: {part.name} is not defined in group '{names[group]}' of '{attribute}' ({rows[group]} rows)"
        )
    small = [group for group in range(len(names)) if rows[group] < minimum or any(g == group for _, g in undefined)]
    pairs = all_pairs(parts, len(names), confidence)
    large_pairs = [pair for pair in pairs if pair.low not in small and pair.high not in small]
    if not pairs:
        raise EvidenceError(f"fairness: {metric} is defined in no two groups of '{attribute}': nothing to compare")
    unproven = [pair for pair in large_pairs if not proven(pair.interval, "<=", limit)]
    missed = [pair for pair in pairs if too_far(pair, small, limit, statistics)]
    few = int(rows.min()) < minimum or (statistics is not None and evidence.rows < statistics.min_samples)
    verdict = verdict_of(missed, unproven, few, bool(undefined), statistics)
    widest = max(missed or large_pairs or pairs, key=lambda pair: pair.interval.estimate)
    upper = None
    if large_pairs and all(pair.interval.upper is not None for pair in large_pairs) and not small:
        upper = max(pair.interval.upper or 0.0 for pair in large_pairs)
    more = more_rows(grouping, rows, small, unproven, limit, minimum) if verdict is Verdict.HOLD else None
    finding = Finding(
        kind="fairness",
        name=attribute,
        verdict=verdict,
        estimate=rounded(widest.interval.estimate),
        lower=rounded(lower_bound(widest, len(pairs), confidence)),
        upper=rounded(upper),
        confidence=confidence,
        comparison="<=",
        threshold=limit,
        n=int(rows.min()),
        method=widest.interval.method,
        more_rows=more,
        reason=reason(names, rows, small, widest, upper, unproven, verdict, statistics, limit, minimum, more, parts)
        + too_few(evidence.rows, verdict, statistics),
    )
    inputs = {
        f"{part.name} of '{names[group]}'": part.words(group) if part.defined(group) else "no row"
        for part in parts
        for group in range(len(names))
    }
    formula = "largest - smallest over the groups of: " + "; ".join(FORMULAS[part.name] for part in parts)
    return Answer(finding, formula, inputs)


def all_pairs(parts: Sequence[Part], groups: int, confidence: float) -> list[Pair]:
    """Every two groups in which the metric is defined, compared; the one with the smaller value is ``low``."""
    found = []
    for part in parts:
        defined = [group for group in range(groups) if part.defined(group)]
        for one, other in combinations(defined, 2):
            try:
                interval = part.difference(one, other, confidence)
            except ValueError as error:
                raise EvidenceError(f"fairness: {part.name}: {error}") from error
            low, high = (other, one) if interval.estimate >= 0 else (one, other)
            found.append(Pair(part, low, high, distance(interval)))
    return found


def distance(interval: Interval) -> Interval:
    """The difference without its sign: it is too large when it is too large in either direction."""
    lower, upper = interval.lower, interval.upper
    far = None if lower is None or upper is None else max(upper, -lower)
    near = None if lower is None or upper is None else max(0.0, lower, -upper)
    return Interval(
        abs(interval.estimate), near, far, interval.n, interval.confidence, interval.method, interval.unknown
    )


def lower_bound(widest: Pair, pairs: int, confidence: float) -> float | None:
    """Of the largest distance: that of the widest pair, at a confidence that looking for it does not spoil.

    Bonferroni: each of ``pairs`` bounds at ``1 - (1 - confidence) / pairs`` hold together at the confidence.
    """
    interval = widest.part.difference(widest.high, widest.low, 1 - (1 - confidence) / pairs)
    return None if interval.lower is None else max(0.0, interval.lower)


def too_far(pair: Pair, small: Sequence[int], limit: float, statistics: Statistics | None) -> bool:
    """Whether two groups fail the gate: too far apart, and large enough to say so, or so far that no doubt is left."""
    if keeps(pair.interval.estimate, "<=", limit):
        return False
    beyond_doubt = pair.interval.lower is not None and not keeps(pair.interval.lower, "<=", limit)
    accepted = statistics is not None and statistics.on_insufficient == "pass"
    return beyond_doubt or accepted or not (pair.low in small or pair.high in small)


def verdict_of(
    missed: Sequence[Pair], unproven: Sequence[Pair], few: bool, undefined: bool, statistics: Statistics | None
) -> Verdict:
    """FAIL: two groups are too far apart. HOLD: a pair is not proven, rows are too few, or a group has none."""
    if missed:
        return Verdict.FAIL
    if statistics is None:
        return Verdict.PASS
    found = insufficient(statistics) if few or undefined else Verdict.PASS
    # what is not proven, or not there at all, cannot be let pass
    return Verdict.HOLD if (unproven or undefined) and found is Verdict.PASS else found


def more_rows(
    grouping: Grouping, rows: NDArray[Any], small: Sequence[int], unproven: Sequence[Pair], limit: float, minimum: int
) -> int | None:
    """About how many more rows of the groups that are named would settle it."""
    lacking = sum(max(0, minimum - int(rows[group])) for group in small)
    for pair in unproven:
        factor = growth(pair.interval, "<=", limit)
        if factor is None:
            return None
        lacking = max(lacking, int(np.ceil((rows[pair.low] + rows[pair.high]) * (factor - 1))))
    return lacking or None


def reason(
    names: Sequence[str],
    rows: NDArray[Any],
    small: Sequence[int],
    widest: Pair,
    upper: float | None,
    unproven: Sequence[Pair],
    verdict: Verdict,
    statistics: Statistics | None,
    limit: float,
    minimum: int,
    more: int | None,
    parts: Sequence[Part],
) -> str:
    """The widest pair with both values, the bound, the limit, what is not proven, and the groups that are too small."""
    confidence = widest.interval.confidence
    low, high = (widest.part.estimate(group) for group in (widest.low, widest.high))
    estimate, *bounds = alike(widest.interval.estimate, *([] if upper is None else [upper]))
    words = f"{widest.part.name} differs by {estimate}"
    words += f" ({low:.3f} for '{names[widest.low]}', {high:.3f} for '{names[widest.high]}')"
    if bounds:
        words += f", at most {bounds[0]} between any two groups with {percent(confidence)}"
    words += f", allowed {limit:g}: "
    if verdict is Verdict.FAIL:
        missed = not keeps(widest.interval.estimate, "<=", limit)
        words += "missed" if missed else "not proven, and on_insufficient says fail"
    elif not unproven and not small:
        words += "proven" if statistics else "kept, and proven"
    else:
        words += ("" if statistics else "kept, but ") + "not proven"
        doubtful = max(unproven, key=lambda pair: pair.interval.upper or np.inf, default=None)
        if doubtful is not None and doubtful.interval.upper is None:
            words += f": '{names[doubtful.low]}' and '{names[doubtful.high]}', {doubtful.interval.unknown}"
        elif doubtful is not None:
            words += f" for '{names[doubtful.low]}' and '{names[doubtful.high]}'"
        if more is not None:
            words += f"; about {about(more)} more rows of these groups would settle it"
    if small:
        few = [
            f"'{names[group]}' has {rows[group]:,} samples where {minimum:,} are needed"
            if rows[group] < minimum
            else f"'{names[group]}' has no row for {next(part.name for part in parts if not part.defined(group))}"
            for group in small
        ]
        accepted = " (NOT PROVEN, but on_insufficient says pass)" if verdict is Verdict.PASS else ""
        words += f"; too small: {'; '.join(few)}{accepted}"
    return words


def too_few(rows: int, verdict: Verdict, statistics: Statistics | None) -> str:
    """What is said of a sample that is too small as a whole."""
    if statistics is None or rows >= statistics.min_samples:
        return ""
    accepted = " (NOT PROVEN, but on_insufficient says pass)" if verdict is Verdict.PASS else ""
    return f"; {rows:,} samples where {statistics.min_samples:,} are needed{accepted}"


def by_group(evidence: EvidenceFolder, attributes: Sequence[str], metric: str, confidence: float) -> list[GroupValue]:
    """The metric in each group with its bounds, for the report; of the equalized odds, both rates."""
    grouping = groups_of(evidence, attributes, ("fairness",))
    rows = np.bincount(grouping.codes, minlength=len(grouping.names))
    return [
        GroupValue(name, part.name, int(rows[group]), part.value(group, confidence) if part.defined(group) else None)
        for part in parts_of(evidence, grouping, metric)
        for group, name in enumerate(grouping.names)
    ]
