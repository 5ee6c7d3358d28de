"""Fixtures for the tests of the serving app: small models, and a server process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.delivery import TEMPLATE, Server, Trained, train


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("classifier"), "classification")


@pytest.fixture(scope="session")
def regressor(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("regressor"), "regression")


@pytest.fixture
def project(tmp_path: Path, classifier: Trained) -> Path:
    """The smallest repository in which ``python -m mlops serve`` runs: settings and a candidate."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.mlops]\n"
        'package = "risk"\ntask = "classification"\ntarget = "level"\n'
        'model_name = "risk-model"\ntracking_uri = "sqlite:///mlruns.db"\n'
    )
    shutil.copytree(classifier.directory, tmp_path / "models" / "candidate")
    return tmp_path


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """Start ``python -m mlops serve`` in a folder, on a free port; servers that still run are killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *options: str, **environment: str) -> Server:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlops", "serve", "--port", "0", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(TEMPLATE), "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " at http://" in line, f"serve did not start: {line!r}, exit code {process.poll()}"
        return Server(process, line.rsplit(" ", 1)[1].strip())

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
