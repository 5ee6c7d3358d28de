"""``size``: the model's files together."""

from dataclasses import dataclass
from typing import Annotated

from ..core.dataclass_schema import Is
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.verdict_rule import Verdict, rounded, verdict_of_fact
from .gate_kind import GateContext, GateKind, ReportEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The model's files together; 1 MB is 1,000,000 bytes."""

    max_mb: Annotated[float, Is(more_than=0)]


def check(context: GateContext, block: Size) -> list[ExplainedResult]:
    """Judge the size in MB (1,000,000 bytes)."""
    size = context.evidence.document.candidate.size_bytes
    verdict = verdict_of_fact(size / 1e6, "<=", block.max_mb)
    result = GateResult(
        kind=KIND.name,
        name="max_mb",
        verdict=verdict,
        estimate=rounded(size / 1e6),
        comparison="<=",
        threshold=block.max_mb,
        reason=f"{size / 1e6:,.3f} MB, allowed {block.max_mb:g}: {'kept' if verdict is Verdict.PASS else 'missed'}",
    )
    return [ExplainedResult(result, "bytes / 1,000,000", {"bytes": size})]


KIND: GateKind[Size] = GateKind(name="size", block=Size, check=check, report=ReportEntry(unit=" MB"))
