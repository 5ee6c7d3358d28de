"""Properties that hold for every verdict with any numbers."""

import hashlib
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.engine import EvidenceBuilder

settings.register_profile("busy", deadline=None)  # a function can be slow only because the machine is busy
settings.load_profile("busy")

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6)
counts = st.integers(min_value=1, max_value=1000)
widths = st.floats(min_value=0, max_value=1e3)
policies = st.sampled_from(["hold", "fail"])
ORDER = ["FAIL", "HOLD", "PASS"]


@st.composite
def statistics(draw: st.DrawFn):
    from mlops.gates.decision.statistics_settings import Statistics

    return Statistics(min_samples=draw(counts), on_insufficient=draw(policies)) if draw(st.booleans()) else None


@st.composite
def intervals(draw: st.DrawFn):
    """An estimate with a lower and an upper bound, either of which may be unknown."""
    from mlops.gates.statistics import Interval

    estimate, below, above = draw(finite), draw(st.none() | widths), draw(st.none() | widths)
    lower = None if below is None else estimate - below
    upper = None if above is None else estimate + above
    return Interval(estimate, lower, upper, draw(counts), 0.95, "some", "why not")


def judged(interval, comparison, threshold, chosen) -> str:
    from mlops.gates.decision.verdict_rule import verdict_of_sample

    enough = interval.n >= (chosen.min_samples if chosen else 1)
    return verdict_of_sample(interval, comparison, threshold, chosen, enough)


@given(intervals(), finite, statistics(), widths)
def test_a_better_estimate_never_gets_a_worse_verdict(interval, threshold, chosen, gain) -> None:
    lower, upper = (None if bound is None else bound + gain for bound in (interval.lower, interval.upper))
    better = replace(interval, estimate=interval.estimate + gain, lower=lower, upper=upper)
    before, after = (judged(each, ">=", threshold, chosen) for each in (interval, better))
    assert ORDER.index(after) >= ORDER.index(before)


@given(intervals(), finite, statistics(), st.sampled_from([">=", "<="]))
def test_statistics_never_let_pass_what_the_literal_comparison_fails(interval, threshold, chosen, comparison) -> None:
    literal = judged(interval, comparison, threshold, None)
    careful = judged(interval, comparison, threshold, chosen)
    assert ORDER.index(careful) <= ORDER.index(literal)
    bound = interval.lower if comparison == ">=" else interval.upper
    if chosen is not None and (interval.n < chosen.min_samples or bound is None):
        assert careful != "PASS"
    if chosen is not None and careful == "PASS":
        assert bound >= threshold - 1e-9 if comparison == ">=" else bound <= threshold + 1e-9


@given(intervals(), finite, statistics())
def test_comparison_at_most_mirrors_at_least(interval, threshold, chosen) -> None:
    lower, upper = (None if bound is None else -bound for bound in (interval.upper, interval.lower))
    mirrored = replace(interval, estimate=-interval.estimate, lower=lower, upper=upper)
    assert judged(interval, "<=", threshold, chosen) == judged(mirrored, ">=", -threshold, chosen)


