"""Tests, scripts, benchmarks and tools find modules through configured paths, and do not import each other."""

import ast
from pathlib import Path

import pytest

from support.working_tree import ROOT

FOLDERS = ("tests", "scripts", "benchmarks", "tools")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
EDITS = {"append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"}


def is_sys_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "path" and ast.unparse(node.value) == "sys"


def edits_of_sys_path(tree: ast.AST) -> list[int]:
    """Return the lines that change ``sys.path``: by a method, by an assignment, or by ``del``."""
    found = []
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EDITS:
            targets = [node.func.value]
        elif isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if is_sys_path(target.value if isinstance(target, ast.Subscript) else target):
                found.append(node.lineno)
    return found


def imported(tree: ast.AST) -> set[str]:
    """Return the full names of the modules, and of the names in modules, that a file imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def modules_in(folder: str) -> set[str]:
    """Return the names under which the modules of a folder can be imported, outside ``tests/support``."""
    paths = [path.relative_to(ROOT / folder) for path in FILES if path.is_relative_to(ROOT / folder)]
    names = {path.with_suffix("").as_posix().replace("/", ".") for path in paths if path.parts[0] != "support"}
    return names | {name.rpartition(".")[2] for name in names} | {folder}


@pytest.mark.parametrize(
    "statement",
    [
        "sys.path.insert(0, 'x')",
        "sys.path.append('x')",
        "sys.path[:0] = ['x']",
        "sys.path = ['x']",
        "sys.path += ['x']",
        "del sys.path[0]",
    ],
)
def test_an_edit_of_sys_path_is_found(statement: str) -> None:
    assert edits_of_sys_path(ast.parse(f"import sys\n{statement}\n")) == [2]
    assert edits_of_sys_path(ast.parse(f"import sys\nprint({statement!r}, sys.path)\n")) == []


def test_no_file_edits_sys_path() -> None:
    """The paths are pytest's ``pythonpath`` and the Makefile's SOURCES."""
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in FILES
        for line in edits_of_sys_path(ast.parse(path.read_text("utf-8")))
    }
    assert found == set()


@pytest.mark.parametrize(("folder", "other"), [("tests", "benchmarks"), ("benchmarks", "tests"), ("tools", "tests")])
def test_a_folder_does_not_import_modules_of_another(folder: str, other: str) -> None:
    """Code that tests and benchmarks share is in ``tests/support``."""
    theirs = modules_in(other)
    assert "conftest" in theirs or other == "benchmarks"
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in FILES
        if path.is_relative_to(ROOT / folder)
        for name in imported(ast.parse(path.read_text("utf-8"))) & theirs
    }
    assert found == set()


def test_no_test_module_imports_another() -> None:
    """The exception is ``tests/infra/test_apply.py``, which loads the hooks of a module's test file by name."""
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted(Path(ROOT / "tests").rglob("*.py"))
        for name in imported(ast.parse(path.read_text("utf-8")))
        if name.rpartition(".")[2].startswith("test_") or name.rpartition(".")[2] == "conftest"
    }
    assert found == set()
