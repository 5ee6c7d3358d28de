"""The one place where an estimate becomes a verdict."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from mlops.evidence.reading import EvidenceError
from mlops.gates.config import Statistics

ROUNDING = 1e-12  # differences of binary fractions: 0.75 - 0.74 must not exceed 0.01


class Verdict(StrEnum):
    """Of one gate, and of all together."""

    PASS = "PASS"
    HOLD = "HOLD"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a gate looks at; ``lower`` is the one-sided bound at the gate file's confidence, None if unknown."""

    value: float
    n: int  # rows, requests or cases behind the value
    lower: float | None = None
    certain: bool = False  # a fact and no sample: a size in bytes, a file that exists


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one gate."""

    kind: str
    name: str
    verdict: Verdict
    estimate: float | None
    comparison: Literal[">=", "<="] | None  # None for a fact that must be there
    threshold: float | None
    n: int | None
    reason: str


def at_least(
    estimate: Estimate, minimum: float, statistics: Statistics | None, min_samples: int | None = None
) -> tuple[Verdict, str]:
    """Verdict and reason for an estimate that must reach ``minimum``.

    FAIL: the value misses it. PASS: it reaches it, and with ``statistics`` so does its bound, on enough samples.
    HOLD: anything between; a bound that is not known proves nothing.

    Raises:
        EvidenceError: the value is no number.
    """
    if not (math.isfinite(estimate.value) and math.isfinite(minimum)):
        raise EvidenceError(f"{estimate.value} cannot be compared with {minimum}: nothing was judged")
    if estimate.value < minimum - ROUNDING:
        return Verdict.FAIL, "misses the threshold"
    if statistics is None or estimate.certain:
        return Verdict.PASS, "holds the threshold"
    needed = statistics.min_samples if min_samples is None else min_samples
    if estimate.n < needed:
        verdict = {"hold": Verdict.HOLD, "fail": Verdict.FAIL, "pass": Verdict.PASS}[statistics.on_insufficient]
        return verdict, f"holds the threshold on {estimate.n} samples where {needed} are needed"
    if statistics.confidence is None:
        return Verdict.PASS, "holds the threshold"
    if estimate.lower is None:
        return Verdict.HOLD, f"holds the threshold; no bound at confidence {statistics.confidence} is known for it"
    if estimate.lower < minimum - ROUNDING:
        return Verdict.HOLD, f"holds the threshold, its bound {estimate.lower:.4f} does not"
    return Verdict.PASS, f"holds the threshold at confidence {statistics.confidence}"


def at_most(
    estimate: Estimate, maximum: float, statistics: Statistics | None, min_samples: int | None = None
) -> tuple[Verdict, str]:
    """``at_least`` for an estimate that must not exceed ``maximum``; ``estimate.lower`` is then its upper bound."""
    lower = None if estimate.lower is None else -estimate.lower
    mirrored = Estimate(-estimate.value, estimate.n, lower, estimate.certain)
    return at_least(mirrored, -maximum, statistics, min_samples)
