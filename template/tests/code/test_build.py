"""The model before it is trained on real data."""

import numpy as np
import pandas as pd
import pytest

from mlops.params import Params
from mlops.project import Project


@pytest.fixture
def build(project: Project):
    return project.team("model").build


def test_the_params_of_this_repository_build_a_model(build, settings: Params) -> None:
    assert hasattr(build(settings.train.of_the_model, seed=1), "fit")


def test_a_misspelled_param_is_an_error_and_not_a_silent_default(build, settings: Params) -> None:
    with pytest.raises(TypeError, match="no_such_param"):
        build({**settings.train.of_the_model, "no_such_param": 1}, seed=1)


def test_the_same_rows_and_seed_give_the_same_model(
    build, settings: Params, project: Project, rows: pd.DataFrame
) -> None:
    inputs, target = rows[project.team("features").FEATURES], rows[project.settings.target]
    first, second = (build(settings.train.of_the_model, seed=1).fit(inputs, target) for _ in range(2))
    np.testing.assert_array_equal(first.predict(inputs), second.predict(inputs))


def test_the_model_learns_something_from_the_rows(
    build, settings: Params, project: Project, rows: pd.DataFrame
) -> None:
    inputs, target = rows[project.team("features").FEATURES], rows[project.settings.target]
    fitted = build(settings.train.of_the_model, seed=1).fit(inputs, target)
    shuffled = target.sample(frac=1, random_state=1).to_numpy()
    assert fitted.score(inputs, target) > fitted.score(inputs, shuffled) + 0.1
