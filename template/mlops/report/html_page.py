"""``report.html``: one file with the drawings inside. The template and its style sheet are in ``templates/``."""

from markupsafe import Markup

from mlops.report import escaping
from mlops.report.charts import gate_chart, svg
from mlops.report.content import Content
from mlops.report.templating import TEMPLATES, environment

HTML_CASES = 300  # passed cases that the page lists


def render(content: Content) -> str:
    """The page; every value is escaped, and nothing but the page itself is needed to read it."""
    templates = environment(escaping.for_html, escape=True)
    style = Markup(svg.STYLE + (TEMPLATES / "report.css").read_text(encoding="utf-8"))
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
