"""The section "Latency"."""

from collections.abc import Sequence

import numpy as np

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.kinds import latency
from mlops.gates.statistics import percentile
from mlops.report.charts.latency import Percentile, latency_chart
from mlops.report.sections.section import Section

PERCENTILES = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}


def latency_section(evidence: EvidenceFolder, results: Sequence[GateResult], confidence: float) -> Section:
    """Return the chart of the measured requests, with the percentiles that the gate checks."""
    by_name = {result.name: result for result in results if result.kind == latency.KIND.name}
    measured = np.asarray(evidence.latency_ms, dtype=np.float64)
    percentiles = []
    for name, share in PERCENTILES.items():
        result = by_name.get(name)
        percentiles.append(
            Percentile(
                name.removesuffix("_ms"),
                percentile.percentile(measured, share, confidence),
                result.threshold if result else None,
                result.verdict.value if result else "",
            )
        )
    conditions = evidence.document.latency
    measurement = (
        f"Measured after {conditions.warmup_requests} warm-up requests, {conditions.concurrency} at a time, on "
        f"{conditions.cpu}."
    )
    return Section("latency", "Latency", figures=[latency_chart(measured, percentiles, measurement)])
