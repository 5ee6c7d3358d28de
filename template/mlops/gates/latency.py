"""``latency``: percentiles of one prediction."""

from functools import partial

from .answer import Answer, confidence_of, sampled
from .config import Latency, Statistics
from .errors import EvidenceError
from .reading import EvidenceFolder
from .statistics import percentile
from .words import MOST_MORE, rows_for_share


def check(evidence: EvidenceFolder, gate: Latency, statistics: Statistics | None) -> list[Answer]:
    """Judge each named percentile, the smallest measured time that the share of requests does not exceed.

    Raises:
        EvidenceError: the times cannot be compared.
    """
    measured, conditions = evidence.latency_ms, evidence.document.latency
    found = []
    for name, limit in gate.limits().items():
        share = int(name[1:3]) / 100
        try:
            interval = percentile.percentile(measured, share, confidence_of(statistics))
        except ValueError as error:
            raise EvidenceError(f"latency: {error}") from error
        inside = int((measured <= limit).sum())
        finding = sampled(
            "latency",
            name,
            interval,
            "<=",
            limit,
            statistics,
            n=len(measured),
            what=f"{name[:3]} in ms",
            unit="requests",
            needed="allowed",
            extra=f" (concurrency {conditions.concurrency}, {conditions.cpu})",
            more_of=partial(more_requests, inside, len(measured), share, interval.confidence),
        )
        inputs = {
            "requests": len(measured),
            f"of them within {limit:g} ms": inside,
            "warm-up": conditions.warmup_requests,
        }
        found.append(Answer(finding, f"the smallest time that {share:.0%} of the requests do not exceed", inputs))
    return found


def more_requests(inside: int, requests: int, share: float, confidence: float) -> int | None:
    """About how many more would settle it: the bound of the percentile keeps a limit exactly where the bound of the
    share of requests within the limit reaches the percentile's share.
    """
    if inside / requests <= share:
        return None
    more = rows_for_share(inside / requests, requests, ">=", share, confidence) - requests
    return more if 0 < more <= MOST_MORE else None
