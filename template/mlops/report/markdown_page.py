"""Render ``report.md``: the comment on a pull request, with links to the files of the drawings."""

import re
from collections.abc import Sized
from functools import partial

from mlops.report import escaping
from mlops.report.charts import gate_chart
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.content import Content
from mlops.report.templating import environment

MAX_BYTES = 60_000  # GitHub rejects a comment of more than 65,536 characters
# Maximum rows per table and characters per value; the first pair with which the page is short enough is used.
LIMITS = ((200, 400), (100, 400), (50, 300), (20, 300), (8, 200), (3, 120), (1, 60))


def render(content: Content, pictures: dict[str, Figure | RowChart]) -> str:
    """Return the page, with its tables shortened until it is below ``MAX_BYTES``.

    Raises:
        ValueError: The page is too long even with the smallest limits.
    """
    for limit, longest in LIMITS:
        templates = environment(partial(escaping.for_markdown, longest=longest), escape=False)
        templates.filters["code"] = escaping.code
        page = templates.get_template("report.md").render(
            content=content,
            document=content.evidence.document,
            verdict=content.verdict,
            gate_chart=gate_chart,
            raw=escaping.Raw,
            pictures=pictures,
            limit=limit,
            omitted=partial(omitted, limit=limit),
            shortened=longest_table(content, pictures) > limit,
            symbol=escaping.Raw({"PASS": "✅", "HOLD": "⏸️", "FAIL": "❌"}[content.verdict.verdict.value]),
        )
        page = re.sub(r"\n{3,}", "\n\n", page)
        if len(page.encode()) < MAX_BYTES:
            return page
    raise ValueError(f"the Markdown report has {len(page)} characters even with one row of each table")


def longest_table(content: Content, pictures: Sized) -> int:
    """Return the number of rows of the longest table, before it is shortened."""
    chart_rows = [chart.rows for section in content.sections for chart in section.charts]
    charts = [section.charts for section in content.sections]
    changed = content.changes.rows if content.changes else []
    tables: list[Sized] = [content.gates, content.metrics, content.cases, pictures, changed, *chart_rows, *charts]
    return max(len(rows) for rows in tables)


def omitted(items: Sized, what: str, shown: int | None = None, *, limit: int) -> escaping.Raw:
    """Return the line about how many rows a table leaves out; empty if it leaves out none."""
    left = len(items) - (limit if shown is None else shown)
    return escaping.Raw(f"*and {left:,} more {what}, see `report.html`*" if left > 0 else "")
