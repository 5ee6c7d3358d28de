"""The report's two pages, from the same content: HTML with the figures inside, Markdown with links to them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mlops.evidence.reading import EvidenceFolder
from mlops.gates import values
from mlops.gates.rule import Finding, Verdict
from mlops.gates.verdict import Judgement
from mlops.report import figures

SENTENCES = {
    Verdict.PASS: "Every gate passed: this model may replace the champion.",
    Verdict.HOLD: "No gate failed, but not every one is proven: more evidence is needed.",
    Verdict.FAIL: "At least one gate failed: this model goes no further.",
}


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One line of the comparison; ``better`` is None where it cannot be said."""

    name: str
    candidate: float
    champion: float | None
    better: bool | None

    @property
    def difference(self) -> float | None:
        return None if self.champion is None else self.candidate - self.champion


def write(evidence: EvidenceFolder, judgement: Judgement, title: str, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and its pictures into ``folder``; returns what was written."""
    drawn = figures.all_of(evidence)
    pictures = [figures.save_png(figure, folder / "figures" / f"{name}.png") for name, figure in drawn.items()]
    content = context(evidence, judgement, title)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": number, "short": short, "cell": cell}
    html, markdown = folder / "report.html", folder / "report.md"
    svgs = [figures.as_svg(figure) for figure in drawn.values()]
    html.write_text(environment.get_template("page.html").render(content, figures=svgs), encoding="utf-8")
    names = {name: f"figures/{picture.name}" for name, picture in zip(drawn, pictures, strict=True)}
    markdown.write_text(environment.get_template("page.md").render(content, figures=names), encoding="utf-8")
    return [html, markdown, *pictures]


def context(evidence: EvidenceFolder, judgement: Judgement, title: str) -> dict[str, Any]:
    """What both pages show."""
    document = evidence.document
    return {
        "title": title,
        "document": document,
        "judgement": judgement,
        "sentence": SENTENCES[judgement.verdict],
        "gates": sorted(judgement.gates, key=lambda gate: list(Verdict)[::-1].index(gate.verdict)),
        "threshold": threshold,
        "metrics": metric_rows(evidence),
        "cases": evidence.behavioral.to_dict("records"),
        "groups": {name: sorted(set(values)) for name, values in evidence.groups.items()},
        "rows": evidence.rows,
    }


def metric_rows(evidence: EvidenceFolder) -> list[MetricRow]:
    """Every metric of the candidate beside the champion's."""
    found = values.of(evidence)
    rows = []
    for name, value in found.candidate.items():
        before = found.champion.get(name) if found.champion else None
        higher = found.higher_is_better[name]
        better = None if before is None or higher is None or before == value else (value > before) == higher
        rows.append(MetricRow(name, value, before, better))
    return rows


def threshold(finding: Finding) -> str:
    return "required" if finding.threshold is None else f"{finding.comparison} {finding.threshold:g}"


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def short(digest: str) -> str:
    """A digest short enough for a line of text."""
    return digest.removeprefix("sha256:")[:12]


def cell(text: str) -> str:
    """Text for one cell of a Markdown table: no markup, no link, no line break of its own."""
    escaped = re.sub(r"([\\|\[\]*`])", r"\\\1", str(text))
    return " ".join(escaped.split()).replace("&", "&amp;").replace("<", "&lt;")
