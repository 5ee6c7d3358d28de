"""Pictures of the evidence. Each says one thing, and is drawn the same for candidate and champion."""

from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import roc_curve

from mlops.evidence import curves
from mlops.evidence.reading import EvidenceFolder, Scored

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CANDIDATE, CHAMPION, REFERENCE = "#2b6cb0", "#b7791f", "#a0aec0"


def all_of(evidence: EvidenceFolder) -> dict[str, "Figure"]:
    """Name to figure, for the task at hand."""
    drawings: dict[str, Callable[[Axes, EvidenceFolder], None]] = {"calibration": calibration, "latency": latency}
    if evidence.document.task == "classification":
        drawings = {"roc": roc, "scores": scores} | drawings
    else:
        drawings = {"predicted": predicted, "errors": errors} | drawings
    return {name: draw(evidence, drawing) for name, drawing in drawings.items()}


def draw(evidence: EvidenceFolder, drawing: Callable[["Axes", EvidenceFolder], None]) -> "Figure":
    """One figure; the canvas needs no display and no global state of matplotlib's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    drawing(axes, evidence)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=8)
    return figure


def models(evidence: EvidenceFolder) -> list[tuple[str, Scored, str]]:
    """Label, answers and color of each model; the champion first, so that the candidate lies on top."""
    both = [("champion", evidence.champion, CHAMPION), ("candidate", evidence.candidate, CANDIDATE)]
    return [(label, scored, color) for label, scored, color in both if scored is not None]


def roc(axes: "Axes", evidence: EvidenceFolder) -> None:
    axes.plot([0, 1], [0, 1], color=REFERENCE, linewidth=1, linestyle="--")
    for label, scored, color in models(evidence):
        false_positive, true_positive, _ = roc_curve(evidence.truth, scored.score)
        axes.plot(false_positive, true_positive, color=color, label=label)
    axes.set(title="ROC curve", xlabel="false positive rate", ylabel="true positive rate")


def scores(axes: "Axes", evidence: EvidenceFolder) -> None:
    bins = np.linspace(0, 1, 21).tolist()
    for label, value, color in (("negative", 0, REFERENCE), ("positive", 1, CANDIDATE)):
        axes.hist(evidence.candidate.score[evidence.truth == value], bins=bins, alpha=0.65, color=color, label=label)
    axes.set(title="Candidate's score by true label", xlabel="score", ylabel="rows")


def calibration(axes: "Axes", evidence: EvidenceFolder) -> None:
    for label, scored, color in models(evidence):
        pairs = curves.calibration(evidence.truth, scored.score)
        axes.plot(pairs["predicted"], pairs["observed"], color=color, marker="o", markersize=4, label=label)
    ends = [max(axes.get_xlim()[0], axes.get_ylim()[0]), min(axes.get_xlim()[1], axes.get_ylim()[1])]
    axes.plot(ends, ends, color=REFERENCE, linewidth=1, linestyle="--")
    axes.set(title="Calibration (tenths of the rows)", xlabel="mean predicted", ylabel="mean observed")


def predicted(axes: "Axes", evidence: EvidenceFolder) -> None:
    ends = [evidence.truth.min(), evidence.truth.max()]
    axes.plot(ends, ends, color=REFERENCE, linewidth=1, linestyle="--")
    for label, scored, color in models(evidence):
        axes.scatter(evidence.truth, scored.prediction, s=10, alpha=0.6, color=color, label=label)
    axes.set(title="Predicted against true", xlabel="true", ylabel="predicted")


def errors(axes: "Axes", evidence: EvidenceFolder) -> None:
    for label, scored, color in models(evidence):
        axes.hist(scored.prediction - evidence.truth, bins=25, alpha=0.6, color=color, label=label)
    axes.axvline(0, color=REFERENCE, linewidth=1, linestyle="--")
    axes.set(title="Errors", xlabel="predicted - true", ylabel="rows")


def latency(axes: "Axes", evidence: EvidenceFolder) -> None:
    measured = np.sort(evidence.latency_ms)
    axes.plot(measured, np.arange(1, len(measured) + 1) / len(measured), color=CANDIDATE)
    axes.set_xlim(left=0)
    axes.set(title="Latency of one prediction", xlabel="milliseconds", ylabel="share of requests", ylim=(0, 1.02))


def as_svg(figure: "Figure") -> str:
    """The figure as an SVG element to stand inside an HTML page."""
    stream = StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()[stream.getvalue().index("<svg") :]


def save_png(figure: "Figure", path: Path) -> Path:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue())
    return path
