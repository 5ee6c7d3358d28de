"""The section "Groups": the fairness metric in each group."""

from collections.abc import Sequence
from dataclasses import replace

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.kinds import fairness as groups
from mlops.gates.kinds.gate_kind import GateBlocks
from mlops.gates.statistics import Interval
from mlops.report.charts import gate_chart
from mlops.report.charts.interval_chart import paired_chart
from mlops.report.charts.row_chart import RowChart
from mlops.report.number_format import number
from mlops.report.sections.section import Section

MOST_GROUPS = 40


def groups_section(
    evidence: EvidenceFolder, findings: Sequence[GateResult], gates: GateBlocks | None, confidence: float
) -> Section:
    """What the fairness gate compares, group by group."""
    section = Section("groups", "Groups")
    if not evidence.groups:
        section.missing.append("The evidence names no protected attribute, so there are no groups to compare.")
    gate = gates.block(groups.KIND) if gates else None
    metric = groups.metric_of(evidence.document.task, gate)
    judged = {finding.name: finding for finding in findings if finding.kind == groups.KIND.name}
    if judged and gate is None:
        section.missing.append(
            f"The gate file that was judged by is not here: groups are compared by {metric}, one attribute at a time."
        )
    attributes = gate.attributes() if gate else []
    attributes += [[name] for name in evidence.groups if [name] not in attributes]
    for position, names in enumerate(attributes, start=1):
        candidate = groups.by_group(evidence, names, metric, confidence)
        champion = []
        if evidence.champion is not None:
            champion = groups.by_group(replace(evidence, candidate=evidence.champion), names, metric, confidence)
        for measure in dict.fromkeys(value.metric for value in candidate):
            mine = [value for value in candidate if value.metric == measure]
            theirs = {value.name: value.interval for value in champion if value.metric == measure}
            section.charts.append(group_chart(position, " + ".join(names), measure, mine, theirs, judged))
    return section


def group_chart(
    position: int,
    attribute: str,
    measure: str,
    found: list[groups.GroupValue],
    champion: dict[str, Interval | None],
    judged: dict[str, GateResult],
) -> RowChart:
    """One attribute's groups, the smallest value first."""
    metric = measure.replace("_", " ")
    ordered = sorted(found, key=lambda g: (g.interval is None, g.interval.estimate if g.interval else 0.0))
    # of very many groups those at both ends, which decide
    shown = ordered if len(ordered) <= MOST_GROUPS else ordered[: MOST_GROUPS // 2] + ordered[-MOST_GROUPS // 2 :]
    defined = [group.interval.estimate for group in found if group.interval]
    said = f"{len(found)} groups"
    if len(shown) < len(found):
        said += f", of which the {len(shown)} outermost are drawn"
    if defined:
        said += f"; {metric} differs by up to {number(max(defined) - min(defined))}"
    if (finding := judged.get(attribute)) is not None:
        said += (
            f". Gate: {finding.verdict.value}, {gate_chart.value(finding)} where {gate_chart.needed(finding)} is needed"
        )
    else:
        said += ". No gate compares them"
    return paired_chart(
        f"groups_{position}_{measure}",  # no name from outside in a path
        f"{metric.capitalize()} by {attribute}",
        f"{said}.",
        "Groups whose intervals lie apart are treated differently; the gate tests each pair.",
        [(group.name, group.interval, champion.get(group.name), f"{group.rows:,} rows") for group in shown],
    )
