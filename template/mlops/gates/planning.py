"""How many evaluation rows a gate file needs, so that a model of a given true quality passes it.

A verdict of PASS wants the bound on the right side of the threshold: the closer the model's true quality lies to the
threshold, the more rows that takes. Shares are planned exactly, by the binomial distribution; the rest by the normal
one, with the variance that a formula or an earlier piece of evidence gives. Where shares are averaged or compared, the
judge's own bound is asked whether it keeps the threshold for a sample that is as unlucky as the plan allows for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import fairness, metrics, values
from .config import GateFile, Threshold, line_of
from .contract import Task
from .errors import CorrectableError, GateError
from .reading import EvidenceFolder
from .regression import limits
from .rule import LITERAL, Comparison, bound, keeps
from .statistics import Interval, difference, ranking
from .statistics import table as tables
from .statistics.distributions import binomial_cdf, normal_quantile
from .typed import Place, suggestion
from .words import least

RANKED = ("auc_roc", "average_precision", "auc_roc_macro")  # no bound is known for a handful of rows of a label


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the plan takes for granted where no earlier evidence says it.

    ``probability``: that the model passes the gate; ``positives``: share of rows with the positive label;
    ``disagreement``: share of rows on which candidate or champion is right and the other is not.
    """

    probability: float = 0.9
    positives: float = 0.5
    disagreement: float = 0.05


