"""What both pages show, gathered once: sections of figures, and for each part that is missing the reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlops.gates import fairness as groups
from mlops.gates import values
from mlops.gates.cases import Case
from mlops.gates.config import GateFile, Gates
from mlops.gates.errors import GateError
from mlops.gates.reading import CaseResult, EvidenceFolder
from mlops.gates.rule import LITERAL, Finding, Verdict
from mlops.gates.statistics import Interval, percentile, proportion
from mlops.gates.verdict import Judgement
from mlops.report import feature_importance, figures, gate_chart, row_changes, row_chart
from mlops.report.figures import Answers, both
from mlops.report.svg import Figure, Scale, nice_ticks, padded, tick_label
from mlops.report.text import number, signed

if TYPE_CHECKING:  # both are slow to import, and there may be no model to look at
    import pandas as pd

    from mlops.model import Predictor

ORDER = (Verdict.FAIL, Verdict.HOLD, Verdict.PASS)
MOST_FEATURES = 15
MOST_SHIFTS = 8
MOST_GROUPS = 40
MOST_ROWS = 20
PERCENTILES = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}
SENTENCES = {
    Verdict.PASS: "Every gate passed: this model may be released.",
    Verdict.HOLD: "No gate failed, but not every one is proven: more evidence is needed.",
    Verdict.FAIL: "At least one gate failed: this model goes no further.",
}


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What the evidence does not hold: the candidate itself and the rows that it was scored on."""

    predictor: "Predictor"
    rows: "pd.DataFrame"  # in the order of the evidence


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report. What it cannot show stands in ``missing``, with the reason."""

    anchor: str
    title: str
    lead: str = ""
    figures: list[Figure] = field(default_factory=list)
    charts: list[row_chart.RowChart] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of both models. ``tone`` is better or worse where that is beyond doubt, else empty."""

    name: str
    candidate: Interval
    champion: float | None
    difference: Interval | None  # candidate less champion
    tone: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One critical case: what it asks for, and what came."""

    case_id: str
    description: str
    asked: str
    got: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The whole report."""

    title: str
    evidence: EvidenceFolder
    judgement: Judgement
    sentence: str
    gates: list[Finding]  # those that stand in the way first
    gate_chart: row_chart.RowChart
    metrics: list[MetricRow]
    confusion: Figure | None
    predictions: Section
    champion: Section
    changed: row_changes.Changes | None
    fairness: Section
    latency: Section
    drivers: Section
    cases: list[CaseRow]  # those that failed first

    @property
    def sections(self) -> list[Section]:
        return [self.predictions, self.champion, self.fairness, self.latency, self.drivers]

    @property
    def failed_cases(self) -> int:
        return sum(not case.passed for case in self.cases)

    def in_the_way(self) -> list[Finding]:
        return [gate for gate in self.gates if gate.verdict is not Verdict.PASS]


