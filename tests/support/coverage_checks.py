"""Checks of a simulated case, for the tests of counts and of scores: two files, so that they run in parallel."""

import re
from importlib.metadata import version
from pathlib import Path

import joblib

import mlops
from support import bound_simulation as simulation
from support.bound_simulation import ALLOWED, CASES, GIVEN, Case, Cell
from support.coverage_table import PAGE, between_markers, rows_of
from support.user_cache import digest_of, user_cache

# Everything that determines the cells: the simulation, the code of the bounds, and the libraries of both.
SOURCES = (Path(simulation.__file__), *(Path(mlops.__file__).parent / "gates").rglob("*.py"))
LIBRARIES = tuple(f"{name} {version(name)}" for name in ("numpy", "scipy"))


def drawn(name: str, decided_by: str) -> list[Cell]:
    """Return the cells of a case; the cache draws them again if the digest ``decided_by`` changes."""
    return simulation.run(next(case for case in CASES if case.name == name))


def cells_of(case: Case, cache: Path | None = None, sources: tuple[Path, ...] = SOURCES) -> list[Cell]:
    """Return the cells of a case from the cache; drawing them takes minutes, and the result is seeded."""
    memory = joblib.Memory(cache or user_cache() / "coverage", verbose=0)
    return memory.cache(drawn)(case.name, digest_of(sources, *LIBRARIES))


def written() -> list[str]:
    """Return the rows of the table in the docs."""
    return between_markers(PAGE.read_text(encoding="utf-8")).splitlines()


def check(case: Case) -> None:
    """Assert that at least 93 % of the given bounds hold, that at most 7 % of all samples get a wrong one, and that the
    docs have the same figures.

    In a cell that gives a bound to fewer than one sample in five, the gate returns HOLD; only the second limit applies.
    """
    cells = cells_of(case)
    low = [cell for cell in cells if cell.given >= GIVEN * cell.draws and cell.coverage < ALLOWED]
    assert not low, low
    wrong = [cell for cell in cells if cell.error > 1 - ALLOWED]
    assert not wrong, wrong
    table = written()
    for row in rows_of(cells):
        assert any(alike(row, other) for other in table), f"the docs have another row, run make bound-coverage: {row}"


def alike(row: str, other: str) -> bool:
    """Return whether two rows have equal text and figures within three points: numpy's versions differ."""
    words, others = (re.sub(r"[0-9.]+", "#", line) for line in (row, other))
    numbers, other_numbers = (
        [float(number) for number in re.findall(r"[0-9.]+", line.split("|", 4)[4])] for line in (row, other)
    )
    return words == others and all(abs(x - y) <= 3 for x, y in zip(numbers, other_numbers, strict=True))
