"""Maturity of a repository, computed from what is configured in it.

The levels follow Google's "MLOps: Continuous delivery and automation pipelines in machine learning" (0 manual,
1 pipeline automation, 2 CI/CD automation), with separate levels for CI, continuous training and delivery.
"""

import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops import paths
from mlops.errors import MlopsError
from mlops.gates.gate_file import reader
from mlops.gates.kinds import KINDS
from mlops.project import Project
from mlops.verb_table import VERBS

LEVELS = {0: "none", 1: "continuous integration", 2: "CI and continuous training", 3: "full"}
CI_FILES = (".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", "Jenkinsfile")


@dataclass(frozen=True, slots=True)
class Item:
    """One practice that a level requires."""

    level: int
    name: str
    present: bool
    reason: str


def assess(project: Project) -> list[Item]:
    """Return the items of all levels."""
    workflows = {path.relative_to(project.root).as_posix(): without_comments(path) for path in ci_files(project.root)}
    return [
        *reproducibility(project),
        *integration(project, workflows),
        *training(project, workflows),
        *delivery(project, workflows),
    ]


def reached(items: list[Item]) -> int:
    """Return the highest level at which no item of it or of a lower level is missing."""
    return max(level for level in LEVELS if all(item.present for item in items if item.level <= level))


def ci_files(root: Path) -> Iterator[Path]:
    """Yield the CI files of all providers."""
    for pattern in CI_FILES:
        yield from sorted(root.glob(pattern))


def without_comments(path: Path) -> str:
    """Return the text of a CI file without its comment lines, because commented-out settings are not in effect."""
    return "".join(
        line for line in path.read_text(encoding="utf-8").splitlines(True) if not line.lstrip().startswith(("#", "//"))
    )


def reproducibility(project: Project) -> Iterator[Item]:
    """Yield the item of level 1 about a recorded pipeline run."""
    lock = project.root / "dvc.lock"
    yield Item(
        1,
        "a recorded pipeline run",
        lock.is_file(),
        "dvc.lock is there" if lock.is_file() else "no dvc.lock: run `make pipeline` and commit it",
    )


def integration(project: Project, workflows: dict[str, str]) -> Iterator[Item]:
    """Yield the items of level 1 about tests and gates."""
    yield called(1, "tests on every push", workflows, ("make test-code", "make test ", "pytest"))
    yield called_verb(1, "gates on every pull request", workflows, "pipeline", "gate")
    tests = sorted((project.root / "tests").rglob("test_*.py"))
    yield Item(
        1, "tests of its own", bool(tests), f"{len(tests)} test files in tests/" if tests else "tests/ has no test file"
    )
    yield Item(1, *gate_kinds(project.root))


def gate_kinds(root: Path) -> tuple[str, bool, str]:
    """Return the item about gate kinds: its name, whether the gate file has all of them, and the reason."""
    name = "gates of every kind"
    try:
        gates = reader.read_gate_file(root / paths.GATES).gates
    except MlopsError as error:
        return name, False, str(error)
    missing = [kind.name for kind in KINDS if gates.block(kind) is None]
    return (
        name,
        not missing,
        f"{paths.GATES} has no {', '.join(missing)}" if missing else f"all {len(KINDS)} in {paths.GATES}",
    )


def training(project: Project, workflows: dict[str, str]) -> Iterator[Item]:
    """Yield the items of level 2: automatic training, tracking, shared data and a champion."""
    yield called(2, "training that starts by itself", workflows, ("schedule:", "repository_dispatch:", '"schedule"'))
    yield called_verb(2, "registration of every model that passed", workflows, "register")
    uri = project.tracking_uri
    shared = not uri.startswith(("sqlite:", "file:"))
    yield Item(
        2,
        "a shared tracking store",
        shared,
        uri if shared else f"{uri} is on one machine: set tracking_uri in pyproject.toml to a server",
    )
    yield Item(2, *data_remote(project.root))
    record = project.root / paths.PRODUCTION
    yield Item(
        2,
        "a champion",
        record.is_file(),
        f"{paths.PRODUCTION} names it"
        if record.is_file()
        else f"no {paths.PRODUCTION}: `python -m mlops champion --set` after a PASS",
    )


def data_remote(root: Path) -> tuple[str, bool, str]:
    """Return the item about data: its name, whether the DVC remote is shared, and the reason."""
    name = "shared data"
    parser = configparser.ConfigParser()
    parser.read(root / ".dvc" / "config", encoding="utf-8")
    urls = [
        parser.get(section, "url")
        for section in parser.sections()
        if "remote" in section and parser.has_option(section, "url")
    ]
    shared = [url for url in urls if "://" in url]
    return (
        name,
        bool(shared),
        f"DVC remote {shared[0]}"
        if shared
        else "the DVC remote is a folder of one machine: `dvc remote modify storage url s3://…`",
    )


def delivery(project: Project, workflows: dict[str, str]) -> Iterator[Item]:
    """Yield the items of level 3: deployment, promotion, rollback and monitoring."""
    gitops = [
        path.relative_to(project.root).as_posix()
        for tool in ("argocd", "flux")
        for path in (project.root / "deploy").glob(tool)
    ]
    yield Item(
        3,
        "deployment from Git",
        bool(gitops),
        f"{gitops[0]}/ exists" if gitops else "deploy/ has no argocd/ and no flux/",
    )
    yield called_verb(3, "promotion by pull request", workflows, "promote")
    yield called_verb(3, "rollback by one command", workflows, "rollback")
    monitoring = project.root / "monitoring"
    yield Item(
        3,
        "monitoring with drift alarms",
        monitoring.is_dir(),
        "monitoring/ is there" if monitoring.is_dir() else "no monitoring/",
    )


def called_verb(level: int, name: str, workflows: dict[str, str], *verbs: str) -> Item:
    """Return an item that is present if a CI file calls one of the verbs, directly or through make.

    The reason never names a verb that this version of the engine does not have.
    """
    known = [verb for verb in verbs if verb in VERBS]
    if not known:
        return Item(level, name, False, "this version of the template has no verb for it yet")
    return called(level, name, workflows, tuple(f"{tool} {verb}" for tool in ("mlops", "make") for verb in known))


def called(level: int, name: str, workflows: dict[str, str], commands: tuple[str, ...]) -> Item:
    """Return an item that is present if a CI file calls one of the commands."""
    for path, text in workflows.items():
        if command := next((command for command in commands if command in text), None):
            return Item(level, name, True, f"{path} has `{command.strip()}`")
    where = f"none of {', '.join(workflows)} contains" if workflows else "no CI file contains"
    return Item(level, name, False, f"{where} {' or '.join(f'`{command.strip()}`' for command in commands)}")
