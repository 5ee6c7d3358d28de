"""What the tests share. They find your package through pyproject.toml, as the engine does."""

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
    """params.yaml."""
    return params.load(project.root)


@pytest.fixture(scope="session")
def loaded(project: Project) -> pd.DataFrame:
    """The rows as data.py loads them; read only."""
    return project.team("data").load()


@pytest.fixture
def rows(loaded: pd.DataFrame) -> pd.DataFrame:
    """A copy of the rows, to be changed at will."""
    return loaded.copy()


@pytest.fixture(scope="session")
def candidate(project: Project) -> model.Predictor:
    """The trained model."""
    if not (project.root / paths.CANDIDATE).is_dir():
        pytest.fail(f"{paths.CANDIDATE} is not there: `make train` fits it, then these tests can judge it")
    return model.load(project.root / paths.CANDIDATE)


@pytest.fixture(scope="session")
def held_out(project: Project) -> pd.DataFrame:
    """The rows that the model was not trained on."""
    return pd.read_parquet(project.root / paths.HELD_OUT)
