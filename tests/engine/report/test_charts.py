"""The charts of the report, and the numbers in them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.engine import EvidenceBuilder
from support.report import (
    report,
)

bounds = st.floats(-50, 50)


def gate_result(**facts: Any) -> Any:
    from mlops.gates.decision.gate_result import GateResult
    from mlops.gates.decision.verdict_rule import Verdict

    return GateResult(**{"kind": "performance", "name": "m", "verdict": Verdict.PASS, "reason": "", **facts})


@given(
    st.lists(bounds, min_size=3, max_size=3).map(sorted),
    bounds,
    st.sampled_from([">=", "<="]),
    st.sampled_from(["performance", "regression"]),
)
def test_every_interval_is_on_the_axis_and_on_its_side_of_the_threshold(
    values: list[float], threshold: float, comparison: str, kind: str
) -> None:
    from mlops.report.charts import gate_chart

    low, estimate, high = values
    gate = gate_result(kind=kind, estimate=estimate, lower=low, upper=high, comparison=comparison, threshold=threshold)
    first, middle, last = gate_chart.axis_positions(gate)
    assert 0 <= first <= middle <= last <= 1
    for value, place in zip(values if comparison == ">=" else values[::-1], (first, middle, last), strict=True):
        meets = value > threshold if comparison == ">=" else value < threshold
        assert (place > 0.5) == meets or place == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"estimate": 0.7, "comparison": ">=", "threshold": 0.7}, 0.5),
        ({"estimate": 1.0, "comparison": ">=", "threshold": 0.7}, 0.875),  # the best possible value
        ({"estimate": 0.85, "comparison": ">=", "threshold": 0.7}, 0.6875),
        ({"estimate": 0.4, "comparison": ">=", "threshold": 0.7}, 0.125),
        ({"estimate": 0.0, "comparison": "<=", "threshold": 0.15}, 0.875),
        ({"estimate": 0.3, "comparison": "<=", "threshold": 0.15}, 0.125),
        ({"estimate": 1e9, "comparison": "<=", "threshold": 10}, 0.0),
    ],
)
def test_the_right_tick_of_the_axis_is_the_best_possible_value(facts: dict[str, Any], place: float) -> None:
    from mlops.report.charts import gate_chart

    assert gate_chart.axis_positions(gate_result(**facts))[1] == pytest.approx(place, abs=1e-6)


def test_the_text_strip_shows_the_position_of_the_interval() -> None:
    from mlops.report.charts import gate_chart

    facts: dict[str, Any] = {"comparison": ">=", "threshold": 0.5}
    assert gate_chart.text_strip(gate_result(estimate=0.9, lower=0.7, upper=0.95, **facts)) == "··········┃··├──●┤···"
    assert gate_chart.text_strip(gate_result(estimate=0.6, lower=0.4, upper=0.7, **facts)) == "········├─╂─●┤·······"
    assert gate_chart.text_strip(gate_result(estimate=0.2, lower=0.1, upper=0.3, **facts)) == "····├─●┤··┃··········"
    assert gate_chart.text_strip(gate_result()) == "··········┃··········"


def test_curves_agree_with_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_curve, roc_curve

    from mlops.report.charts import classification

    random = np.random.default_rng(3)
    truth = random.integers(0, 2, 200)
    score = np.round(random.uniform(size=200) * 0.5 + truth * 0.3, 1)  # many ties
    _, positives, negatives = classification.cumulative_counts(truth, score)
    false_rate, true_rate, _ = roc_curve(truth, score, drop_intermediate=False)
    np.testing.assert_allclose(positives / positives[-1], true_rate)
    np.testing.assert_allclose(negatives / negatives[-1], false_rate)
    precision, recall, _ = precision_recall_curve(truth, score)
    np.testing.assert_allclose((positives[1:] / (positives[1:] + negatives[1:]))[::-1], precision[:-1])
    np.testing.assert_allclose((positives[1:] / positives[-1])[::-1], recall[:-1])


def test_a_plot_places_values_by_its_scales() -> None:
    from mlops.report.charts.axes import Scale, log_ticks, nice_ticks
    from mlops.report.charts.plot import Plot

    assert Scale(0, 10, 100, 200)(2.5) == 125
    assert Scale(0, 10, 200, 100)(2.5) == 175  # SVG coordinates grow downward
    assert Scale(1, 100, 0, 10, logarithmic=True)(10) == pytest.approx(5)
    plot = Plot((0, 1), (0, 1), "x", "y", width=420, height=330)
    plot.point(0, 0, "origin")
    plot.point(1, 1, "corner")
    assert plot.parts[-2:] == [
        '<circle class="origin" cx="56" cy="284" r="3.5"/>',
        '<circle class="corner" cx="406" cy="12" r="3.5"/>',
    ]
    assert nice_ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert log_ticks(3, 250) == pytest.approx([5, 10, 20, 50, 100, 200])


def test_the_curve_passes_through_the_threshold_in_use(tmp_path: Path) -> None:
    """45 of 50 positive rows are predicted as positive, and so are 5 of 50 negative rows."""
    picture = report(tmp_path, EvidenceBuilder(correct=90)).pictures["roc"]
    x, y = 56 + 0.1 * (406 - 56), 284 - 0.9 * (284 - 12)
    assert f'<circle class="candidate-mark" cx="{x:g}" cy="{y:g}"' in picture
    assert f"H{x:g}V{y:g}" in picture or f"L{x:g} {y:g}" in picture


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.77841, "0.7784"),
        (6.3809, "6.381"),
        (54.649, "54.65"),
        (1234567.8, "1,234,568"),
        (-0.0109, "−0.0109"),
        (1.1e-16, "0"),
        (-0.0, "0"),
        (3.4e-05, "3.4e−05"),
    ],
)
def test_numbers_have_about_four_significant_digits(value: float | None, text: str) -> None:
    from mlops.report.number_format import number

    assert number(value) == text
