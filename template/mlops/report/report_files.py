"""Write the report: ``report.html``, ``report.md`` and the drawings in ``figures/``."""

from pathlib import Path

from mlops.report import html_page, markdown_page
from mlops.report.charts.row_chart import RowChart
from mlops.report.charts.svg import Figure
from mlops.report.content import Content


def write_report(content: Content, folder: Path) -> list[Path]:
    """Write both pages and the drawings into ``folder`` and return the paths of the files."""
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for old in [*figures.glob("*.svg"), *figures.glob("*.png")]:
        old.unlink()  # of another task or an earlier champion
    pictures: dict[str, Figure | RowChart] = {f"{drawing.name}.svg": drawing for drawing in content.drawings}
    for name, drawing in pictures.items():
        (figures / name).write_text(drawing.file(), encoding="utf-8")
    page, comment = folder / "report.html", folder / "report.md"
    page.write_text(html_page.render(content), encoding="utf-8")
    comment.write_text(markdown_page.render(content, pictures), encoding="utf-8")
    return [page, comment, *(figures / name for name in pictures)]
