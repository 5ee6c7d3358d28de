"""Reports with chosen content: evidence from ``EvidenceBuilder``, judged, gathered and written as the verb does."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from support.engine import CASES, EvidenceBuilder

GATES = """
performance: {accuracy: {min: 0.8}}
latency: {p50_ms: 80, p95_ms: 99}
size: {max_mb: 10}
fairness: {max_disparity: 0.3, protected_attributes: [sex]}
behavioral: {test_cases: cases.csv, min_pass_rate: 1.0}
policy: {require: [model_card, approver]}
statistics: {confidence: 0.95, min_samples: 50, min_group_samples: 20}
"""
REGRESSION_GATES = GATES.replace("accuracy: {min: 0.8}", "mae: {max: 40}").replace(
    "max_disparity: 0.3", "max_disparity: 20"
)

# Texts that are code, markup or control characters if they are not escaped.
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</title></style></svg><script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![pixel](https://evil.example/p.png)",
    "https://evil.example www.evil.example",
    "@everyone #1 !2 ~bug %3 $4 :smile:",
    "a | b | c",
    "`code` **bold** _em_ ~~gone~~ $x$ {{ 7*7 }} [% x %]",
    "line\n\n# heading\n| PASS |",
    "\u202eSSAP\u202c\u2066x",
    "nul\x00bell\x07",
    "-----",
    "<!-- hidden",
    "</details><details open>",
]


@dataclass(frozen=True)
class Written:
    """A report on disk."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "report.html"

    @property
    def html(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def markdown(self) -> str:
        return (self.folder / "report.md").read_text(encoding="utf-8")

    @property
    def pictures(self) -> dict[str, str]:
        """Return name to SVG; fail if one is not well-formed."""
        found = {path.stem: path.read_text(encoding="utf-8") for path in (self.folder / "figures").glob("*.svg")}
        for picture in found.values():
            ElementTree.fromstring(picture)
        return found


def gather(
    folder: Path,
    evidence: EvidenceBuilder,
    gates: str = GATES,
    held_out: Any = "no model in this test.",
    cases: str = CASES,
) -> Any:
    """Return the content of the report on some evidence."""
    from mlops.gates import verdict
    from mlops.gates.evidence import evidence_reader
    from mlops.gates.gate_file import reader
    from mlops.report import content

    found = evidence_reader.read_evidence(evidence.write(folder / "evidence"))
    (folder / "model_gates.yaml").write_text(gates, encoding="utf-8")
    (folder / "cases.csv").write_text(cases, encoding="utf-8")
    file = reader.read_gate_file(folder / "model_gates.yaml")
    row_ids = evidence.predictions["row_id"].astype(str).tolist()
    return content.gather(found, verdict.judge(found, file), "a-model", row_ids, held_out, file)


def write(folder: Path, content: Any) -> Written:
    from mlops.report import report_files

    report_files.write_report(content, folder / "reports")
    return Written(folder / "reports")


def report(
    folder: Path, evidence: EvidenceBuilder, gates: str = GATES, held_out: Any = "no model in this test."
) -> Written:
    return write(folder, gather(folder, evidence, gates, held_out))


def predictor(task: str, answer: Callable[[pd.DataFrame], Any], columns: list[str]) -> Any:
    """Return a model whose prediction (score or value) is a function of its inputs."""
    from mlops import model

    class Estimator:
        classes_ = np.array([0, 1])

        def predict(self, rows: pd.DataFrame) -> Any:
            return answer(rows)

        def predict_proba(self, rows: pd.DataFrame) -> Any:
            score = np.asarray(answer(rows), dtype=float)
            return np.column_stack([1 - score, score])

    signature = model.Signature(
        task=task,
        package="p",
        target="y",
        labels=[0, 1] if task == "classification" else None,
        positive_label=1 if task == "classification" else None,
        inputs=[model.Column(name=name, type="double", nullable=True) for name in columns],
        example=dict.fromkeys(columns, 0.0),
    )
    return model.Predictor(Estimator(), signature, "sha256:" + "0" * 64)


class Outline(HTMLParser):
    """A parsed page: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append(" ")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]


def spread(evidence: EvidenceBuilder) -> EvidenceBuilder:
    """Add noise to the scores, so that they are not all equal."""
    random = np.random.default_rng(5)
    for who in ("candidate", "champion"):
        if f"{who}_score" in evidence.predictions:
            scores = evidence.predictions[f"{who}_score"] + random.uniform(-0.19, 0.19, evidence.rows)
            evidence.predictions[f"{who}_score"] = scores
            if evidence.document["task"] == "regression":
                evidence.predictions[f"{who}_prediction"] = scores
    return evidence


def many_gates(content: Any, count: int) -> Any:
    """Return the report with ``count`` gates, of which one failed."""
    from mlops.gates.decision.verdict_rule import Verdict
    from mlops.report.charts import gate_chart

    [first] = [gate for gate in content.gates if gate.name == "accuracy"]
    gates = [dataclasses.replace(first, name=f"metric_{number:04}") for number in range(count - 1)]
    gates.insert(0, dataclasses.replace(first, name="the_one_that_failed", verdict=Verdict.FAIL))
    return dataclasses.replace(content, gates=gates, gate_chart=gate_chart.chart(gates))
