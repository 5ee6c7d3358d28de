"""NAME101: the team's package has one name."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Any

from ..finding import Finding
from ..registry import rule
from ..repo import Repo
from ..source import Kind
from ..suggestion import closest, suggestion


@rule("NAME101", title="the package has two names")
def package_has_one_name(repo: Repo) -> Iterator[Finding]:
    """``[tool.mlops] package``, the folder in ``src/``, the recorded answer, and the settings of ruff, isort, mypy and
    coverage use the same name, and no import misspells it; the project's name is the recorded ``project_slug``.

    Why: the engine imports the package by the name in pyproject.toml, and updates write to the folder of the answer.
    Fix: rename all of them, including the answer in .copier-answers.yml.
    Blind spot: the name in running text.
    """
    if repo.toml_or_error("pyproject.toml")[1]:
        return
    name = repo.package
    if name is None and repo.is_folder("mlops/verbs"):
        what = "has no [tool.mlops] with a package" if "pyproject.toml" in repo.files else "does not exist"
        yield Finding("pyproject.toml", 1, f"pyproject.toml {what}: the engine cannot find the team's code")
    if "pyproject.toml" not in repo.files:
        return
    line = repo.find_line("pyproject.toml", "[tool.mlops]", "package")
    packages = sorted({path.split("/")[1] for path in repo.files if re.fullmatch(r"src/[^/]+/__init__\.py", path)})
    if name is not None and not repo.is_folder(f"src/{name}"):
        yield Finding(
            "pyproject.toml",
            line,
            f"the package is '{name}', but src/{name}/ does not exist: {suggestion(name, packages)}",
        )
    answer = repo.answer("package_name")
    if name is not None and answer is not None and name != answer:
        yield Finding("pyproject.toml", line, f"the package is '{name}', but the recorded answer is '{answer}'")
    project = repo.toml("pyproject.toml").get("project")
    slug, called = repo.answer("project_slug"), project.get("name") if isinstance(project, dict) else None
    if (
        slug is not None
        and isinstance(called, str)
        and re.sub(r"[-_.]+", "-", called).lower() != re.sub(r"[-_.]+", "-", slug).lower()
    ):
        at = repo.find_line("pyproject.toml", "[project]", "name")
        yield Finding("pyproject.toml", at, f"the project is '{called}', but the recorded answer is '{slug}'")
    yield from _misspelled_imports(repo, name)
    for key, value in _package_settings(repo.toml("pyproject.toml")):
        top = value.split(".")[0]
        if not repo.is_folder(f"src/{top}") and not repo.is_folder(top) and not repo.is_file(f"{top}.py"):
            at = repo.find_line("pyproject.toml", key.split(".")[0], f'"{value}"')
            yield Finding(
                "pyproject.toml",
                at,
                f"{key} names the package '{value}', which does not exist: {suggestion(top, packages)}",
            )


# what follows ``import`` or ``from``, to the end of the statement or line
IMPORTED = re.compile(r"\b(?:from|import)(?:[ \t\f]|\\\r?\n)+([^\n#;]*)")


def _may_misspell(imported: str, name: str) -> bool:
    """Return whether an import may name a package that is similar to the team's; the syntax tree decides."""
    tops = {words[0].split(".")[0] for part in imported.split(",") if (words := part.split())}
    return imported.rstrip().endswith("\\") or any(top != name and closest(top, [name]) for top in tops)


def _misspelled_imports(repo: Repo, name: str | None) -> Iterator[Finding]:
    """Yield imports of packages that do not exist and whose names are similar to the team's."""
    if name is None or not repo.is_folder(f"src/{name}"):
        return
    locked = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in repo.text("constraints.txt").split("\n")}
    # the engine finds the team's package by its setting and never imports it by name
    for path in (path for path in repo.of_kind(Kind.PYTHON) if not path.startswith("mlops/")):
        # most imports are fine, and building a syntax tree is slow: read the lines first
        if not any(_may_misspell(match[1], name) for match in IMPORTED.finditer(repo.text(path))):
            continue
        tree = repo.python(path)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported = [node.module or ""]
            else:
                continue
            for top in {module.split(".")[0] for module in imported}:
                if (
                    top == name
                    or top in sys.stdlib_module_names
                    or {top.lower(), top.lower().replace("_", "-")} & locked
                ):
                    continue
                if closest(top, [name]) and not any(
                    _is_module(repo, folder + top) for folder in ("", "src/", "tests/")
                ):
                    message = f"imports '{top}', which does not exist: did you mean '{name}'?"
                    yield Finding(path, node.lineno, message)


def _is_module(repo: Repo, path: str) -> bool:
    return repo.is_folder(path) or repo.is_file(f"{path}.py")


def _package_settings(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in (
        "ruff.lint.isort.known-first-party",
        "isort.known_first_party",
        "coverage.run.source_pkgs",
        "mypy.packages",
    ):
        value: Any = document.get("tool")
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        for item in value if isinstance(value, list) else []:
            if isinstance(item, str):
                yield key, item
