"""Fixtures for the tests of the engine: generated repositories, and a way to call verbs in this process."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.engine import PACKAGE, STAGES, Bench, Result, clean_environment, generate, mlops


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Result]]:
    """Run a verb in this process, as ``python -m mlops`` in a folder would."""
    from mlops.__main__ import main

    path = list(sys.path)

    def forget() -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]

    def call(folder: Path, *arguments: str) -> Result:
        monkeypatch.chdir(folder)
        monkeypatch.delenv(
            "MLFLOW_TRACKING_URI", raising=False
        )  # MLflow sets it, and it takes precedence over the project's
        forget()  # the package of another repository may be loaded
        monkeypatch.setattr(sys, "path", list(path))  # without the package folder that an earlier call added
        capfd.readouterr()
        try:
            code = main(arguments)
        except SystemExit as exit_:  # argparse
            code = int(exit_.code or 0)
        out, err = capfd.readouterr()
        return Result(code, out, err)

    yield call
    forget()


@pytest.fixture
def bench(tmp_path: Path, call: Callable[..., Result]) -> Bench:
    return Bench(tmp_path, call)


@pytest.fixture(scope="session")
def generated(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """One default repository for each task, generated once and read-only."""
    made: dict[str, Path] = {}

    def generated(task: str) -> Path:
        if task not in made:
            made[task] = generate(template_folder, tmp_path_factory.mktemp(task) / "repository", {"task": task})
        return made[task]

    return generated


@pytest.fixture
def repository(generated: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the default repository, committed, in which nothing has run."""
    return Path(shutil.copytree(generated("classification"), tmp_path / "repository", symlinks=True))


@pytest.fixture(scope="session")
def run_once(generated: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """One repository for each task in which every stage and the gates have run in one process; read-only.

    It runs without DVC to save its start-up time; tests/end_to_end runs the pipeline with DVC.
    """
    made: dict[str, Path] = {}

    def run_once(task: str) -> Path:
        if task not in made:
            folder = tmp_path_factory.mktemp(f"{task}-run") / "repository"
            shutil.copytree(generated(task), folder, symlinks=True)
            program = (
                "from mlops.__main__ import main\n"
                f"for stage in {(*STAGES, 'gate')!r}:\n"
                "    code = main([stage])\n"
                "    assert code == 0, (stage, code)\n"
            )
            done = subprocess.run(
                [sys.executable, "-c", program],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                env=clean_environment(),
            )
            assert done.returncode == 0, done.stdout + done.stderr
            made[task] = folder
        return made[task]

    return run_once


@pytest.fixture
def trained(run_once: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of a classification repository with a model, evidence and the verdict PASS."""
    return Path(shutil.copytree(run_once("classification"), tmp_path / "repository", symlinks=True))


@pytest.fixture
def trained_regression(run_once: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of a regression repository with a model, evidence and the verdict PASS."""
    return Path(shutil.copytree(run_once("regression"), tmp_path / "repository", symlinks=True))


@pytest.fixture(scope="session")
def process() -> Callable[..., Result]:
    """Run ``python -m mlops`` as a separate process, for effects that only a process has."""
    return mlops
