"""``size``: the model's files."""

from .answer import Answer
from .config import Size
from .reading import EvidenceFolder
from .rule import Finding, Verdict, fact, rounded


def check(evidence: EvidenceFolder, gate: Size) -> list[Answer]:
    """Judge the size in MB (1,000,000 bytes)."""
    size = evidence.document.candidate.size_bytes
    verdict = fact(size / 1e6, "<=", gate.max_mb)
    finding = Finding(
        kind="size",
        name="max_mb",
        verdict=verdict,
        estimate=rounded(size / 1e6),
        comparison="<=",
        threshold=gate.max_mb,
        reason=f"{size / 1e6:,.3f} MB, allowed {gate.max_mb:g}: {'kept' if verdict is Verdict.PASS else 'missed'}",
    )
    return [Answer(finding, "bytes / 1,000,000", {"bytes": size})]
