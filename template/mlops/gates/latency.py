"""``latency``: percentiles of one prediction."""

import numpy as np

from mlops.evidence.reading import EvidenceFolder
from mlops.gates.config import Latency, Statistics
from mlops.gates.rule import Estimate, Finding, at_most


def check(evidence: EvidenceFolder, gate: Latency, statistics: Statistics | None) -> list[Finding]:
    """Judge each named percentile, the smallest measured time that the share of requests does not exceed."""
    measured = evidence.latency_ms
    conditions = evidence.document.latency
    findings = []
    for name, limit in gate.limits().items():
        share = int(name[1:3]) / 100
        value = float(np.quantile(measured, share, method="inverted_cdf"))
        verdict, reason = at_most(Estimate(value, len(measured)), limit, statistics)
        reason += f"; concurrency {conditions.concurrency}, {conditions.cpu}"
        findings.append(Finding("latency", name, verdict, value, "<=", limit, len(measured), reason))
    return findings
