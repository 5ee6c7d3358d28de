"""Predictions that the trained model must make regardless of its metrics. Run `make train` first."""

import numpy as np
import pandas as pd
import pytest

from mlops import paths
from mlops.evidence import cases
from mlops.model import Predictor
from mlops.project import Project


def test_the_critical_cases_pass(candidate: Predictor, project: Project) -> None:
    critical = cases.read(project.root / paths.CRITICAL_CASES, candidate.signature.texts)
    assert cases.wrong(critical, cases.answers(candidate, critical)) == {}


@pytest.mark.parametrize("feature", ["bmi", "bp", "s5"])
def test_a_known_risk_raises_the_prediction(candidate: Predictor, held_out: pd.DataFrame, feature: str) -> None:
    """Directional: with equal other features, more weight, pressure or triglycerides never mean less progression."""
    more = held_out.assign(**{feature: held_out[feature] * 1.1})
    assert (candidate.predict(more).score >= candidate.predict(held_out).score).all()


def test_a_column_that_is_not_a_feature_changes_nothing(
    candidate: Predictor, held_out: pd.DataFrame, project: Project
) -> None:
    """Invariance: row id, target and position of a row do not change its prediction."""
    expected = candidate.predict(held_out).score
    disguised = held_out.assign(row_id="x", note="y").drop(columns=project.settings.target)
    np.testing.assert_array_equal(candidate.predict(disguised).score, expected)
    np.testing.assert_allclose(candidate.predict(held_out[::-1]).score[::-1], expected, rtol=1e-12)


def test_a_row_gets_the_same_prediction_by_itself_and_in_a_table(candidate: Predictor, held_out: pd.DataFrame) -> None:
    together = candidate.predict(held_out).score[:10]
    separate = [candidate.predict(held_out.iloc[[number]]).score[0] for number in range(10)]
    np.testing.assert_allclose(separate, together, rtol=1e-12)


def test_predicting_twice_gives_the_same_predictions(candidate: Predictor, held_out: pd.DataFrame) -> None:
    np.testing.assert_array_equal(candidate.predict(held_out).score, candidate.predict(held_out).score)


def test_the_predictions_of_patients_differ(candidate: Predictor, held_out: pd.DataFrame) -> None:
    assert np.unique(candidate.predict(held_out).score).size > len(held_out) / 2
