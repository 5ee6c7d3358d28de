"""The rooms of ``mlops.gates`` import each other in one direction only."""

import ast
from pathlib import Path

import pytest

from support.working_tree import ROOT

GATES = ROOT / "template/mlops/gates"
# Each room may import the rooms of the floors below its own, and itself.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"verdict", "planning"},
    {"gate_file"},
    {"kinds"},
    {"metrics"},
    {"decision", "evidence"},
    {"statistics", "core"},
)


def floor_of(room: str) -> int:
    """Return the floor of a room, counted from the top."""
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(parts: tuple[str, ...]) -> str:
    """Return the first folder or module of a path in the gates."""
    return parts[0].removesuffix(".py")


def imported_rooms(path: Path, root: Path) -> set[str]:
    """Return the rooms that a module imports, its own left out.

    Raises:
        AssertionError: The module imports the rest of ``mlops``, so that a copied folder would not work.
    """
    parts = path.relative_to(root).parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(name.name.split(".")[0] == "mlops" for name in node.names), f"{path} imports mlops"
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level == 0:
            assert (node.module or "").split(".")[0] != "mlops", f"{path} imports mlops"
            continue
        base = parts[: len(parts) - node.level]
        assert node.level <= len(parts), f"{path} imports something outside the gates"
        if node.module:
            found.add(room_of((*base, *node.module.split("."))))
        else:
            found |= {room_of((*base, name.name)) for name in node.names}
    return found - {room_of(parts)}


def upward_imports(root: Path) -> list[str]:
    """Return each import that does not lead to a lower floor."""
    wrong = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if parts == ("__init__.py",):
            continue
        for room in sorted(imported_rooms(path, root)):
            if floor_of(room) <= floor_of(room_of(parts)):
                wrong.append(f"{'/'.join(parts)} imports {room}")
    return wrong


def test_rooms_import_only_lower_rooms() -> None:
    assert upward_imports(GATES) == []


def test_every_room_is_in_the_declared_order() -> None:
    rooms = {
        room_of((path.name,)) for path in GATES.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms - {"__init__"} == set().union(*FLOORS)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("statistics/mean.py", "from ..decision import verdict_rule"),
        ("metrics/metric.py", "from ..kinds.fairness import KIND"),
        ("decision/reasons.py", "from ..evidence import contract"),
        ("core/errors.py", "from .. import verdict"),
        ("kinds/size.py", "def late():\n    from ..gate_file import reader"),
    ],
)
def test_upward_or_sideways_import_is_found(tmp_path: Path, module: str, line: str) -> None:
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    assert len(upward_imports(tmp_path)) == 1


def test_an_import_of_the_rest_of_the_engine_is_found(tmp_path: Path) -> None:
    path = tmp_path / "core" / "errors.py"
    path.parent.mkdir(parents=True)
    path.write_text("from mlops import paths\n")
    with pytest.raises(AssertionError, match="imports mlops"):
        upward_imports(tmp_path)
