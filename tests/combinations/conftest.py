"""Fixtures of the combinations: repositories in every pair of choices, and what it takes to run them for real."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
# For the modules beside this one, whatever pytest's import mode, and for what the engine's tests share.
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "engine"), str(ROOT / "scripts"), str(ROOT / "src")]

from combinations_support import Run, mlflow_server  # noqa: E402
from engine_support import generate  # noqa: E402

__all__ = ["mlflow_server"]


@pytest.fixture
def new(template_folder: Path, tmp_path: Path) -> Callable[..., Run]:
    """Generate a repository, commit it, and get ready to work in it as its owner would."""

    def new(name: str = "repository", **answers: str) -> Run:
        return Run(generate(template_folder, tmp_path / name, answers))

    return new


@pytest.fixture(autouse=True)
def nobody_in_particular(monkeypatch: pytest.MonkeyPatch, with_uv: Path) -> None:
    """No configuration of this machine's owner takes part."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    # python as a plain PATH has it: the environment comes from make and from the pipeline, or not at all
    beside = str(Path(sys.executable).parent)
    places = [place for place in os.environ["PATH"].split(os.pathsep) if place != beside]
    monkeypatch.setenv("PATH", os.pathsep.join([str(with_uv), *places]))
