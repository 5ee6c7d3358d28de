"""Render ``report.html``: one file that includes its drawings. Template and style sheet are in ``templates/``."""

from markupsafe import Markup

from mlops.report import escaping
from mlops.report.charts import gate_chart, svg
from mlops.report.content import Content
from mlops.report.templating import TEMPLATES, environment

MAX_PASSED_CASES = 300


def render(content: Content) -> str:
    """Return the page. Every value is escaped, and the page loads no other file."""
    templates = environment(escaping.for_html, escape=True)
    style = Markup(svg.STYLE + (TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return templates.get_template("report.html").render(
        content=content,
        document=content.evidence.document,
        verdict=content.verdict,
        gate_chart=gate_chart,
        style=style,
        inline=lambda figure: Markup(figure.inline()),
        strip=lambda chart, row: Markup(chart.strip(row)),
        axis=lambda chart: Markup(chart.axis()),
        max_cases=content.failed_cases + MAX_PASSED_CASES,
    )
