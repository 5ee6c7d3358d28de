"""``size``: total size of the model's files."""

from dataclasses import dataclass
from typing import Annotated

from ..core.dataclass_schema import Limits
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.verdict_rule import Verdict, rounded, verdict_of_fact
from .gate_kind import GateContext, GateKind, ReportEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Total size of the model's files; 1 MB is 1,000,000 bytes."""

    max_mb: Annotated[float, Limits(more_than=0)]


def check(context: GateContext, block: Size) -> list[ExplainedResult]:
    """Judge the size in MB (1,000,000 bytes)."""
    size = context.evidence.document.candidate.size_bytes
    verdict = verdict_of_fact(size / 1e6, "<=", block.max_mb)
    conclusion = "met" if verdict is Verdict.PASS else "not met"
    result = GateResult(
        kind=KIND.name,
        name="max_mb",
        verdict=verdict,
        estimate=rounded(size / 1e6),
        comparison="<=",
        threshold=block.max_mb,
        reason=f"{size / 1e6:,.3f} MB, threshold {block.max_mb:g}: {conclusion}",
    )
    return [ExplainedResult(result, "bytes / 1,000,000", {"bytes": size})]


KIND: GateKind[Size] = GateKind(name="size", block=Size, check=check, report=ReportEntry(unit=" MB"))
