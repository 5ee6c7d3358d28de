"""``report.md``: the comment on a pull request, with links to the files of the drawings."""

import re
from collections.abc import Sized
from functools import partial

from mlops.report import escaping
from mlops.report.charts import gate_chart
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.content import Content
from mlops.report.templating import environment

MOST_CHARACTERS = 60_000  # GitHub refuses a comment of more than 65,536; counted in bytes, to be on the safe side
# Rows of each table and characters of each value: the first pair with which the page fits.
LIMITS = ((200, 400), (100, 400), (50, 300), (20, 300), (8, 200), (3, 120), (1, 60))


def render(content: Content, pictures: dict[str, Figure | RowChart]) -> str:
    """The comment, its tables shortened until it fits.

    Raises:
        ValueError: it does not fit even so, which takes more sections than this report has.
    """
    for limit, longest in LIMITS:
        templates = environment(partial(escaping.for_markdown, longest=longest), escape=False)
        templates.filters["code"] = escaping.code
        page = templates.get_template("report.md").render(
            content=content,
            document=content.evidence.document,
            judgement=content.judgement,
            gate_chart=gate_chart,
            raw=escaping.Raw,
            pictures=pictures,
            limit=limit,
            more=partial(more, limit=limit),
            shortened=longest_list(content, pictures) > limit,
            symbol=escaping.Raw({"PASS": "✅", "HOLD": "⏸️", "FAIL": "❌"}[content.judgement.verdict.value]),
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


def more(items: Sized, what: str, shown: int | None = None, *, limit: int) -> escaping.Raw:
    """The line that says what a table leaves out; empty where it leaves out nothing."""
    left = len(items) - (limit if shown is None else shown)
    return escaping.Raw(f"*and {left:,} more {what}: `report.html` has them*" if left > 0 else "")
