"""The report's two pages, from the same content: HTML with the figures inside, Markdown with links to their files."""

import re
from collections.abc import Sized
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mlops.report import gate_chart, svg, text
from mlops.report.content import Content
from mlops.report.row_chart import RowChart
from mlops.report.svg import Figure

MOST_CHARACTERS = 60_000  # GitHub refuses a comment of more than 65,536; counted in bytes, to be on the safe side
# Rows of each table and characters of each value: the first pair with which the page fits.
LIMITS = ((200, 400), (100, 400), (50, 300), (20, 300), (8, 200), (3, 120), (1, 60))
FILTERS = {"bounds": text.bounds, "number": text.number, "signed": text.signed, "short": text.short}
HTML_CASES = 300  # passed cases that the page lists


def write_report(content: Content, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and the pictures into ``folder``; returns what was written."""
    drawn = drawings(content)
    pictures = folder / "figures"
    pictures.mkdir(parents=True, exist_ok=True)
    for old in [*pictures.glob("*.svg"), *pictures.glob("*.png")]:
        old.unlink()  # of another task or an earlier champion
    written = {}
    for drawing in drawn:
        path = pictures / f"{drawing.name}.svg"
        path.write_text(drawing.file(), encoding="utf-8")
        written[path] = drawing
    page, comment = folder / "report.html", folder / "report.md"
    page.write_text(html(content), encoding="utf-8")
    comment.write_text(markdown(content, {path.name: drawing for path, drawing in written.items()}), encoding="utf-8")
    return [page, comment, *written]


def drawings(content: Content) -> list[Figure | RowChart]:
    """Every picture, in the order of the page."""
    found: list[Figure | RowChart] = [content.gate_chart, *([content.confusion] if content.confusion else [])]
    for section in content.sections:
        found += [*section.figures, *section.charts]
    return found


def environment(finalize: Any, escape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=escape,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def html(content: Content) -> str:
    """The page; every value is escaped, and nothing but the page itself is needed to read it."""
    templates = environment(text.for_html, escape=True)
    templates.filters |= FILTERS
    style = Markup(svg.STYLE + (Path(__file__).parent / "templates/report.css").read_text(encoding="utf-8"))
    return templates.get_template("report.html").render(
        content=content,
        document=content.evidence.document,
        judgement=content.judgement,
        gate_chart=gate_chart,
        style=style,
        inline=lambda figure: Markup(figure.inline()),
        strip=lambda chart, row: Markup(chart.strip(row)),
        axis=lambda chart: Markup(chart.axis()),
        most_cases=content.failed_cases + HTML_CASES,
    )


def markdown(content: Content, pictures: dict[str, Figure | RowChart]) -> str:
    """The comment, its tables shortened until it fits.

    Raises:
        ValueError: it does not fit even so, which takes more sections than this report has.
    """
    for limit, longest in LIMITS:
        templates = environment(partial(text.for_markdown, longest=longest), escape=False)
        templates.filters |= FILTERS | {"code": text.code}
        page = templates.get_template("report.md").render(
            content=content,
            document=content.evidence.document,
            judgement=content.judgement,
            gate_chart=gate_chart,
            raw=text.Raw,
            pictures=pictures,
            limit=limit,
            more=partial(more, limit=limit),
            shortened=longest_list(content, pictures) > limit,
            symbol=text.Raw({"PASS": "✅", "HOLD": "⏸️", "FAIL": "❌"}[content.judgement.verdict.value]),
        )
        page = re.sub(r"\n{3,}", "\n\n", page)
        if len(page.encode()) < MOST_CHARACTERS:
            return page
    raise ValueError(f"the Markdown report has {len(page)} characters even with one row of each table")


def longest_list(content: Content, pictures: Sized) -> int:
    """How many rows the longest table of the Markdown would have."""
    charts = [chart.rows for section in content.sections for chart in section.charts]
    lists = [section.charts for section in content.sections]
    changed = content.changed.rows if content.changed else []
    every: list[Sized] = [content.gates, content.metrics, content.cases, pictures, changed, *charts, *lists]
    return max(len(rows) for rows in every)


def more(items: Sized, what: str, shown: int | None = None, *, limit: int) -> text.Raw:
    """The line that says what a table leaves out; empty where it leaves out nothing."""
    left = len(items) - (limit if shown is None else shown)
    return text.Raw(f"*and {left:,} more {what}: `report.html` has them*" if left > 0 else "")
