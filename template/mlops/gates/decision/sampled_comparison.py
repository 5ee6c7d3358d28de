"""Comparison of a value estimated from a sample with its threshold: verdict, reason, and missing rows."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..statistics import Interval
from . import reasons, sample_size
from .gate_result import GateResult
from .statistics_settings import Statistics
from .verdict_rule import (
    Comparison,
    Verdict,
    deciding_bound,
    disproven,
    meets,
    proven,
    rounded,
    verdict_of_sample,
    verdict_of_small_sample,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a reason.

    ``value`` writes estimate and bound in words, ``details`` is added at the end.
    """

    subject: str
    unit: str = "rows"
    value: Callable[[str, Interval, Comparison], list[str]] = reasons.value_in_words
    details: str = ""


@dataclass(frozen=True, slots=True)
class SampledComparison:
    """An interval of a sample of ``n``, at least ``minimum`` of which are required, compared with ``threshold``.

    ``rows_to_settle`` returns how many more would settle it, for a method whose interval is not sufficient for that.
    """

    interval: Interval
    comparison: Comparison
    threshold: float
    statistics: Statistics | None
    n: int
    minimum: int
    rows_to_settle: Callable[[], int | None] | None = field(default=None, compare=False)

    @classmethod
    def of_rows(
        cls,
        interval: Interval,
        comparison: Comparison,
        threshold: float,
        statistics: Statistics | None,
        n: int,
        rows_to_settle: Callable[[], int | None] | None = None,
    ) -> "SampledComparison":
        """Return the comparison of a sample of which at least ``statistics.min_samples`` are required."""
        minimum = statistics.min_samples if statistics else 1
        return cls(interval, comparison, threshold, statistics, n, minimum, rows_to_settle)

    @property
    def enough(self) -> bool:
        """Whether the sample is as large as the gate file requires."""
        return self.n >= self.minimum

    @property
    def proven(self) -> bool:
        """Whether the bound meets the threshold."""
        return proven(self.interval, self.comparison, self.threshold)

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole sample."""
        return verdict_of_sample(self.interval, self.comparison, self.threshold, self.statistics, self.enough)

    @property
    def fails_as_group(self) -> bool:
        """Whether a part of the sample fails; one that is too small fails only if its bound does.

        A group of a few rows can differ from the others by chance, so its estimate proves nothing against a model,
        unless ``on_insufficient`` accepts small groups.
        """
        if meets(self.interval.estimate, self.comparison, self.threshold):
            return False
        if self.enough or self.statistics is None or self.statistics.on_insufficient == "pass":
            return True
        return disproven(self.interval, self.comparison, self.threshold)

    @property
    def verdict_on_group(self) -> Verdict:
        """The verdict on a part of the sample."""
        if self.fails_as_group:
            return Verdict.FAIL
        if self.statistics is not None and not self.enough:
            return verdict_of_small_sample(self.statistics)
        return self.verdict

    @property
    def missing_rows(self) -> int | None:
        """About how many more rows would settle it; None if it is settled, or if no number would settle it."""
        if self.verdict is Verdict.FAIL or (self.enough and self.proven):
            return None
        if self.rows_to_settle:
            more = self.rows_to_settle()
        else:
            more = sample_size.more_rows(self.interval, self.comparison, self.threshold, self.n)
        return max(more or 0, self.minimum - self.n) if more or not self.enough else None

    def result(self, kind: str, name: str, wording: Wording) -> GateResult:
        """Return the gate result."""
        interval, verdict, more = self.interval, self.verdict, self.missing_rows
        return GateResult(
            kind=kind,
            name=name,
            verdict=verdict,
            estimate=rounded(interval.estimate),
            lower=rounded(interval.lower),
            upper=rounded(interval.upper),
            confidence=interval.confidence,
            comparison=self.comparison,
            threshold=self.threshold,
            n=self.n,
            method=interval.method or None,
            more_rows=more if verdict is Verdict.HOLD else None,
            reason=self.reason(wording, more),
        )

    def reason(self, wording: Wording, more: int | None) -> str:
        """Return the reason of the verdict: estimate, bound, threshold, and the rows that would settle it."""
        parts = wording.value(wording.subject, self.interval, self.comparison)
        parts.append(f"threshold {self.threshold:g}")
        return f"{', '.join(parts)}: {self.conclusion(wording.unit, more)}{wording.details}"

    def conclusion(self, unit: str, more: int | None) -> str:
        """Return the second half of the reason, after the numbers."""
        verdict, statistics = self.verdict, self.statistics
        if statistics is not None and not self.enough:
            few = reasons.too_few(self.n, self.minimum)
            if verdict is Verdict.FAIL and statistics.on_insufficient == "fail":
                return f"{few}, and on_insufficient is fail"
            if verdict is Verdict.PASS:
                return f"{few}: NOT PROVEN, but on_insufficient is pass"
            return f"not met, with {few}" if verdict is Verdict.FAIL else f"not proven: {few}"
        if verdict is Verdict.FAIL:
            return "not met"
        if self.proven:
            return "proven" if statistics else "met, and proven"
        literal = "" if statistics else "met, but "
        if deciding_bound(self.interval, self.comparison) is None:
            return f"{literal}not proven: {self.interval.unknown}"
        if more is None:
            return f"{literal}not proven: the estimate equals the threshold, and no number of {unit} would settle it"
        return f"{literal}not proven; about {reasons.about(more)} more {unit} would settle it"
