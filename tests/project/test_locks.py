"""Both locks are complete, have the same versions, and do not name an index."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import lock
from support.working_tree import ROOT

LINE = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^/]+))?\Z")
PYTHONS = ("3.11", "3.12", "3.13")


def versions(path: Path, python: str) -> dict[str, str]:
    """Return name to version in a lock for one Python on Linux."""
    found = {}
    for line in path.read_text().splitlines():
        requirement = Requirement(line)
        environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            [pin] = requirement.specifier
            assert requirement.name not in found, (
                f"{path.name} has two versions of {requirement.name} for Python {python}"
            )
            found[requirement.name] = pin.version
    return found


def dependencies(which: str, rendered: Callable[..., Path]) -> list[Requirement]:
    folder = ROOT if which == "root" else rendered(**lock.EVERYTHING)
    return [Requirement(line) for line in lock.direct_dependencies((folder / "pyproject.toml").read_text())]


@pytest.mark.parametrize(("which", "path"), [("root", lock.LOCK), ("template", lock.TEMPLATE_LOCK)])
@pytest.mark.parametrize("python", PYTHONS)
def test_a_lock_contains_an_allowed_version_of_every_direct_dependency(
    which: str, path: Path, python: str, rendered: Callable[..., Path]
) -> None:
    found = versions(path, python)
    for requirement in dependencies(which, rendered):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in found, f"{path.name} does not contain {name}: run make lock"
        assert requirement.specifier.contains(Version(found[name])), f"{requirement} does not allow {found[name]}"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_tests_run_generated_repositories_with_the_versions_that_these_install(
    python: str, rendered: Callable[..., Path]
) -> None:
    root, template = versions(lock.LOCK, python), versions(lock.TEMPLATE_LOCK, python)
    assert {name: (v, root.get(name)) for name, v in template.items() if root.get(name) != v} == {}
    offered = {requirement.name.lower() for requirement in dependencies("root", rendered)}
    needed = {requirement.name.lower() for requirement in dependencies("template", rendered)}
    assert needed - offered == set(), "the root's extra dev does not contain all requirements of a generated repository"


@pytest.mark.parametrize("path", [lock.LOCK, lock.TEMPLATE_LOCK])
def test_a_lock_names_exact_versions_and_no_index_path_or_machine(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [line for line in lines if not LINE.match(line)] == []
    assert lines == sorted(lines, key=lambda line: line.split("==")[0])


def test_the_lock_script_reports_that_it_needs_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lock.py"])
    monkeypatch.setattr(lock, "UV", None)
    with pytest.raises(SystemExit, match="lock: uv is not installed"):
        lock.main()


def test_the_distribution_requires_only_the_dependencies_of_the_check() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [Requirement(line).name for line in project["dependencies"]] == ["pyyaml"]


@pytest.mark.slow
def test_both_locks_resolve_for_every_python(tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "UV", tool("uv"))
    monkeypatch.setattr(sys, "argv", ["lock.py", "--check"])
    assert lock.main() == 0