@dataclass(frozen=True, slots=True)
class Need:
    """What one gate needs; ``rows`` is None where that is not known, or no number would do, and ``note`` says why."""

    gate: str
    quality: float | None
    threshold: float | None
    rows: int | None
    unit: str
    note: str


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
        """``evidence`` of an earlier model says how much its metrics vary, and how large its groups are.

        Raises:
            CorrectableError: a quality of something that the gate file does not judge, or an impossible one.
        """
        self.file, self.gates, self.given = file, file.gates, qualities
        self.assumed, self.evidence = assumptions, evidence
        self.task: Task = evidence.document.task if evidence else task
        self.confidence = self.gates.statistics.confidence if self.gates.statistics else LITERAL
        self.luck = normal_quantile(assumptions.probability)
        self.z = normal_quantile(self.confidence) + self.luck
        known = [*(self.gates.performance or {}), *(self.gates.latency.limits() if self.gates.latency else {})]
        known += ["disparity"] if self.gates.fairness else []
        for name, value in qualities.items():
            if name not in known:
                raise CorrectableError(f"the gate file judges no '{name}'; {suggestion(name, known)}")
            if not math.isfinite(value):
                raise CorrectableError(f"quality {name}={value} is no number")
            self.check_quality(name, value)

    def check_quality(self, name: str, value: float) -> None:
        """Refuse what no model can have.

        Raises:
            CorrectableError: with the values that there are.
        """
        known = metrics.BY_TASK[self.task].get(name)
        lowest, highest = 0.0, 1.0
        if self.gates.latency and name in self.gates.latency.limits():
            what = "it is the share of requests within the limit, between 0 and 1"
        elif name == "disparity" and self.gates.fairness:
            highest = math.inf if self.fairness_metric == "error" else 1.0
            what = f"it is the distance of the groups, {'0 or more' if highest > 1 else 'between 0 and 1'}"
        elif known:
            lowest = -math.inf if known.lowest is None else known.lowest
            highest = math.inf if known.highest is None else known.highest
            what = f"{name} is {known.range}"
        else:
            return
        if not lowest <= value <= highest:
            raise CorrectableError(f"quality {name}={value:g} is that of no model: {what}")

    @property
    def fairness_metric(self) -> str:
        """What groups are compared by, in the spelling of the engine."""
        named = self.gates.fairness.metric if self.gates.fairness else None
        return fairness.OTHER_SPELLINGS.get(named or "", named) or fairness.DEFAULT[self.task]

    def needs(self) -> list[Need]:
        """What each gate on a sample needs, in the order of the gate file's documentation.

        Raises:
            CorrectableError: the judge would refuse to judge such a model by this gate file.
        """
        try:
            self.check_names()
            return self.of_each_gate()
        except GateError as error:
            raise CorrectableError(f"{self.file.path}:{line_of(self.file.lines, error.place)}: {error}") from error

    def check_names(self) -> None:
        """Refuse metrics of another task, as the judge does; without evidence, others may be the team's own."""
        names: list[tuple[str, Place]] = [(name, ("performance", name)) for name in self.gates.performance or {}]
        if self.gates.regression:
            names += [(each.name, each.place) for each in limits(self.gates.regression, self.gates.performance or {})]
        for name, place in names:
            if self.evidence is not None:
                values.named(self.evidence, name, *place)
            elif name not in metrics.BY_TASK[self.task] and name in metrics.EVERY:
                tasks = " or ".join(task for task, known in metrics.BY_TASK.items() if name in known)
                raise GateError(f"a {self.task} has no metric '{name}'; --task {tasks} has.", *place)
        gate, metric = self.gates.fairness, self.fairness_metric
        if gate and metric not in fairness.BY_TASK[self.task]:
            hint = suggestion(metric, fairness.BY_TASK[self.task])
            raise GateError(
                f"a {self.task} has no metric '{metric}' to compare groups by; {hint}", "fairness", "metric"
            )
        if gate and metric != "error" and gate.max_disparity > 1:
            message = f"shares cannot be {gate.max_disparity:g} apart: 0.05 is five points."
            raise GateError(message, "fairness", "max_disparity")

    def of_each_gate(self) -> list[Need]:
        """The needs, for a gate file and a task that fit together."""
        found = [self.metric(name, threshold) for name, threshold in (self.gates.performance or {}).items()]
        found += self.against_champion()
        found += self.latency()
        found += self.groups()
        if statistics := self.gates.statistics:
            found.append(Need("statistics.min_samples", None, None, statistics.min_samples, "rows", "asked for"))
            if self.gates.fairness:
                minimum = statistics.min_group_samples
                found.append(
                    Need("statistics.min_group_samples", None, None, minimum, "rows of each group", "asked for")
                )
        return found

    # ------------------------------------------------------------------------------------------------ performance

    def metric(self, name: str, threshold: Threshold) -> Need:
        """One metric of ``performance``."""
        gate = f"performance.{name}"
        comparison: Comparison = "<=" if threshold.min is None else ">="
        limit = threshold.max if threshold.min is None else threshold.min
        assert limit is not None  # Threshold has exactly one of them
        known = metrics.BY_TASK[self.task].get(name)
        quality = self.quality(name, limit, known)
        if known is None:
            return Need(gate, quality, limit, None, "rows", "a number of the trainer's own: no bound is known for it")
        if quality is None:
            return Need(gate, None, limit, None, "rows", f"say how good the model is: --quality {name}=…")
        if keeps(limit, comparison, quality):
            note = "a model of this quality does not beat the threshold: no number of rows will do"
            return Need(gate, quality, limit, None, "rows", note)
        if planned := self.share(name, quality, limit):
            rows, note = planned
        elif name == "auc_roc":
            rows, note = self.auc(quality, limit), f"{self.positives:.0%} of the rows positive"
        elif name == "balanced_accuracy" and self.task == "classification":
            rows, note = self.balanced(quality, limit), f"{self.rarest:.0%} of the rows of the rarer label"
        else:
            return self.from_evidence(gate, name, quality, limit, comparison)
        return Need(gate, quality, limit, rows, "rows", note)

    def quality(self, name: str, limit: float, known: metrics.Metric | None) -> float | None:
        """What the person said, what earlier evidence shows, or else half-way from the threshold to perfection."""
        if name in self.given:
            return self.given[name]
        if self.evidence is not None:
            return values.of_candidate(self.evidence, name, self.confidence, "performance", name).estimate
        if known is None:
            return None
        best = known.highest if known.higher_is_better else known.lowest
        return None if best is None else (limit + best) / 2

    @property
    def positives(self) -> float:
        """Share of rows with the positive label."""
        if self.evidence is not None and self.task == "classification":
            return float(self.evidence.truth.mean())
        return self.assumed.positives

    @property
    def rarest(self) -> float:
        """Share of rows with the label that the fewest rows have."""
        if self.evidence is not None and self.task == "multiclass":
            return float(np.bincount(self.evidence.truth).min()) / self.evidence.rows
        return min(self.positives, 1 - self.positives)

    def share(self, name: str, quality: float, limit: float) -> tuple[int, str] | None:
        """Rows for a metric that is a share of rows, and of which rows; None for any other metric."""
        positives = self.positives
        if name == "accuracy" or name.endswith("_micro"):
            return self.binomial(quality, limit), "each row counts"
        if self.task != "classification" or name not in ("recall", "precision", "specificity", "f1_score"):
            return None
        if name == "f1_score":  # given m = TP + FP + FN, TP is binomial with F1 / (2 - F1); as many FP as FN
            count = self.binomial(quality / (2 - quality), limit / (2 - limit))
            return math.ceil(count / (positives * (2 - quality))), f"{positives:.0%} of the rows positive"
        counted = 1 - positives if name == "specificity" else positives
        what = {"recall": "positive", "precision": "predicted positive", "specificity": "negative"}[name]
        return math.ceil(self.binomial(quality, limit) / counted), f"{counted:.0%} of the rows {what}"

    def binomial(self, quality: float, limit: float) -> int:
        """The least n at which a Clopper-Pearson lower bound reaches ``limit`` with the probability wanted."""

        def enough(n: int) -> bool:
            needed = least_successes(n, limit, self.confidence)
            return needed <= n and 1 - binomial_cdf(needed - 1, n, quality) >= self.assumed.probability

        return least(enough, 1)

    def auc(self, quality: float, limit: float) -> int:
        """Rows by the variance of Hanley and McNeil, at the threshold and at the true quality."""
        sure = normal_quantile(self.confidence)

        def enough(n: int) -> bool:
            positive = round(self.positives * n)
            if not 2 <= positive <= n - 2:
                return False
            at_limit = math.sqrt(ranking.newcombe_variance(limit, positive, n - positive))
            at_quality = math.sqrt(ranking.newcombe_variance(quality, positive, n - positive))
            return quality - limit >= sure * at_limit + self.luck * at_quality

        return max(least(enough, 4), self.ranked())

    def ranked(self) -> int:
        """Rows of which enough have each label, with the probability wanted, for a ranking to have a bound."""
        few, rarest = ranking.SMALLEST_CLASS - 1, self.rarest

        def enough(n: int) -> bool:
            lacking = binomial_cdf(few, n, rarest) + binomial_cdf(few, n, 1 - rarest)
            return lacking <= 1 - self.assumed.probability

        return least(enough, ranking.SMALLEST_CLASS)

    def balanced(self, quality: float, limit: float) -> int:
        """Rows at which the judge's bound of the balanced accuracy keeps the limit: with as many errors as an unlucky
        sample has, and with as few rows of the rarer label.
        """
        rarest = self.rarest
        variance = quality * (1 - quality) / 4 * (1 / rarest + 1 / (1 - rarest))
        either_way = normal_quantile((1 + self.assumed.probability) / 2)

        def keeps_it(rarer: int, other: int, found: float) -> bool:
            right = [math.floor(max(0.0, found) * rows + 1e-9) for rows in (rarer, other)]
            if not all(right):
                return False
            counts = [[right[0], rarer - right[0]], [other - right[1], right[1]]]
            bounded = tables.metric(counts, "balanced_accuracy", self.confidence, seed=0)
            return bounded.lower is not None and bounded.lower >= limit

        def enough(n: int) -> bool:
            rarer, lacking = round(rarest * n), either_way * math.sqrt(n * rarest * (1 - rarest))
            fewer = math.floor(rarest * n - lacking)
            unlucky = quality - self.luck * math.sqrt(variance / n)
            return keeps_it(rarer, n - rarer, unlucky) and fewer > 0 and keeps_it(fewer, n - fewer, quality)

        return least(enough, 2)

    def paired(self, limit: float) -> int:
        """Rows at which the judge's bound of how much worse it is keeps the limit, for a candidate that is as good."""

        def enough(n: int) -> bool:
            apart = self.assumed.disagreement * n
            unlucky = self.luck * math.sqrt(apart)
            better, worse = math.floor(max(0.0, apart - unlucky) / 2), math.ceil((apart + unlucky) / 2)
            if better + worse > n:
                return False
            bounded = difference.paired(0, better, worse, n - better - worse, self.confidence)
            return bounded.lower is not None and -bounded.lower <= limit

        return least(enough, 2)

    def apart(self, share: float, distance: float, limit: float) -> int:
        """Rows of each of two groups at which the judge's bound of how far their shares are apart keeps the limit.

        Groups that hardly differ can be unlucky in either direction.
        """

        def around(gap: float) -> tuple[float, float]:
            high = min(1.0, max(gap, share + gap / 2))
            return high, high - gap

        def enough(n: int) -> bool:
            spread = math.sqrt(sum(each * (1 - each) for each in around(distance)) / n)
            probability = self.assumed.probability
            luck = normal_quantile((1 + probability) / 2) if distance < spread / 2 else self.luck
            high, low = around(min(1.0, max(0.0, distance + luck * spread)))
            many, few = math.ceil(n * high - 1e-9), math.floor(n * low + 1e-9)
            bounded = difference.independent(many, n, few, n, self.confidence)
            return bounded.upper is not None and bounded.upper <= limit

        return least(enough, 2)

    def normal(self, variance: float, gap: float) -> int:
        """Rows at which a mean of this variance clears the gap: ``variance ((z_c + z_p) / gap)^2``."""
        return max(2, math.ceil(variance * (self.z / gap) ** 2))

    def from_evidence(self, gate: str, name: str, quality: float, limit: float, comparison: Comparison) -> Need:
        """Rows by how far the bound lies from the estimate in an earlier piece of evidence."""
        if self.evidence is None:
            note = "how much it varies is not known: give the evidence of an earlier model, --evidence DIR"
            return Need(gate, quality, limit, None, "rows", note)
        interval = values.of_candidate(self.evidence, name, self.confidence, "performance", name)
        rows = self.scaled(interval, comparison, abs(quality - limit))
        if rows and name in RANKED:
            rows = max(rows, self.ranked())
        return Need(gate, quality, limit, rows, "rows", "as much spread as in this evidence" if rows else "no bound")

    def scaled(self, interval: Interval, comparison: Comparison, gap: float) -> int | None:
        """Rows at which the bound's distance, which shrinks with the root of n, is the gap less the luck needed."""
        limit = bound(interval, comparison)
        if limit is None or gap <= 0 or self.evidence is None:
            return None
        distance = abs(interval.estimate - limit) * self.z / normal_quantile(self.confidence)
        return max(2, math.ceil(self.evidence.rows * (distance / gap) ** 2))

    # ------------------------------------------------------------------------------------------------- regression

    def against_champion(self) -> list[Need]:
        """Rows for a candidate that is exactly as good as the champion."""
        gate = self.gates.regression
        if gate is None:
            return []
        found = []
        for compared in limits(gate, self.gates.performance or {}):
            name, limit = compared.name, compared.limit
            label = f"regression.{name}"
            if limit <= 0:
                note = "no worse at all: a model that is only as good cannot prove it, a better one can"
                found.append(Need(label, 0.0, limit, None, "rows", note))
            elif self.evidence is not None and self.evidence.champion is not None:
                found.append(self.from_pair(label, name, limit))
            elif name == "accuracy" or name.endswith("_micro"):
                note = f"as good as the champion, {self.assumed.disagreement:.0%} of the rows right in one of them only"
                found.append(Need(label, 0.0, limit, self.paired(limit), "rows", note))
            else:
                note = "how often the models differ is not known: give evidence with a champion, --evidence DIR"
                found.append(Need(label, 0.0, limit, None, "rows", note))
        return found

    def from_pair(self, label: str, name: str, limit: float) -> Need:
        assert self.evidence is not None
        interval = values.of_difference(self.evidence, name, self.confidence, "regression")
        known = metrics.BY_TASK[self.task].get(name)
        if interval is None or known is None:
            return Need(label, 0.0, limit, None, "rows", "a number of the trainer's own: no bound is known for it")
        rows = self.scaled(interval, ">=" if known.higher_is_better else "<=", limit)
        note = "as good as the champion, as much difference as in this evidence" if rows else str(interval.unknown)
        return Need(label, 0.0, limit, rows, "rows", note)

    # -------------------------------------------------------------------------------------- latency and fairness

    def latency(self) -> list[Need]:
        """Requests for each percentile; a model's quality is its share of requests within the limit."""
        found = []
        for name, limit in (self.gates.latency.limits() if self.gates.latency else {}).items():
            share = int(name[1:3]) / 100
            quality = self.given.get(name, self.share_within(limit, (1 + share) / 2))
            if quality <= share:
                note = f"not more than {share:.0%} of the requests within the limit: no number will do"
                found.append(Need(f"latency.{name}", quality, limit, None, "requests", note))
                continue
            note = f"{quality:.4g} of the requests within {limit:g} ms"
            found.append(Need(f"latency.{name}", quality, limit, self.binomial(quality, share), "requests", note))
        return found

    def share_within(self, limit: float, otherwise: float) -> float:
        """The share of the earlier evidence's requests within a limit."""
        return otherwise if self.evidence is None else float((self.evidence.latency_ms <= limit).mean())

    def groups(self) -> list[Need]:
        """Rows of each group, for groups that differ by ``--quality disparity=…``, by default not at all."""
        gate = self.gates.fairness
        if gate is None:
            return []
        metric = self.fairness_metric
        apart = self.given.get("disparity", 0.0)
        found = []
        for attribute in gate.protected_attributes:
            names = [attribute] if isinstance(attribute, str) else attribute
            label, unit = f"fairness.{' + '.join(names)}", "rows of each group"
            gap = gate.max_disparity - apart
            if gap <= 0:
                note = "groups that differ so much do not keep the limit: no number of rows will do"
                found.append(Need(label, apart, gate.max_disparity, None, unit, note))
                continue
            found.append(self.group(label, names, metric, apart, gap))
        return found

    def group(self, label: str, names: list[str], metric: str, apart: float, gap: float) -> Need:
        """One attribute: two groups of equal size, each with the variance of the share in question."""
        limit, unit = gap + apart, "rows of each group"
        if metric == "error":
            if self.evidence is None:
                note = "how much the error varies is not known: give the evidence of an earlier model, --evidence DIR"
                return Need(label, apart, limit, None, unit, note)
            mine = values.answers(self.evidence, self.evidence.candidate)
            variance = float(metrics.absolute_errors(mine).var(ddof=1)) if self.evidence.rows > 1 else math.nan
            rows, note = self.normal(2 * variance, gap), "the errors vary as in this evidence"
        else:
            share, counted = self.share_of_group(metric)
            rows, note = math.ceil(self.apart(share, apart, limit) / counted), f"{metric} {share:.3g}"
        if self.evidence is not None:
            sizes = [found.rows for found in fairness.by_group(self.evidence, names, metric, self.confidence)]
            total = math.ceil(rows * self.evidence.rows / min(sizes))
            note += f"; {total:,} rows in all, with groups as in this evidence"
        return Need(label, apart, limit, rows, unit, note)

    def share_of_group(self, metric: str) -> tuple[float, float]:
        """The share that is compared, and which share of a group's rows it is made of."""
        performance = self.gates.performance or {}
        known = {"true_positive_rate": "recall", "false_positive_rate": "specificity"}.get(metric, metric)
        share = 0.9 if metric != "selection_rate" else self.positives
        if known in performance or (self.evidence is not None and known in metrics.BY_TASK[self.task]):
            threshold = performance.get(known)
            found = self.quality(
                known, (threshold.min if threshold else None) or 0.0, metrics.CLASSIFICATION.get(known)
            )
            share = share if found is None else found
        if metric == "equalized_odds":
            return share, min(self.positives, 1 - self.positives)
        counted = {"true_positive_rate": self.positives, "false_positive_rate": 1 - self.positives}
        return share, counted.get(metric, 1.0)


