"""The features of a row. These tests need no trained model and no run of the pipeline."""

import pandas as pd
import pytest

from mlops.project import Project


@pytest.fixture
def features(project: Project):
    return project.team("features")


def test_the_target_and_the_row_id_are_not_features(features, project: Project) -> None:
    assert not {"row_id", project.settings.target} & set(features.FEATURES)


def test_a_feature_is_named_once(features) -> None:
    assert len(features.FEATURES) == len(set(features.FEATURES))


def test_the_transformation_keeps_the_rows_and_their_order(features, rows: pd.DataFrame) -> None:
    transformation = features.build().fit(rows)
    all_rows = transformation.transform(rows)
    assert len(all_rows) == len(rows)
    assert transformation.transform(rows.iloc[[3]]).tolist() == all_rows[[3]].tolist()


def test_an_unknown_category_is_not_an_error(features, rows: pd.DataFrame) -> None:
    transformation = features.build().fit(rows)
    assert transformation.transform(rows.head(1).assign(sex=9)).shape == transformation.transform(rows.head(1)).shape


@pytest.mark.parametrize(("age", "group"), [(49.9, "under 50"), (50.0, "50 and over"), (119.0, "50 and over")])
def test_age_groups_begin_at_their_lower_end(features, rows: pd.DataFrame, age: float, group: str) -> None:
    assert features.protected_attributes(rows.head(1).assign(age=age))["age_group"].tolist() == [group]


def test_every_row_has_a_group_of_every_protected_attribute(features, rows: pd.DataFrame) -> None:
    groups = features.protected_attributes(rows)
    assert groups.index.equals(rows.index)
    assert not groups.isin(["nan", ""]).to_numpy().any()
