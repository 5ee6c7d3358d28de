"""``performance``: each named metric against its threshold, on the held-out rows."""

from collections.abc import Mapping

from mlops.gates.config import GateError, Statistics, Threshold
from mlops.gates.rule import Estimate, Finding, at_least, at_most
from mlops.gates.values import Values


def check(
    values: Values, rows: int, thresholds: Mapping[str, Threshold], statistics: Statistics | None
) -> list[Finding]:
    """Judge each metric.

    Raises:
        GateError: an unknown metric, no number, or a threshold on the wrong side: ``{min: …}`` of an error.
    """
    findings = []
    for name, threshold in thresholds.items():
        estimate = Estimate(values.of_candidate(name, "performance", name), rows)
        higher = values.higher_is_better[name]
        if higher is not None and higher != (threshold.min is not None):
            right, wrong = ("min", "max") if higher else ("max", "min")
            raise GateError(
                f"performance.{name}: {wrong} would let every bad model pass; this metric needs {right}.",
                *("performance", name, wrong),
            )
        if threshold.min is not None:
            verdict, reason = at_least(estimate, threshold.min, statistics)
            findings.append(Finding("performance", name, verdict, estimate.value, ">=", threshold.min, rows, reason))
        elif threshold.max is not None:
            verdict, reason = at_most(estimate, threshold.max, statistics)
            findings.append(Finding("performance", name, verdict, estimate.value, "<=", threshold.max, rows, reason))
    return findings
