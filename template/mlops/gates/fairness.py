"""``fairness``: how far a metric differs between the groups of a protected attribute."""

import numpy as np

from mlops import metrics
from mlops.evidence.reading import EvidenceError, EvidenceFolder
from mlops.gates.config import Fairness, GateError, Statistics, suggestion
from mlops.gates.rule import Estimate, Finding, at_most

DEFAULT = {"classification": "accuracy", "regression": "mae"}


def check(evidence: EvidenceFolder, gate: Fairness, statistics: Statistics | None) -> list[Finding]:
    """Judge, for each attribute, the largest value of the metric in a group minus the smallest.

    Raises:
        GateError: an unknown attribute or metric.
        EvidenceError: an attribute with one group, or a group in which the metric is not defined.
    """
    task = evidence.document.task
    name = gate.metric or DEFAULT[task]
    if name not in metrics.BY_TASK[task]:
        hint = suggestion(name, metrics.BY_TASK[task])
        raise GateError(f"a {task} has no metric '{name}' to compare groups by; {hint}", "fairness", "metric")
    findings = []
    for number, attribute in enumerate(gate.protected_attributes):
        if attribute not in evidence.groups:
            hint = suggestion(attribute, evidence.groups)
            place = ("fairness", "protected_attributes", number)
            raise GateError(f"the evidence has no protected attribute '{attribute}'; {hint}", *place)
        by_group = values_by_group(evidence, attribute, name)
        if len(by_group) < 2:
            raise EvidenceError(
                f"fairness: all rows are of one group of '{attribute}', {list(by_group)}: nothing to compare"
            )
        low = min(by_group, key=lambda group: by_group[group][0])
        high = max(by_group, key=lambda group: by_group[group][0])
        disparity = by_group[high][0] - by_group[low][0]
        smallest = min(rows for _, rows in by_group.values())
        minimum = statistics.min_group_samples if statistics else None
        verdict, reason = at_most(Estimate(disparity, smallest), gate.max_disparity, statistics, minimum)
        reason += f"; {name} {by_group[low][0]:.3f} for '{low}', {by_group[high][0]:.3f} for '{high}'"
        findings.append(Finding("fairness", attribute, verdict, disparity, "<=", gate.max_disparity, smallest, reason))
    return findings


def values_by_group(evidence: EvidenceFolder, attribute: str, metric: str) -> dict[str, tuple[float, int]]:
    """The metric's value and the number of rows of each group."""
    found = {}
    for group in sorted(set(evidence.groups[attribute])):
        chosen = evidence.groups[attribute] == group
        truth = evidence.truth[chosen]
        values = metrics.compute(
            evidence.document.task, truth, evidence.candidate.score[chosen], evidence.candidate.prediction[chosen]
        )
        if not np.isfinite(values[metric]):
            raise EvidenceError(
                f"fairness: {metric} is not defined in group '{group}' of '{attribute}' ({len(truth)} rows)"
            )
        found[str(group)] = (values[metric], len(truth))
    return found