def gather(
    evidence: EvidenceFolder,
    judgement: Judgement,
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
    confidence = next((f.confidence for f in judgement.gates if f.confidence is not None), LITERAL)
    models = answers(evidence)
    changed = compare(evidence, models, row_ids, confidence)
    ordered = sorted(judgement.gates, key=lambda gate: ORDER.index(gate.verdict))
    return Content(
        title=title,
        evidence=evidence,
        judgement=judgement,
        sentence=SENTENCES[judgement.verdict],
        gates=ordered,
        gate_chart=gate_chart.chart(ordered),
        metrics=metric_rows(evidence, confidence),
        confusion=confusion(evidence, models),
        predictions=predictions(evidence, models, confidence),
        champion=against_champion(models, evidence.truth, changed, held_out, confidence),
        changed=changed,
        fairness=fairness(evidence, judgement.gates, file.gates if file else None, confidence),
        latency=latency(evidence, judgement.gates, confidence),
        drivers=drivers(evidence, held_out, confidence),
        cases=sorted(case_rows(evidence.behavioral, file), key=lambda case: case.passed),
    )


def answers(evidence: EvidenceFolder) -> list[Answers]:
    """The candidate's answers, and the champion's if there is one."""
    both_models = [("candidate", evidence.candidate), ("champion", evidence.champion)]
    return [Answers(label, scored.score, scored.prediction) for label, scored in both_models if scored is not None]


def case_rows(results: Sequence[CaseResult], file: GateFile | None) -> list[CaseRow]:
    """Every case with all that it asks for, of which the evidence itself holds ``expected`` alone."""
    cases = {case.case_id: case for case in file.cases} if file else {}
    found = []
    for result in results:
        case = cases.get(result.case_id)
        asked = asks(case) if case else result.expected
        compared = case is not None and (case.not_below or case.not_above) and result.score is not None
        got = f"{result.got} (score {number(result.score)})" if compared else result.got
        found.append(CaseRow(result.case_id, result.description, asked, got, result.passed))
    return found


def asks(case: Case) -> str:
    """What a case asks for, in words."""
    parts = [
        (case.expected, "{}"),
        (case.must_not, "not {}"),
        (case.same_as, "the same as {}"),
        (case.not_below, "a score not below that of {}"),
        (case.not_above, "a score not above that of {}"),
    ]
    return ", ".join(words.format(value) for value, words in parts if value)


def label_names(evidence: EvidenceFolder) -> list[str]:
    """The labels by their codes in the evidence; a regression has none."""
    document = evidence.document
    labels = list(document.labels or [])
    if document.task == "classification":
        labels.sort(key=lambda label: label == document.positive_label)
    return [str(label) for label in labels]


def metric_rows(evidence: EvidenceFolder, confidence: float) -> list[MetricRow]:
    """Every metric that these rows define, of the candidate beside the champion's."""
    found = values.of(evidence)
    result = []
    for name in found.candidate:
        difference = tone = None
        champion = found.champion.get(name) if found.champion else None
        if champion is not None:
            try:
                difference = values.of_difference(evidence, name, confidence)
            except GateError:  # defined for each model by itself, not for both together: the values say enough
                difference = None
        higher = found.higher_is_better[name]
        if difference is not None and higher is not None:
            above = difference.lower is not None and difference.lower > 0
            below = difference.upper is not None and difference.upper < 0
            tone = "better" if (above if higher else below) else "worse" if (below if higher else above) else ""
        result.append(
            MetricRow(name, values.of_candidate(evidence, name, confidence), champion, difference, tone or "")
        )
    return result


def predictions(evidence: EvidenceFolder, models: list[Answers], confidence: float) -> Section:
    """How the answers agree with the truth."""
    truth = evidence.truth
    section = Section("predictions", "Answers on the held-out rows")
    if evidence.document.task == "regression":
        section.figures.extend(
            [
                figures.predicted(truth, models),
                figures.residuals(truth, models, confidence),
                figures.regression_calibration(truth, models, confidence),
            ]
        )
        return section
    if evidence.document.task == "multiclass":
        section.missing.append(
            "ROC, precision and recall curves are drawn for two labels; recall and precision of each label stand in "
            "their place."
        )
        section.figures.append(figures.share_calibration(truth, models, False, confidence))
        section.charts.extend(
            label_chart(evidence, models, which, label_names(evidence), confidence) for which in ("recall", "precision")
        )
        return section
    section.figures.extend(
        [
            figures.roc(truth, models, confidence),
            figures.precision_recall(truth, models, confidence),
            figures.share_calibration(truth, models, True, confidence),
        ]
    )
    return section


def label_chart(
    evidence: EvidenceFolder, models: list[Answers], which: str, labels: list[str], confidence: float
) -> row_chart.RowChart:
    """Recall or precision of each label of many."""
    tables = [figures.matrix(evidence.truth, model.prediction, len(labels)) for model in models]
    found: list[tuple[str, list[Interval | None]]] = []
    for position, label in enumerate(labels):
        each = []
        for table in tables:
            among = table[position] if which == "recall" else table[:, position]
            n = int(among.sum())
            each.append(proportion.clopper_pearson(int(table[position, position]), n, confidence) if n else None)
        found.append((label, each))
    found.sort(key=lambda pair: (pair[1][0] is None, pair[1][0].estimate if pair[1][0] else 0.0))
    shown = found[:MOST_GROUPS]
    lowest = next(((label, each[0]) for label, each in found if each[0]), None)
    said = f"The lowest is {number(lowest[1].estimate)}, of '{lowest[0]}'" if lowest and lowest[1] else "Not defined"
    if len(shown) < len(found):
        said += f"; the {len(shown)} lowest of {len(found)} labels are drawn"
    meaning = "rows of the label that are found" if which == "recall" else "answers with the label that are right"
    return paired_chart(
        f"label_{which}",
        f"{which.capitalize()} of each label",
        f"{said}.",
        f"The share of the {meaning}.",
        [(label, each[0], each[1] if len(each) > 1 else None, "") for label, each in shown],
    )


def confusion(evidence: EvidenceFolder, models: list[Answers]) -> Figure | None:
    """The confusion matrix; a regression has none."""
    labels = label_names(evidence)
    return figures.confusion(evidence.truth, models, labels) if labels else None


def compare(
    evidence: EvidenceFolder, models: list[Answers], row_ids: Sequence[str], confidence: float
) -> row_changes.Changes | None:
    """Candidate against champion, row by row; None where there is no champion."""
    if len(models) < 2:
        return None
    candidate, champion = models
    if evidence.document.task == "regression":
        return row_changes.of_values(
            row_ids, evidence.truth, candidate.prediction, champion.prediction, confidence, MOST_ROWS
        )
    return row_changes.of_labels(
        row_ids,
        evidence.truth,
        candidate.prediction,
        champion.prediction,
        (candidate.score, champion.score),
        label_names(evidence),
        confidence,
        MOST_ROWS,
    )


def against_champion(
    models: list[Answers],
    truth: NDArray[Any],
    changed: row_changes.Changes | None,
    held_out: HeldOut | str,
    confidence: float,
) -> Section:
    """Where the candidate and the champion differ."""
    anchor, title = "champion", "Against the champion"
    if changed is None:
        return Section(
            anchor, title, missing=["There is no champion yet: this is the first model, nothing can have become worse."]
        )
    section = Section(anchor, title, changed.sentence + ".")
    candidate, champion = models
    two_labels = int(max(model.prediction.max() for model in models)) <= 1
    if np.issubdtype(truth.dtype, np.floating):
        off = [np.abs(model.prediction - truth) for model in models]
        section.figures.append(figures.row_by_row(off[0], off[1], changed.worse, changed.better, "absolute error"))
    else:
        section.figures.append(
            figures.row_by_row(
                candidate.score,
                champion.score,
                changed.worse,
                changed.better,
                "score",
                (figures.decision(candidate), figures.decision(champion)) if two_labels else (None, None),
            )
        )
    if not changed.total:
        return section
    if isinstance(held_out, str):
        section.missing.append(f"What the rows that became worse have in common: {held_out}")
        return section
    inputs = [column.name for column in held_out.predictor.signature.inputs]
    found = row_changes.shifts(held_out.rows[inputs], changed.worse, confidence, MOST_SHIFTS)
    if found:
        section.charts.append(shift_chart(found, changed.total))
    else:
        section.missing.append(
            f"What the rows that became worse have in common: {changed.total} of {len(truth)} rows leave nothing to "
            "compare."
        )
    return section


def shift_chart(found: list[row_changes.Shift], total: int) -> row_chart.RowChart:
    """Features of the rows that became worse, against the others."""
    place, ticks = axis([shift.interval for shift in found], include=[0.0])
    lines = []
    for shift in found:
        marks = row_chart.span(place(0.0), place(shift.interval.estimate), "whisker half") + drawn(
            shift.interval, place
        )
        what = f"{number(shift.inside)}, the others {number(shift.outside)}"
        lines.append(row_chart.Row(shift.feature, marks, f"{signed(shift.interval.estimate)} sd", what))
    first = found[0]
    side = "higher" if first.interval.estimate > 0 else "lower"
    return row_chart.RowChart(
        "shifts",
        "What the rows that became worse have in common",
        f"{total:,} rows; the strongest shift is {first.feature}, {side} by "
        f"{number(abs(first.interval.estimate))} standard deviations.",
        "Mean of each feature in the rows that became worse, less the mean in all other rows, in standard deviations "
        "(sd) over all; for a category, the share of rows that have it. An interval across 0 may be chance, and of "
        "many features some stand out by chance alone.",
        lines,
        ticks,
    )


def axis(
    intervals: Sequence[Interval | None], include: Sequence[float] = ()
) -> tuple[Callable[[float], float], list[tuple[float, str]]]:
    """A common axis for intervals: value to share of the width, and its ticks."""
    known = [v for i in intervals if i for v in (i.estimate, i.lower, i.upper) if v is not None] + list(include)
    low, high = padded(known or [0.0])
    scale = Scale(low, high, 0.0, 1.0)
    return scale, [(scale(tick), tick_label(tick)) for tick in nice_ticks(low, high, 4)]


def drawn(interval: Interval, place: Callable[[float], float], y: float = 0, who: str = "candidate") -> str:
    """An interval's marks on a common axis."""
    low, high = (None if bound is None else place(bound) for bound in (interval.lower, interval.upper))
    whisker, radius = ("whisker", 4.5) if who == "candidate" else ("champion-whisker", 3.5)
    return row_chart.interval(low, place(interval.estimate), high, whisker, f"{who}-mark", y, radius)


def fairness(evidence: EvidenceFolder, findings: Sequence[Finding], gates: Gates | None, confidence: float) -> Section:
    """What the fairness gate compares, group by group."""
    section = Section("groups", "Groups")
    if not evidence.groups:
        section.missing.append("The evidence names no protected attribute, so there are no groups to compare.")
    gate = gates.fairness if gates else None
    metric = groups.metric_of(evidence, gate) if gate else groups.DEFAULT[evidence.document.task]
    judged = {finding.name: finding for finding in findings if finding.kind == "fairness"}
    if judged and gate is None:
        section.missing.append(
            f"The gate file that was judged by is not here: groups are compared by {metric}, one attribute at a time."
        )
    attributes = [[a] if isinstance(a, str) else a for a in gate.protected_attributes] if gate else []
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
    judged: dict[str, Finding],
) -> row_chart.RowChart:
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


