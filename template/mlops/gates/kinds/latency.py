"""``latency``: percentiles of the time of one prediction."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, Any, ClassVar

from ..core.dataclass_schema import InvalidFields, Limits
from ..core.errors import EvidenceError
from ..decision.gate_result import ExplainedResult
from ..decision.sample_size import MAX_MORE_ROWS, rows_for_proportion
from ..decision.sampled_comparison import SampledComparison, Wording
from ..decision.statistics_settings import confidence_of
from ..metrics.sample_planning import Need, binomial_rows
from ..statistics import percentile
from .gate_kind import GateContext, GateKind, PlanContext, QualityRange, ReportEntry

Milliseconds = Annotated[float, Limits(more_than=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Percentiles of the time of one prediction, in milliseconds."""

    p50_ms: Milliseconds | None = None
    p95_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None

    SCHEMA: ClassVar[dict[str, Any]] = {"minProperties": 1}

    def __post_init__(self) -> None:
        """Refuse a block without a percentile."""
        if not self.limits():
            raise InvalidFields("needs at least one percentile: p50_ms, p95_ms or p99_ms.")

    def limits(self) -> dict[str, float]:
        """Return the limit in milliseconds by the name of the percentile."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: limit for name, limit in found.items() if limit is not None}


def share_of(name: str) -> float:
    """Return the share of requests that a percentile such as ``p95_ms`` does not exceed."""
    return int(name[1:3]) / 100


def check(context: GateContext, block: Latency) -> list[ExplainedResult]:
    """Judge each named percentile, the smallest measured time that the share of requests does not exceed.

    Raises:
        EvidenceError: The percentile cannot be computed.
    """
    measured, conditions = context.evidence.latency_ms, context.evidence.document.latency
    found = []
    for name, limit in block.limits().items():
        share = share_of(name)
        try:
            interval = percentile.percentile(measured, share, confidence_of(context.statistics))
        except ValueError as error:
            raise EvidenceError(f"latency: {error}") from error
        inside = int((measured <= limit).sum())
        compared = SampledComparison.of_rows(
            interval,
            "<=",
            limit,
            context.statistics,
            n=len(measured),
            rows_to_settle=partial(more_requests, inside, len(measured), share, interval.confidence),
        )
        wording = Wording(
            subject=f"{name[:3]} in ms",
            unit="requests",
            details=f" (concurrency {conditions.concurrency}, {conditions.cpu})",
        )
        inputs = {
            "requests": len(measured),
            f"within {limit:g} ms": inside,
            "warm-up": conditions.warmup_requests,
        }
        formula = f"the smallest time that {share:.0%} of the requests do not exceed"
        found.append(ExplainedResult(compared.result(KIND.name, name, wording), formula, inputs))
    return found


def more_requests(inside: int, requests: int, share: float, confidence: float) -> int | None:
    """Return about how many more requests would settle it.

    The bound of the percentile meets a limit if and only if the bound of the share of requests within the limit
    reaches the percentile's share.
    """
    if inside / requests <= share:
        return None
    more = rows_for_proportion(inside / requests, requests, ">=", share, confidence) - requests
    return more if 0 < more <= MAX_MORE_ROWS else None


def plan(context: PlanContext, block: Latency) -> list[Need]:
    """Return the requests for each percentile; a model's quality is its share of requests within the limit."""
    found = []
    for name, limit in block.limits().items():
        share = share_of(name)
        quality = context.given.get(name, share_within(context, limit, (1 + share) / 2))
        if quality <= share:
            note = f"at most {share:.0%} of the requests within the limit: no number of requests is sufficient"
            found.append(Need(f"{KIND.name}.{name}", quality, limit, None, "requests", note))
            continue
        note = f"{quality:.4g} of the requests within {limit:g} ms"
        rows = binomial_rows(context.conditions, quality, share)
        found.append(Need(f"{KIND.name}.{name}", quality, limit, rows, "requests", note))
    return found


def share_within(context: PlanContext, limit: float, otherwise: float) -> float:
    """Return the share of the earlier evidence's requests within a limit."""
    evidence = context.conditions.evidence
    return otherwise if evidence is None else float((evidence.latency_ms <= limit).mean())


def qualities(context: PlanContext, block: Latency) -> Mapping[str, QualityRange | None]:
    """Return the qualities that a user may state: the share of requests within each limit."""
    allowed = QualityRange(0.0, 1.0, "it is the share of requests within the limit, between 0 and 1")
    return dict.fromkeys(block.limits(), allowed)


KIND: GateKind[Latency] = GateKind(
    name="latency", block=Latency, check=check, plan=plan, qualities=qualities, report=ReportEntry(unit=" ms")
)
