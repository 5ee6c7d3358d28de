"""``size``: the model's files."""

from mlops.evidence.reading import EvidenceFolder
from mlops.gates.config import Size
from mlops.gates.rule import Estimate, Finding, at_most


def check(evidence: EvidenceFolder, gate: Size) -> list[Finding]:
    """Judge the size in MB (1,000,000 bytes)."""
    megabytes = evidence.document.candidate.size_bytes / 1e6
    verdict, reason = at_most(Estimate(megabytes, 1, certain=True), gate.max_mb, None)
    return [Finding("size", "max_mb", verdict, megabytes, "<=", gate.max_mb, None, reason)]
