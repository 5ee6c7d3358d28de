"""A group of a few rows fails its gate only beyond doubt."""

import pytest


@pytest.mark.parametrize(
    ("n", "lower", "on_insufficient", "verdict"),
    [
        (200, 0.01, "hold", "FAIL"),  # large enough: the estimate decides
        (10, 0.01, "hold", "HOLD"),  # small, and the limit is inside the bounds
        (10, 0.06, "hold", "FAIL"),  # small, but even the lower bound is beyond the limit
        (10, 0.01, "fail", "FAIL"),
        (10, 0.01, "pass", "FAIL"),  # small groups count as they are
    ],
)
def test_a_small_group_fails_only_when_its_lower_bound_is_beyond_the_limit(
    n: int, lower: float, on_insufficient: str, verdict: str
) -> None:
    from mlops.gates.decision.sampled_comparison import SampledComparison
    from mlops.gates.decision.statistics_settings import Statistics
    from mlops.gates.statistics import Interval

    distance = Interval(0.10, lower, 0.20, n, 0.95, "Newcombe")
    statistics = Statistics(min_group_samples=100, on_insufficient=on_insufficient)
    compared = SampledComparison(distance, "<=", 0.05, statistics, n, minimum=100)
    assert compared.verdict_on_group == verdict
    assert compared.fails_as_group is (verdict == "FAIL" and not (n < 100 and on_insufficient == "fail"))
