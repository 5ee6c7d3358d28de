"""What must hold of every verdict, whatever the numbers."""

import math
from pathlib import Path

import numpy as np
import pytest
from engine_support import EvidenceBuilder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6)
width = st.none() | st.floats(min_value=0, max_value=1e6)
counts = st.integers(min_value=1, max_value=1000)
policies = st.sampled_from(["hold", "fail"])
ORDER = ["FAIL", "HOLD", "PASS"]


@st.composite
def statistics(draw: st.DrawFn):
    from mlops.gates.config import Statistics

    if draw(st.booleans()):
        return None
    return Statistics(min_samples=draw(counts), on_insufficient=draw(policies))


def verdict(value, below, above, threshold, n, chosen, comparison=">="):
    from mlops.gates.rule import judge
    from mlops.gates.statistics import Interval

    lower, upper = (None if below is None else value - below), (None if above is None else value + above)
    interval = Interval(value, lower, upper, n, 0.95, "t", "none is known")
    return judge(interval, comparison, threshold, chosen, n, chosen.min_samples if chosen else 1)


@given(finite, width, width, finite, counts, statistics(), st.floats(min_value=0, max_value=1e3))
def test_a_better_estimate_never_gets_a_worse_verdict(value, below, above, threshold, n, chosen, gain) -> None:
    before = verdict(value, below, above, threshold, n, chosen)
    after = verdict(value + gain, below, above, threshold, n, chosen)
    assert ORDER.index(after) >= ORDER.index(before)


@given(finite, width, width, finite, counts, statistics())
def test_statistics_never_let_pass_what_the_literal_comparison_fails(value, below, above, threshold, n, chosen) -> None:
    literal = verdict(value, below, above, threshold, n, None)
    careful = verdict(value, below, above, threshold, n, chosen)
    assert ORDER.index(careful) <= ORDER.index(literal)
    if chosen is not None and (n < chosen.min_samples or below is None):
        assert careful != "PASS"


@given(finite, width, width, finite, counts, statistics())
def test_at_most_is_at_least_seen_in_a_mirror(value, below, above, threshold, n, chosen) -> None:
    mirrored = verdict(-value, above, below, -threshold, n, chosen, "<=")
    assert verdict(value, below, above, threshold, n, chosen) == mirrored


@given(st.sampled_from([math.nan, math.inf, -math.inf]), finite, st.sampled_from([">=", "<="]))
def test_what_is_no_number_is_never_judged(value, threshold, comparison) -> None:
    from mlops.errors import MlopsError
    from mlops.gates.rule import fact

    for estimate, limit in [(value, threshold), (threshold, value)]:
        with pytest.raises(MlopsError):
            fact(estimate, comparison, limit)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["candidate_score", "champion_score", "y_true", "candidate_prediction", "champion_prediction"]),
    st.integers(min_value=0, max_value=19),
    st.sampled_from([math.nan, math.inf, -math.inf, 1.0000001, -0.0000001, 2.0, 1e300]),
)
def test_one_impossible_cell_anywhere_makes_the_evidence_unusable(tmp_path: Path, column, row, value) -> None:
    from mlops.errors import MlopsError
    from mlops.gates import reading

    evidence = EvidenceBuilder(rows=20, correct=18).with_champion(17)
    evidence.predictions = evidence.predictions.astype({column: float})
    evidence.predictions.loc[row, column] = value
    with pytest.raises(MlopsError, match=column):
        reading.read(evidence.write(tmp_path / "evidence"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=60))
def test_metrics_agree_with_counting(pairs) -> None:
    """Counts of the four outcomes by hand; the AUC as the share of pairs in the right order, ties half."""
    from mlops.gates.metrics import BY_TASK, Answers, Draw, Undefined, defined

    truth = np.array([int(label) for label, _ in pairs])
    score = np.array([value for _, value in pairs])
    prediction = (score >= 0.5).astype(int)
    answers = Answers("classification", 2, truth, score, prediction)

    def value(name: str) -> float:
        defined(name, answers)
        return BY_TASK["classification"][name].of(answers, Draw(0.95, 0)).estimate

    tp, fp, fn, tn = (int(((truth == t) & (prediction == p)).sum()) for t, p in ((1, 1), (0, 1), (1, 0), (0, 0)))
    assert value("accuracy") == pytest.approx((tp + tn) / len(pairs))
    if len(set(truth.tolist())) < 2:
        with pytest.raises(Undefined):
            value("auc_roc")
        return
    assert value("recall") == pytest.approx(tp / (tp + fn))
    if tp + fp:
        assert value("precision") == pytest.approx(tp / (tp + fp))
    assert value("f1_score") == pytest.approx(2 * tp / (2 * tp + fp + fn))
    won = [(p > q) + (p == q) / 2 for p in score[truth == 1] for q in score[truth == 0]]
    assert value("auc_roc") == pytest.approx(sum(won) / len(won))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["a", "b/c", "b/d", "z"]))
def test_a_digest_does_not_depend_on_the_order_of_the_files(tmp_path: Path, names) -> None:
    from mlops.gates import digests

    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = digests.of_files(tmp_path, [tmp_path / name for name in sorted(names)])
    assert digests.of_files(tmp_path, [tmp_path / name for name in names]) == expected
