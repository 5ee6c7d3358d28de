"""How many rows a bound needs to meet a threshold, for a model of a given true quality.

The closer the model's true quality is to the threshold, the more rows a proof needs. Proportions are planned exactly
with the binomial distribution; other metrics with the normal distribution and the variance from a formula or from
earlier evidence. Averaged and compared proportions are planned with the gate's own bound, for an unlucky sample at
the probability of the plan.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..decision.sample_size import least
from ..decision.verdict_rule import Comparison, deciding_bound
from ..evidence.contract import Task
from ..evidence.evidence_reader import EvidenceFolder
from ..statistics import Interval, difference, ranking
from ..statistics import table as tables
from ..statistics.distributions import binomial_cdf, normal_quantile


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Assumptions of the plan that replace earlier evidence.

    ``probability``: that the model passes the gate; ``positives``: share of rows with the positive label;
    ``disagreement``: share of rows on which only one of candidate and champion is right.
    """

    probability: float = 0.9
    positives: float = 0.5
    disagreement: float = 0.05


@dataclass(frozen=True, slots=True)
class Need:
    """The need of one gate; ``rows`` is None if it is unknown or no number is sufficient; ``note`` is the reason."""

    gate: str
    quality: float | None
    threshold: float | None
    rows: int | None
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class PlanConditions:
    """Conditions of a plan; ``evidence`` is of an earlier model, whose values are assumed to vary as much."""

    assumptions: Assumptions
    task: Task
    evidence: EvidenceFolder | None
    confidence: float

    @property
    def luck(self) -> float:
        """Normal quantile of the probability of the plan: how unlucky a sample may be."""
        return normal_quantile(self.assumptions.probability)

    @property
    def z(self) -> float:
        """Sum of the quantiles of the bound and of the luck."""
        return normal_quantile(self.confidence) + self.luck

    @property
    def positives(self) -> float:
        """Share of rows with the positive label."""
        if self.evidence is not None and self.task == "classification":
            return float(self.evidence.truth.mean())
        return self.assumptions.positives

    @property
    def rarest(self) -> float:
        """Share of rows with the rarest label."""
        if self.evidence is not None and self.task == "multiclass":
            return float(np.bincount(self.evidence.truth).min()) / self.evidence.rows
        return min(self.positives, 1 - self.positives)


# ------------------------------------------------------------------------------------------- rows for one metric


