"""Bounds hold as often as they say: the simulation, its table in the docs, and proof that it would notice if not."""

import math
from pathlib import Path

import numpy as np
import pytest

from mlops.gates.statistics import Interval
from support import bound_simulation as simulation
from support.bound_simulation import ALLOWED, CASES, COUNTED, Case, Cell
from support.coverage_checks import SOURCES, alike, cells_of, check, written
from support.coverage_table import rows_of, text_of

pytestmark = pytest.mark.long(place=17)


@pytest.mark.slow
@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
def test_bounds_from_counts_cover_at_their_confidence(case: Case) -> None:
    check(case)


def test_figures_that_differ_by_more_than_chance_are_detected() -> None:
    row = "| auc_roc | lower | 1:50 | HOLD (0 %) | 95.5 (80 %) |"
    assert alike(row, "| auc_roc | lower | 1:50 | HOLD (0 %) | 94.0 (81 %) |")
    assert not alike(row, "| auc_roc | lower | 1:50 | HOLD (0 %) | 91.0 (80 %) |")
    assert not alike(row, "| auc_roc | upper | 1:50 | HOLD (0 %) | 95.5 (80 %) |")
    assert not alike(row, "| auc_roc | lower | 1:50 | 93.0 (30 %) | 95.5 (80 %) |")


def test_the_table_in_the_docs_has_every_case() -> None:
    named = {line.split("|")[1].strip() for line in written() if line.startswith("| ")}
    assert named == {case.name for case in CASES} | {"quantity"}


@pytest.mark.parametrize("name", ["accuracy, rates", "auc_roc", "mae", "balanced_accuracy", "latency percentiles"])
def test_the_simulation_is_seeded(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    assert simulation.run(case, [200], 20) == simulation.run(case, [200], 20)


def test_cells_are_simulated_again_only_if_their_code_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, cell = [], Cell("x", "lower", 50, 0.5, "1:50")
    monkeypatch.setattr(simulation, "run", lambda case: drawn.append(case.name) or [cell])
    source = tmp_path / "bounds.py"
    source.write_text("Z = 1.96\n")
    first = [cells_of(case, tmp_path / "cache", (source,)) for case in (*CASES[:2], CASES[0])]
    assert drawn == [CASES[0].name, CASES[1].name]
    assert first[0] == first[2] == [cell]
    source.write_text("Z = 1.64\n")
    cells_of(CASES[0], tmp_path / "cache", (source,))
    assert drawn[2:] == [CASES[0].name]
    assert {path.name for path in SOURCES} >= {
        "bound_simulation.py",
        "proportion.py",
        "ranking.py",
        "dataclass_schema.py",
    }


def test_simulation_detects_a_bound_that_is_too_narrow() -> None:
    """Wald's interval of a share: 40 rows of which 0.97 are right."""

    def wald(truth: float, share: float, n: int) -> tuple[object, float]:
        def draw(random: np.random.Generator) -> Interval:
            p = random.binomial(n, truth) / n
            half = 1.645 * math.sqrt(p * (1 - p) / n)
            return Interval(p, p - half, p + half, n, 0.95, "Wald")

        return draw, truth

    case = Case("Wald", "Wald", ("lower", "upper"), wald, truths=(0.97,), shares=("balanced",))  # type: ignore[arg-type]
    lower, upper = simulation.run(case, [40], 500)
    assert lower.coverage < ALLOWED  # all right in three samples of ten: no width
    assert lower.error == pytest.approx(1 - lower.coverage)


def test_the_table_shows_the_worst_cells_and_where_gates_hold() -> None:
    cells = [
        Cell("x", "lower", 50, 0.5, "balanced", draws=100, given=100, wrong=4),
        Cell("x", "lower", 50, 0.9, "balanced", draws=100, given=50, wrong=5),
        Cell("x", "lower", 200, 0.5, "balanced", draws=100, given=10, wrong=9),
        Cell("x", "upper", 50, 0.5, "balanced", draws=100, given=0, wrong=0),
    ]
    lower, upper = rows_of(cells)
    assert lower == "| x | lower | balanced | 90.0 (75 %) | HOLD (10 %) |"
    assert upper == "| x | upper | balanced | HOLD (0 %) | |"
    assert text_of(cells).count("\n| x |") == 2