def paired_chart(
    name: str,
    title: str,
    finding: str,
    reading: str,
    lines: Sequence[tuple[str, Interval | None, Interval | None, str]],
) -> row_chart.RowChart:
    """Rows with the candidate's interval and, where there is one, the champion's below it."""
    place, ticks = axis([interval for _, mine, theirs, _ in lines for interval in (mine, theirs)])
    drawn_rows = []
    for label, mine, theirs, note in lines:
        marks = ""
        if mine is not None:
            marks += drawn(mine, place, -5 if theirs else 0)
        if theirs is not None:
            marks += drawn(theirs, place, 6, "champion")
        value = both(mine) if mine else "not defined"
        details = [f"champion {both(theirs)}" if theirs else "", note]
        drawn_rows.append(row_chart.Row(label, marks, value, ", ".join(filter(None, details))))
    if any(theirs for _, _, theirs, _ in lines):
        reading += " Below each dot the ring is the champion's."
    return row_chart.RowChart(name, title, finding, reading, drawn_rows, ticks)


def latency(evidence: EvidenceFolder, findings: Sequence[Finding], confidence: float) -> Section:
    """How long one prediction took."""
    gates = {finding.name: finding for finding in findings if finding.kind == "latency"}
    measured = np.asarray(evidence.latency_ms, dtype=np.float64)
    found = []
    for name, share in PERCENTILES.items():
        gate = gates.get(name)
        found.append(
            figures.Percentile(
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
    return Section("latency", "Latency", figures=[figures.latency(measured, found, said)])


def drivers(evidence: EvidenceFolder, held_out: HeldOut | str, confidence: float) -> Section:
    """Which inputs the answers hang on."""
    section = Section("drivers", "What drives the answers")
    if isinstance(held_out, str):
        section.missing.append(f"Importance of the features: {held_out}")
        return section
    if held_out.predictor.signature.task != evidence.document.task:
        section.missing.append("Importance of the features: models/candidate is a model for another task.")
        return section
    truth = np.asarray(evidence.truth, dtype=np.float64)
    try:
        found = feature_importance.permutation_importance(
            held_out.predictor, held_out.rows, truth, confidence, evidence.document.seed
        )
    except feature_importance.TooSlow as error:
        section.missing.append(f"Importance of the features: {error}.")
        return section
    shown = found.importances[:MOST_FEATURES]
    place, ticks = axis([importance.interval for importance in shown], include=[0.0])
    lines = [
        row_chart.Row(
            importance.feature,
            row_chart.span(place(0.0), place(importance.interval.estimate), "candidate thick half")
            + drawn(importance.interval, place),
            both(importance.interval),
        )
        for importance in shown
    ]
    matter = sum(1 for i in found.importances if i.interval.lower is not None and i.interval.lower > 0)
    section.charts.append(
        row_chart.RowChart(
            "importance",
            "Permutation importance",
            f"{matter} of {len(found.importances)} features matter beyond chance; the most important is "
            f"{found.importances[0].feature}.",
            f"How much the {found.loss} grows when one column is shuffled over {found.rows:,} held-out rows, "
            f"{feature_importance.REPEATS} times; bounds over the rows. "
            "Features that say the same share what they matter.",
            lines,
            ticks,
        )
    )
    if len(shown) < len(found.importances):
        section.missing.append(f"{len(found.importances) - len(shown)} features of less importance are not drawn.")
    return section