def each_row_counts(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows for a share of all rows."""
    return binomial_rows(conditions, quality, limit), "each row counts"


def recall_rows(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows for a share of the positive rows."""
    return counted_rows(conditions, quality, limit, conditions.positives, "positive")


def precision_rows(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows for a share of the rows predicted positive, as many as are positive."""
    return counted_rows(conditions, quality, limit, conditions.positives, "predicted positive")


def specificity_rows(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows for a share of the negative rows."""
    return counted_rows(conditions, quality, limit, 1 - conditions.positives, "negative")


def counted_rows(
    conditions: PlanConditions, quality: float, limit: float, counted: float, what: str
) -> tuple[int, str]:
    """Return the rows for a share among the counted rows, which are the share ``counted`` of all rows."""
    rows = math.ceil(binomial_rows(conditions, quality, limit) / counted)
    return rows, f"{counted:.0%} of the rows {what}"


def f1_rows(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows for F1: given m = TP + FP + FN, TP is binomial with F1 / (2 - F1); FP equals FN."""
    positives = conditions.positives
    count = binomial_rows(conditions, quality / (2 - quality), limit / (2 - limit))
    return math.ceil(count / (positives * (2 - quality))), f"{positives:.0%} of the rows positive"


def auc_rows(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows from Hanley and McNeil's variance at the threshold and at the true quality."""
    sure = normal_quantile(conditions.confidence)

    def enough(n: int) -> bool:
        positive = round(conditions.positives * n)
        if not 2 <= positive <= n - 2:
            return False
        at_limit = math.sqrt(ranking.newcombe_variance(limit, positive, n - positive))
        at_quality = math.sqrt(ranking.newcombe_variance(quality, positive, n - positive))
        return quality - limit >= sure * at_limit + conditions.luck * at_quality

    return max(least(enough, 4), ranked_rows(conditions)), f"{conditions.positives:.0%} of the rows positive"


def balanced_rows(conditions: PlanConditions, quality: float, limit: float) -> tuple[int, str]:
    """Return the rows at which the bound of the balanced accuracy meets the limit.

    Planned for the number of errors, and of rows of the rarer label, in an unlucky sample.
    """
    rarest = conditions.rarest
    variance = quality * (1 - quality) / 4 * (1 / rarest + 1 / (1 - rarest))
    either_way = normal_quantile((1 + conditions.assumptions.probability) / 2)

    def meets_limit(rarer: int, other: int, found: float) -> bool:
        right = [math.floor(max(0.0, found) * rows + 1e-9) for rows in (rarer, other)]
        if not all(right):
            return False
        counts = [[right[0], rarer - right[0]], [other - right[1], right[1]]]
        bounded = tables.metric(counts, "balanced_accuracy", conditions.confidence, seed=0)
        return bounded.lower is not None and bounded.lower >= limit

    def enough(n: int) -> bool:
        rarer, lacking = round(rarest * n), either_way * math.sqrt(n * rarest * (1 - rarest))
        fewer = math.floor(rarest * n - lacking)
        unlucky = quality - conditions.luck * math.sqrt(variance / n)
        return meets_limit(rarer, n - rarer, unlucky) and fewer > 0 and meets_limit(fewer, n - fewer, quality)

    return least(enough, 2), f"{rarest:.0%} of the rows have the rarer label"


def paired_rows(conditions: PlanConditions, limit: float) -> tuple[int, str]:
    """Return the rows at which the bound of the degradation meets the limit, for an equally good candidate."""
    disagreement = conditions.assumptions.disagreement

    def enough(n: int) -> bool:
        apart = disagreement * n
        unlucky = conditions.luck * math.sqrt(apart)
        better, worse = math.floor(max(0.0, apart - unlucky) / 2), math.ceil((apart + unlucky) / 2)
        if better + worse > n:
            return False
        bounded = difference.paired(0, better, worse, n - better - worse, conditions.confidence)
        return bounded.lower is not None and -bounded.lower <= limit

    return least(enough, 2), f"as good as the champion, {disagreement:.0%} of the rows right in only one of them"


# ------------------------------------------------------------------------------------------------ building blocks


def binomial_rows(conditions: PlanConditions, quality: float, limit: float) -> int:
    """Return the least n at which a Clopper-Pearson lower bound reaches ``limit`` with the planned probability."""

    def enough(n: int) -> bool:
        needed = least_successes(n, limit, conditions.confidence)
        return needed <= n and 1 - binomial_cdf(needed - 1, n, quality) >= conditions.assumptions.probability

    return least(enough, 1)


def least_successes(n: int, limit: float, confidence: float) -> int:
    """Return the least number of successes among n whose Clopper-Pearson lower bound reaches ``limit``, else n + 1.

    The bound of k reaches it if and only if k or more successes have a probability of at most 1 - confidence under it.
    """
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if 1 - binomial_cdf(middle - 1, n, limit) <= 1 - confidence:
            high = middle
        else:
            low = middle + 1
    return low


def ranked_rows(conditions: PlanConditions) -> int:
    """Return the rows that contain enough rows of each label for a bound of a ranking, with the planned probability."""
    few, rarest = ranking.SMALLEST_CLASS - 1, conditions.rarest

    def enough(n: int) -> bool:
        lacking = binomial_cdf(few, n, rarest) + binomial_cdf(few, n, 1 - rarest)
        return lacking <= 1 - conditions.assumptions.probability

    return least(enough, ranking.SMALLEST_CLASS)


def group_rows(conditions: PlanConditions, share: float, distance: float, limit: float) -> int:
    """Return the rows of each of two groups at which the bound of the distance of their shares meets the limit.

    The difference of similar groups can be unlucky in either direction.
    """

    def around(gap: float) -> tuple[float, float]:
        high = min(1.0, max(gap, share + gap / 2))
        return high, high - gap

    def enough(n: int) -> bool:
        spread = math.sqrt(sum(each * (1 - each) for each in around(distance)) / n)
        probability = conditions.assumptions.probability
        luck = normal_quantile((1 + probability) / 2) if distance < spread / 2 else conditions.luck
        high, low = around(min(1.0, max(0.0, distance + luck * spread)))
        many, few = math.ceil(n * high - 1e-9), math.floor(n * low + 1e-9)
        bounded = difference.independent(many, n, few, n, conditions.confidence)
        return bounded.upper is not None and bounded.upper <= limit

    return least(enough, 2)


def mean_rows(conditions: PlanConditions, variance: float, gap: float) -> int:
    """Return the rows at which the bound of a mean is within the gap: ``variance ((z_c + z_p) / gap)^2``."""
    return max(2, math.ceil(variance * (conditions.z / gap) ** 2))


def scaled_rows(conditions: PlanConditions, interval: Interval, comparison: Comparison, gap: float) -> int | None:
    """Return the rows at which distance of the bound plus luck equals the gap; both shrink with the root of n."""
    limit = deciding_bound(interval, comparison)
    if limit is None or gap <= 0 or conditions.evidence is None:
        return None
    distance = abs(interval.estimate - limit) * conditions.z / normal_quantile(conditions.confidence)
    return max(2, math.ceil(conditions.evidence.rows * (distance / gap) ** 2))
