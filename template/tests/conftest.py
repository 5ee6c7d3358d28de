"""Fixtures of all tests. They find your package through pyproject.toml, as the engine does."""

from pathlib import Path

import pandas as pd
import pytest

from mlops import model, params, paths
from mlops.project import Project

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.load(ROOT)


@pytest.fixture(scope="session")
def settings(project: Project) -> params.Params:
    """Return the content of params.yaml."""
    return params.load(project.root)


@pytest.fixture(scope="session")
def loaded(project: Project) -> pd.DataFrame:
    """Return the rows that data.py loads; do not change them."""
    return project.team("data").load()


@pytest.fixture
def rows(loaded: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of the rows that a test may change."""
    return loaded.copy()


@pytest.fixture(scope="session")
def candidate(project: Project) -> model.Predictor:
    """Return the trained model."""
    if not (project.root / paths.CANDIDATE).is_dir():
        pytest.fail(f"{paths.CANDIDATE} does not exist: run `make train` before these tests")
    return model.load(project.root / paths.CANDIDATE)


@pytest.fixture(scope="session")
def held_out(project: Project) -> pd.DataFrame:
    """Return the rows that the model was not trained on."""
    return pd.read_parquet(project.root / paths.HELD_OUT)
