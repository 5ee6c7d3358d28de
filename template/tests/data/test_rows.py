"""Validate the rows that data.py loads against schema.py and the checks of the engine."""

from collections.abc import Callable

import pandas as pd
import pytest

from mlops import validation
from mlops.params import Params
from mlops.project import Project


@pytest.fixture
def problems(project: Project, settings: Params) -> Callable[[pd.DataFrame], list[str]]:
    """Return a function that lists the problems that `make validate` reports for a table."""

    def problems(table: pd.DataFrame) -> list[str]:
        found = validation.problems(
            table,
            schema=project.team("schema").SCHEMA,
            features=project.team("features").FEATURES,
            target=project.settings.target,
            task=project.settings.task,
            limits=settings.validate_,
        )
        return [str(problem) for problem in found]

    return problems


def test_the_rows_match_the_schema(rows: pd.DataFrame, problems) -> None:
    assert problems(rows) == []


def test_an_invalid_value_is_reported_with_column_and_row(rows: pd.DataFrame, problems) -> None:
    rows.loc[4, "age"] = 7.0
    [problem] = problems(rows)
    assert problem.startswith("column 'age', row patient-005")


def test_a_feature_that_leaks_the_target_is_found(rows: pd.DataFrame, problems, project: Project) -> None:
    rows["s1"] = 60.0 + 100 * rows[project.settings.target].rank(pct=True)  # within the range that the schema allows
    assert any("'s1': must not give the target away" in problem for problem in problems(rows))


def test_loading_twice_gives_the_same_rows(project: Project, rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(project.team("data").load(), rows)


def test_there_are_enough_held_out_rows(rows: pd.DataFrame, settings: Params) -> None:
    assert len(rows) * settings.split.held_out >= 100
