"""What a case of the simulation must show, for the tests of counts and of scores: two files, for two cores."""

import re

import simulation
from coverage_table import PAGE, between_markers, rows_of
from simulation import ALLOWED, GIVEN, Case


def written() -> list[str]:
    """The rows of the table in the docs."""
    return between_markers(PAGE.read_text(encoding="utf-8")).splitlines()


def check(case: Case) -> None:
    """At least 93 % of the bounds given hold, at most 7 % of all samples get a wrong one, and the docs say the same.

    A cell that gives a bound to fewer than one sample in five is one in which the gate holds; there only the second
    counts.
    """
    cells = simulation.run(case)
    low = [cell for cell in cells if cell.given >= GIVEN * cell.draws and cell.coverage < ALLOWED]
    assert not low, low
    wrong = [cell for cell in cells if cell.error > 1 - ALLOWED]
    assert not wrong, wrong
    table = written()
    for row in rows_of(cells):
        assert any(alike(row, other) for other in table), f"the docs say otherwise, make coverage: {row}"


def alike(row: str, other: str) -> bool:
    """The same words, and figures within three points: other versions of numpy draw other samples."""
    words, others = (re.sub(r"[0-9.]+", "#", line) for line in (row, other))
    numbers, other_numbers = (
        [float(number) for number in re.findall(r"[0-9.]+", line.split("|", 4)[4])] for line in (row, other)
    )
    return words == others and all(abs(x - y) <= 3 for x, y in zip(numbers, other_numbers, strict=True))