@given(st.sampled_from([math.nan, math.inf, -math.inf]), finite, st.sampled_from([">=", "<="]))
def test_value_that_is_not_finite_is_refused(value, threshold, comparison) -> None:
    from mlops.errors import MlopsError
    from mlops.gates.decision.verdict_rule import meets
    from mlops.gates.statistics import Interval

    for one, other in [(value, threshold), (threshold, value)]:
        with pytest.raises(MlopsError):
            meets(one, comparison, other)
    for numbers in [(value, 0.0, 0.0), (0.0, value, 0.0), (0.0, 0.0, value)]:
        with pytest.raises(ValueError, match="finite|bound"):
            Interval(*numbers, 10, 0.95, "some")


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_numbers_that_differ_look_different_in_a_reason(one, other) -> None:
    from mlops.gates.decision.reasons import distinct_digits

    first, second = distinct_digits(one, other)
    if abs(one - other) > 1e-6 * max(one, other):
        assert first != second
    assert float(first.replace(",", "")) == pytest.approx(one, rel=0.01, abs=0.01 * max(one, other))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["candidate_score", "champion_score", "y_true", "candidate_prediction", "champion_prediction"]),
    st.integers(min_value=0, max_value=19),
    st.sampled_from([math.nan, math.inf, -math.inf, 1.0000001, -0.0000001, 2.0, 1e300]),
)
def test_one_impossible_cell_anywhere_makes_the_evidence_unusable(tmp_path: Path, column, row, value) -> None:
    from mlops.errors import MlopsError
    from mlops.gates.evidence import evidence_reader

    evidence = EvidenceBuilder(rows=20, correct=18).with_champion(17)
    evidence.predictions = evidence.predictions.astype({column: float})
    evidence.predictions.loc[row, column] = value
    with pytest.raises(MlopsError, match=column):
        evidence_reader.read_evidence(evidence.write(tmp_path / "evidence"))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=60))
def test_metrics_agree_with_counting(pairs) -> None:
    """Counts of the four outcomes by hand; the AUC as the share of pairs in the right order, ties half."""
    from mlops.gates import metrics
    from mlops.gates.metrics.metric import ModelOutputs, Resampling, Undefined, check_defined

    truth = np.array([int(label) for label, _ in pairs])
    score = np.array([value for _, value in pairs])
    prediction = (score >= 0.5).astype(int)
    answers = ModelOutputs("classification", 2, truth, score, prediction)
    tp, fp, fn, tn = (int(((truth == t) & (prediction == p)).sum()) for t, p in ((1, 1), (0, 1), (1, 0), (0, 0)))
    assert answers.outcomes == (tp, fp, fn, tn)
    one_label = len(set(truth.tolist())) < 2
    values = {}
    for name, metric in metrics.BY_TASK["classification"].items():
        if one_label and name != "accuracy":
            with pytest.raises(Undefined):
                check_defined(metric, answers)
            continue
        found = metric.interval(answers, Resampling(0.95, 1))
        values[name] = found.estimate
        # a bound differs from the estimate for every sample
        for bound in (found.lower, found.upper):
            assert bound is None or bound != found.estimate or bound in (metric.lowest, metric.highest), (name, found)
    assert values["accuracy"] == pytest.approx((tp + tn) / len(pairs))
    if one_label:
        return
    assert values["recall"] == pytest.approx(tp / (tp + fn))
    assert values["precision"] == pytest.approx(tp / (tp + fp) if tp + fp else 0)
    assert values["f1_score"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
    won = [(p > q) + (p == q) / 2 for p in score[truth == 1] for q in score[truth == 0]]
    assert values["auc_roc"] == pytest.approx(sum(won) / len(won))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["a", "b/c", "b/d", "z"]))
def test_a_digest_does_not_depend_on_the_order_of_the_files(tmp_path: Path, names) -> None:
    from mlops.gates.core import digests

    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = digests.of_files(tmp_path, [tmp_path / name for name in sorted(names)])
    assert digests.of_files(tmp_path, [tmp_path / name for name in names]) == expected


def test_digest_leaves_out_only_bytecode_caches(tmp_path: Path) -> None:
    from mlops.gates.core import digests

    (tmp_path / "a.py").write_text("one")
    before = digests.of_folder(tmp_path)
    for folder, same in [("package/__pycache__", True), ("package/cache", False)]:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.pyc").write_text("one")
        assert (digests.of_folder(tmp_path) == before) is same


def test_digest_covers_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    """The digest equals ``sha256sum`` of the list that ``sha256sum`` writes, in which names are bytes."""
    from mlops.gates.core import digests

    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / os.fsdecode(b"b\xff")).write_bytes(b"two")
    one, two = (hashlib.sha256(content).hexdigest().encode() for content in (b"one", b"two"))
    listed = hashlib.sha256(one + b"  a\n" + two + b"  b\xff\n").hexdigest()
    assert digests.of_folder(tmp_path) == f"sha256:{listed}"
