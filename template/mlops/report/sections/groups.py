"""The section "Groups": the fairness metric in each group."""

from collections.abc import Sequence
from dataclasses import replace

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.kinds import fairness
from mlops.gates.kinds.gate_kind import GateBlocks
from mlops.gates.statistics import Interval
from mlops.report.charts import gate_chart
from mlops.report.charts.interval_chart import ComparedInterval, comparison_chart
from mlops.report.charts.row_chart import RowChart
from mlops.report.number_format import number
from mlops.report.sections.section import Section

MAX_GROUPS = 40


def groups_section(
    evidence: EvidenceFolder, results: Sequence[GateResult], gates: GateBlocks | None, confidence: float
) -> Section:
    """Return a chart for each protected attribute, and for each combination that the fairness gate compares."""
    section = Section("groups", "Groups")
    if not evidence.groups:
        section.missing.append("The evidence has no protected attribute, so there are no groups to compare.")
    gate = gates.block(fairness.KIND) if gates else None
    metric = fairness.metric_of(evidence.document.task, gate)
    by_attribute = {result.name: result for result in results if result.kind == fairness.KIND.name}
    if by_attribute and gate is None:
        section.missing.append(
            f"The gate file of this verdict is not available: groups are compared by {metric}, one attribute at a time."
        )
    attributes = gate.attributes() if gate else []
    attributes += [[name] for name in evidence.groups if [name] not in attributes]
    for position, names in enumerate(attributes, start=1):
        candidate = fairness.by_group(evidence, names, metric, confidence)
        champion = []
        if evidence.champion is not None:
            champion = fairness.by_group(replace(evidence, candidate=evidence.champion), names, metric, confidence)
        attribute = " + ".join(names)
        for measure in dict.fromkeys(value.metric for value in candidate):
            of_candidate = [value for value in candidate if value.metric == measure]
            of_champion = {value.name: value.interval for value in champion if value.metric == measure}
            section.charts.append(
                group_chart(
                    f"groups_{position}_{measure}",  # the name of a file: no text from the evidence in it
                    attribute,
                    measure.replace("_", " "),
                    of_candidate,
                    of_champion,
                    by_attribute.get(attribute),
                )
            )
    return section


def group_chart(
    name: str,
    attribute: str,
    metric: str,
    groups: list[fairness.GroupValue],
    champion: dict[str, Interval | None],
    result: GateResult | None,
) -> RowChart:
    """Return the chart of one attribute's groups, the smallest value first."""
    ordered = sorted(groups, key=lambda g: (g.interval is None, g.interval.estimate if g.interval else 0.0))
    shown = ordered
    if len(ordered) > MAX_GROUPS:  # the groups with the smallest and the largest values decide
        shown = ordered[: MAX_GROUPS // 2] + ordered[-MAX_GROUPS // 2 :]
    defined = [group.interval.estimate for group in groups if group.interval]
    summary = f"{len(groups)} groups"
    if len(shown) < len(groups):
        summary += f", of which the {len(shown)} with the smallest and largest values are drawn"
    if defined:
        summary += f"; {metric} differs by up to {number(max(defined) - min(defined))}"
    if result is not None:
        summary += (
            f". Gate result: {result.verdict.value}, {gate_chart.value_text(result)}, "
            f"needs {gate_chart.threshold_text(result)}"
        )
    else:
        summary += ". No gate compares them"
    return comparison_chart(
        name,
        f"{metric.capitalize()} by {attribute}",
        f"{summary}.",
        "If the intervals of two groups do not overlap, the model treats them differently; the gate tests each pair.",
        [
            ComparedInterval(group.name, group.interval, champion.get(group.name), f"{group.rows:,} rows")
            for group in shown
        ],
    )
