"""Fixtures of the engine's tests: generated repositories, and a way to call verbs in this process."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.engine import PACKAGE, STAGES, Bench, Result, clean_environment, generate, mlops


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Result]]:
    """Run a verb in this process, in a folder, as ``python -m mlops`` would there."""
    from mlops.__main__ import main

    path = list(sys.path)

    def forget() -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]

    def call(folder: Path, *arguments: str) -> Result:
        monkeypatch.chdir(folder)
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it, and it would win over the project's
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
    """One default repository a task, made once; read only."""
    made: dict[str, Path] = {}

    def generated(task: str) -> Path:
        if task not in made:
            made[task] = generate(template_folder, tmp_path_factory.mktemp(task) / "repository", {"task": task})
        return made[task]

    return generated


@pytest.fixture
def repository(generated: Callable[[str], Path], tmp_path: Path) -> Path:
    """A default repository of one's own, committed and nothing run."""
    return Path(shutil.copytree(generated("classification"), tmp_path / "repository", symlinks=True))


@pytest.fixture(scope="session")
def run_once(generated: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A repository a task in which every stage ran and the gate judged, in one process; read only.

    DVC is left out here for its start-up time; tests/end_to_end runs the real thing.
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
    """A classification repository of one's own with model, evidence and a verdict of PASS."""
    return Path(shutil.copytree(run_once("classification"), tmp_path / "repository", symlinks=True))


@pytest.fixture
def trained_regression(run_once: Callable[[str], Path], tmp_path: Path) -> Path:
    """``trained`` for the other task."""
    return Path(shutil.copytree(run_once("regression"), tmp_path / "repository", symlinks=True))


@pytest.fixture(scope="session")
def process() -> Callable[..., Result]:
    """``python -m mlops`` as a process of its own, for what a process alone can show."""
    return mlops