def least_successes(n: int, limit: float, confidence: float) -> int:
    """The least number of successes among n whose Clopper-Pearson lower bound reaches ``limit``; n + 1 where none.

    The bound of k reaches it exactly where k successes or more have a probability of 1 - confidence at most under it.
    """
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if 1 - binomial_cdf(middle - 1, n, limit) <= 1 - confidence:
            high = middle
        else:
            low = middle + 1
    return low


def table(plan: Plan) -> str:
    """The plan for a person: one line a gate, then what is needed in all."""
    needs = plan.needs()
    header = ("gate", "true quality", "threshold", "needs", "")
    rows = [header, *(cells(need) for need in needs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header) - 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
    most = {unit: max_of(needs, unit) for unit in ("rows", "rows of each group", "requests")}
    shown = [f"{count:,} {unit}" for unit, count in most.items() if count]
    sure, likely = f"{100 * plan.confidence:g} %", f"{100 * plan.assumed.probability:g} %"
    lines += [
        "",
        f"in all: {', '.join(shown) or 'nothing that can be planned'}",
        f"A model of this quality then passes each gate with a probability of about {likely}; one that misses any "
        f"threshold passes with at most {100 * (1 - plan.confidence):g} %.",
    ]
    if any(need.rows is None for need in needs):
        lines.append("What is marked ? is not counted.")
    if not plan.gates.statistics:
        lines.append(f"The file has no `statistics` and compares literally: this is a plan for a confidence of {sure}.")
    return "\n".join(lines)


def max_of(needs: list[Need], unit: str) -> int:
    return max((need.rows for need in needs if need.rows is not None and need.unit == unit), default=0)


def cells(need: Need) -> tuple[str, ...]:
    quality = "" if need.quality is None else f"{need.quality:.6g}"
    threshold = "" if need.threshold is None else f"{need.threshold:g}"
    rows = "?" if need.rows is None else f"{need.rows:,} {need.unit}"
    return need.gate, quality, threshold, rows, need.note
