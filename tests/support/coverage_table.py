"""The table of coverage in docs/reference/statistics.md."""

from collections.abc import Iterable, Sequence

from support.bound_simulation import GIVEN, SIZES, Cell
from support.working_tree import ROOT

PAGE = ROOT / "docs" / "reference" / "statistics.md"
BEGIN, END = "<!-- coverage: written by make bound-coverage -->\n", "<!-- end of coverage -->\n"


def between_markers(page: str) -> str:
    """Return the text between the markers."""
    return page.split(BEGIN)[1].split(END)[0]


def replaced(page: str, table: str) -> str:
    """Return the page with another table."""
    return page.split(BEGIN)[0] + BEGIN + table + END + page.split(END)[1]


def rows_of(cells: Iterable[Cell]) -> list[str]:
    """Return a row for each case, side and balance: the worst coverage over the true values for each number of rows."""
    grouped: dict[tuple[str, str, str], dict[int, list[Cell]]] = {}
    for cell in cells:
        grouped.setdefault((cell.case, cell.side, cell.share), {}).setdefault(cell.n, []).append(cell)
    sizes = [n for n in SIZES if any(n in by_size for by_size in grouped.values())]
    return [
        f"| {' | '.join(key)} | {' | '.join(_worst(by_size.get(n, [])) for n in sizes)} |".replace("|  |", "| |")
        for key, by_size in grouped.items()
    ]


def _worst(cells: Sequence[Cell]) -> str:
    if not cells:
        return ""
    given = sum(cell.given for cell in cells) / sum(cell.draws for cell in cells)
    judged = [cell.coverage for cell in cells if cell.given >= GIVEN * cell.draws]
    share = "" if given == 1 else f" ({given:.0%})".replace("%", " %")
    return f"{min(judged):.1%}".rstrip("%") + share if judged else f"HOLD{share}"


def text_of(cells: Iterable[Cell]) -> str:
    """Return the table."""
    head = f"| quantity | bound | rows | {' | '.join(f'n = {n:,}' for n in SIZES)} |\n"
    return head + "|---|---|---|" + "---|" * len(SIZES) + "\n" + "\n".join(rows_of(cells)) + "\n"
