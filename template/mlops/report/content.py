"""The content of the report, which both pages show: computed once from the evidence and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.decision.statistics_settings import DEFAULT_CONFIDENCE
from mlops.gates.decision.verdict_rule import Verdict
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.gate_file.reader import GateFile
from mlops.gates.verdict import VerdictDocument
from mlops.report.analysis.row_changes import RowChanges
from mlops.report.charts import gate_chart
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.held_out import HeldOut
from mlops.report.sections import champion, critical_cases, groups, importance, latency, metrics, predictions
from mlops.report.sections.section import Section, models_of

ORDER = (Verdict.FAIL, Verdict.HOLD, Verdict.PASS)
SUMMARIES = {
    Verdict.PASS: "Every gate passed: this model may be released.",
    Verdict.HOLD: "No gate failed, but at least one needs more evidence to pass.",
    Verdict.FAIL: "At least one gate failed: this model is rejected.",
}


@dataclass(frozen=True, slots=True)
class Content:
    """The content of the report."""

    title: str
    evidence: EvidenceFolder
    verdict: VerdictDocument
    summary: str
    gates: list[GateResult]  # FAIL first, then HOLD, then PASS
    gate_chart: RowChart
    metrics: list[metrics.MetricRow]
    confusion: Figure | None
    predictions: Section
    champion: Section
    changes: RowChanges | None
    fairness: Section
    latency: Section
    importance: Section
    cases: list[critical_cases.CaseRow]  # failed cases first

    @property
    def sections(self) -> list[Section]:
        """Return the sections in the order of the page."""
        return [self.predictions, self.champion, self.fairness, self.latency, self.importance]

    @property
    def failed_cases(self) -> int:
        """Return the number of critical cases that failed."""
        return sum(not case.passed for case in self.cases)

    @property
    def drawings(self) -> list[Figure | RowChart]:
        """Return every drawing, in the order of the page."""
        found: list[Figure | RowChart] = [self.gate_chart, *([self.confusion] if self.confusion else [])]
        for section in self.sections:
            found += [*section.figures, *section.charts]
        return found

    @property
    def gates_not_passed(self) -> list[GateResult]:
        """Return the results of the gates that did not pass."""
        return [gate for gate in self.gates if gate.verdict is not Verdict.PASS]


def gather(
    evidence: EvidenceFolder,
    verdict: VerdictDocument,
    title: str,
    row_ids: Sequence[str],
    held_out: HeldOut | str,
    file: GateFile | None,
) -> Content:
    """Compute the content of the report.

    Args:
        evidence: The evidence of the verdict.
        verdict: The verdict.
        title: The name of the model.
        row_ids: The ids of the evidence's rows, in its order.
        held_out: The model and its rows, or the reason why they are not available.
        file: The gate file of the verdict; None if it is not available.
    """
    confidence = next((f.confidence for f in verdict.gates if f.confidence is not None), DEFAULT_CONFIDENCE)
    models = models_of(evidence)
    changes = champion.compare_rows(evidence, models, row_ids, confidence)
    gates = sorted(verdict.gates, key=lambda gate: ORDER.index(gate.verdict))
    return Content(
        title=title,
        evidence=evidence,
        verdict=verdict,
        summary=SUMMARIES[verdict.verdict],
        gates=gates,
        gate_chart=gate_chart.chart(gates),
        metrics=metrics.metric_rows(evidence, confidence),
        confusion=predictions.confusion_figure(evidence, models),
        predictions=predictions.predictions_section(evidence, models, confidence),
        champion=champion.champion_section(models, evidence.truth, changes, held_out, confidence),
        changes=changes,
        fairness=groups.groups_section(evidence, verdict.gates, file.gates if file else None, confidence),
        latency=latency.latency_section(evidence, verdict.gates, confidence),
        importance=importance.importance_section(evidence, held_out, confidence),
        cases=sorted(critical_cases.case_rows(evidence.behavioral, file), key=lambda case: case.passed),
    )
