"""The trained model: what it must answer whatever its metrics say. `make train` comes first."""

import numpy as np
import pandas as pd
import pytest

from mlops import paths
from mlops.evidence import cases
from mlops.model import Predictor
from mlops.project import Project


def test_the_critical_cases_come_out_right(candidate: Predictor, project: Project) -> None:
    critical = cases.read(project.root / paths.CRITICAL_CASES, candidate.signature.texts)
    assert cases.wrong(critical, cases.answers(candidate, critical)) == {}


@pytest.mark.parametrize("feature", ["bmi", "bp", "s5"])
def test_a_known_risk_raises_the_prediction(candidate: Predictor, held_out: pd.DataFrame, feature: str) -> None:
    """Directional: with all else equal, more weight, pressure or triglycerides never mean less progression."""
    more = held_out.assign(**{feature: held_out[feature] * 1.1})
    assert (candidate.predict(more).score >= candidate.predict(held_out).score).all()


def test_what_is_no_feature_changes_nothing(candidate: Predictor, held_out: pd.DataFrame, project: Project) -> None:
    """Invariance: the name of a row, its target and its place in the table say nothing about the answer."""
    expected = candidate.predict(held_out).score
    disguised = held_out.assign(row_id="x", note="y").drop(columns=project.settings.target)
    np.testing.assert_array_equal(candidate.predict(disguised).score, expected)
    np.testing.assert_allclose(candidate.predict(held_out[::-1]).score[::-1], expected, rtol=1e-12)


def test_a_row_gets_the_same_answer_alone_as_among_others(candidate: Predictor, held_out: pd.DataFrame) -> None:
    together = candidate.predict(held_out).score[:10]
    alone = [candidate.predict(held_out.iloc[[number]]).score[0] for number in range(10)]
    np.testing.assert_allclose(alone, together, rtol=1e-12)


def test_the_same_rows_get_the_same_answers_again(candidate: Predictor, held_out: pd.DataFrame) -> None:
    np.testing.assert_array_equal(candidate.predict(held_out).score, candidate.predict(held_out).score)


def test_the_model_tells_patients_apart(candidate: Predictor, held_out: pd.DataFrame) -> None:
    assert np.unique(candidate.predict(held_out).score).size > len(held_out) / 2
