"""The section "Latency"."""

from collections.abc import Sequence

import numpy as np

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.statistics import percentile
from mlops.report.charts import latency as latency_chart
from mlops.report.sections.section import Section

PERCENTILES = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}


def latency_section(evidence: EvidenceFolder, findings: Sequence[GateResult], confidence: float) -> Section:
    """How long one prediction took."""
    gates = {finding.name: finding for finding in findings if finding.kind == "latency"}
    measured = np.asarray(evidence.latency_ms, dtype=np.float64)
    found = []
    for name, share in PERCENTILES.items():
        gate = gates.get(name)
        found.append(
            latency_chart.Percentile(
                name.removesuffix("_ms"),
                percentile.percentile(measured, share, confidence),
                gate.threshold if gate else None,
                gate.verdict.value if gate else "",
            )
        )
    conditions = evidence.document.latency
    said = (
        f"Measured after {conditions.warmup_requests} requests of warm-up, {conditions.concurrency} at a time, on "
        f"{conditions.cpu}."
    )
    return Section("latency", "Latency", figures=[latency_chart.latency_chart(measured, found, said)])
