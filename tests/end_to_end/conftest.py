"""Fixtures for repositories in which real processes run."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.combinations import Run, mlflow_server, ok
from support.engine import generate

__all__ = ["mlflow_server"]


@pytest.fixture
def new(template_folder: Path, tmp_path: Path) -> Callable[..., Run]:
    """Generate and commit a repository in which a test runs commands as its owner would."""

    def new(name: str = "repository", **answers: str) -> Run:
        return Run(generate(template_folder, tmp_path / name, answers))

    return new


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mypy's cache of installed packages, for all repositories of a test run."""
    return tmp_path_factory.mktemp("mypy-cache")


@pytest.fixture(scope="module")
def trained(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The default repository after `make pipeline`, committed; run once for each task and read-only."""
    made: dict[str, Run] = {}

    def trained(task: str) -> Run:
        if task not in made:
            run = Run(generate(template_folder, tmp_path_factory.mktemp(task) / "repository", {"task": task}))
            assert ok(run.make("pipeline")).splitlines()[-1] == "VERDICT PASS"
            run.commit("first run")
            made[task] = run
        return made[task]

    return trained


@pytest.fixture
def copy_of_trained(trained: Callable[[str], Run], tmp_path: Path) -> Callable[..., Run]:
    """A copy of a repository in which `make pipeline` has run."""

    def copy(task: str = "classification") -> Run:
        folder = tmp_path / "repository"
        shutil.copytree(trained(task).folder, folder, symlinks=True)
        return Run(folder)

    return copy


@pytest.fixture(autouse=True)
def neutral_environment(monkeypatch: pytest.MonkeyPatch, with_uv: Path, mypy_cache: Path) -> None:
    """Remove the configuration of this machine's owner."""
    monkeypatch.setenv("MYPY_CACHE_DIR", str(mypy_cache))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    # without the folder of this Python: the environment must come from make and from the pipeline
    beside = str(Path(sys.executable).parent)
    places = [place for place in os.environ["PATH"].split(os.pathsep) if place != beside]
    monkeypatch.setenv("PATH", os.pathsep.join([str(with_uv), *places]))
