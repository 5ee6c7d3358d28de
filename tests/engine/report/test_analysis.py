"""Feature importance, feature shifts and t intervals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.engine import EvidenceBuilder
from support.report import (
    Outline,
    predictor,
    report,
)


def test_t_intervals_agree_with_scipy() -> None:
    from scipy import stats

    from mlops.report.analysis import t_intervals

    random = np.random.default_rng(4)
    a, b = random.normal(3, 2, 17), random.normal(1, 5, 40)
    one = t_intervals.of_mean(a, 0.95)
    expected = stats.ttest_1samp(a, 0).confidence_interval(0.90)
    assert (one.lower, one.upper) == pytest.approx(tuple(expected))
    two = t_intervals.of_difference(a, b, 0.95)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.90)
    assert (two.lower, two.upper) == pytest.approx(tuple(expected))
    assert t_intervals.of_mean(np.array([2.0, 2.0]), 0.95).lower is None


def test_permutation_importance_agrees_with_scikit_learn() -> None:
    from sklearn.inspection import permutation_importance
    from sklearn.linear_model import LogisticRegression

    from mlops.report.analysis import feature_importance

    random = np.random.default_rng(6)
    rows = pd.DataFrame(random.normal(size=(400, 3)), columns=["strong", "weak", "idle"])
    truth = (random.uniform(size=400) < 1 / (1 + np.exp(-3 * rows["strong"] - rows["weak"]))).astype(int).to_numpy()
    fitted = LogisticRegression().fit(rows[["strong", "weak"]], truth)
    model = predictor("classification", lambda x: fitted.predict_proba(x[["strong", "weak"]])[:, 1], list(rows.columns))
    result = feature_importance.permutation_importance(model, rows, truth.astype(float), 0.95, 1)
    assert [i.feature for i in result.importances] == ["strong", "weak", "idle"]
    values = {i.feature: i.interval.estimate for i in result.importances}
    assert values["idle"] == 0
    peer = permutation_importance(
        fitted, rows[["strong", "weak"]], truth, scoring="neg_brier_score", n_repeats=200, random_state=1
    )
    assert [values["strong"], values["weak"]] == pytest.approx(peer.importances_mean, abs=0.02)
    again = feature_importance.permutation_importance(model, rows, truth.astype(float), 0.95, 1)
    other = feature_importance.permutation_importance(model, rows, truth.astype(float), 0.95, 2)
    assert again == result != other


def test_importance_uses_a_sample_of_many_rows_and_is_skipped_for_a_slow_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops.report.analysis import feature_importance
    from mlops.report.held_out import HeldOut

    monkeypatch.setattr(feature_importance, "MAX_PREDICTIONS", 1200)
    rows = pd.DataFrame({"a": np.linspace(0, 1, 100), "b": np.arange(100.0)})
    model = predictor("classification", lambda x: x["a"], ["a", "b"])
    truth = (np.arange(100) % 2).astype(float)
    assert feature_importance.permutation_importance(model, rows, truth, 0.95, 1).rows == 60
    monkeypatch.setattr(feature_importance, "MAX_SECONDS", 0.0)
    page = report(tmp_path, EvidenceBuilder(), held_out=HeldOut(model, rows))
    assert "Feature importance: not shown. The model is slow" in Outline(page.html).text


def test_shifts_are_found_in_numbers_categories_and_missing_values() -> None:
    from mlops.report.analysis import feature_shifts

    chosen = np.arange(60) < 12
    rows = pd.DataFrame(
        {
            "same": np.tile([1.0, 2.0, 3.0], 20),
            "higher": np.where(chosen, 10.0, 0.0) + np.tile([0.0, 1.0], 30),
            "color": np.where(chosen, "red", np.where(np.arange(60) % 2, "blue", "green")),
            "gap": np.where(chosen, None, "there"),
            "constant": 4.0,
            "empty": np.nan,
        }
    )
    found = {shift.feature: shift for shift in feature_shifts.largest_shifts(rows, chosen, 0.95, 9)}
    assert set(found) == {"same", "higher", "color = red", "gap = missing"} or set(found) == {
        "same",
        "higher",
        "color = red",
        "gap = there",
    }
    assert found["same"].interval.estimate == 0
    assert found["higher"].interval.estimate == pytest.approx(10 / rows["higher"].std(ddof=0))
    assert (found["color = red"].inside, found["color = red"].outside) == (1, 0)
    assert feature_shifts.largest_shifts(rows, np.arange(60) < 1, 0.95, 9) == []
