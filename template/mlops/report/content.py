"""What both pages show, computed once from the evidence and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.gates.decision.gate_result import GateResult
from mlops.gates.decision.statistics_settings import DEFAULT_CONFIDENCE
from mlops.gates.decision.verdict_rule import Verdict
from mlops.gates.evidence.evidence_reader import EvidenceFolder
from mlops.gates.gate_file.reader import GateFile
from mlops.gates.verdict import VerdictDocument
from mlops.report.analysis.row_changes import Changes
from mlops.report.charts import gate_chart
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.held_out import HeldOut
from mlops.report.sections import champion, critical_cases, drivers, groups, latency, metrics, predictions
from mlops.report.sections.section import Section, models_of

ORDER = (Verdict.FAIL, Verdict.HOLD, Verdict.PASS)
SENTENCES = {
    Verdict.PASS: "Every gate passed: this model may be released.",
    Verdict.HOLD: "No gate failed, but not every one is proven: more evidence is needed.",
    Verdict.FAIL: "At least one gate failed: this model goes no further.",
}


@dataclass(frozen=True, slots=True)
class Content:
    """The whole report."""

    title: str
    evidence: EvidenceFolder
    judgement: VerdictDocument
    sentence: str
    gates: list[GateResult]  # those that stand in the way first
    gate_chart: RowChart
    metrics: list[metrics.MetricRow]
    confusion: Figure | None
    predictions: Section
    champion: Section
    changed: Changes | None
    fairness: Section
    latency: Section
    drivers: Section
    cases: list[critical_cases.CaseRow]  # those that failed first

    @property
    def sections(self) -> list[Section]:
        return [self.predictions, self.champion, self.fairness, self.latency, self.drivers]

    @property
    def failed_cases(self) -> int:
        return sum(not case.passed for case in self.cases)

    @property
    def drawings(self) -> list[Figure | RowChart]:
        """Return every drawing, in the order of the page."""
        found: list[Figure | RowChart] = [self.gate_chart, *([self.confusion] if self.confusion else [])]
        for section in self.sections:
            found += [*section.figures, *section.charts]
        return found

    def in_the_way(self) -> list[GateResult]:
        return [gate for gate in self.gates if gate.verdict is not Verdict.PASS]


def gather(
    evidence: EvidenceFolder,
    judgement: VerdictDocument,
    title: str,
    row_ids: Sequence[str],
    held_out: HeldOut | str,
    file: GateFile | None,
) -> Content:
    """Compute everything that is shown.

    Args:
        row_ids: of the evidence's rows, in its order.
        held_out: the model and its rows, or why they are not at hand.
        file: what was judged by; None where it is not at hand.
    """
    confidence = next((f.confidence for f in judgement.gates if f.confidence is not None), DEFAULT_CONFIDENCE)
    models = models_of(evidence)
    changed = champion.compare_rows(evidence, models, row_ids, confidence)
    ordered = sorted(judgement.gates, key=lambda gate: ORDER.index(gate.verdict))
    return Content(
        title=title,
        evidence=evidence,
        judgement=judgement,
        sentence=SENTENCES[judgement.verdict],
        gates=ordered,
        gate_chart=gate_chart.chart(ordered),
        metrics=metrics.metric_rows(evidence, confidence),
        confusion=predictions.confusion_figure(evidence, models),
        predictions=predictions.predictions_section(evidence, models, confidence),
        champion=champion.champion_section(models, evidence.truth, changed, held_out, confidence),
        changed=changed,
        fairness=groups.groups_section(evidence, judgement.gates, file.gates if file else None, confidence),
        latency=latency.latency_section(evidence, judgement.gates, confidence),
        drivers=drivers.drivers_section(evidence, held_out, confidence),
        cases=sorted(critical_cases.case_rows(evidence.behavioral, file), key=lambda case: case.passed),
    )
