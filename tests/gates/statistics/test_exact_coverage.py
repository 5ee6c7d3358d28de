"""Coverage summed over every sample there is, where there are few enough; and what the plain methods would cover."""

import math

import numpy as np
import pytest
from scipy import stats

from mlops.gates.statistics import difference, proportion, ranking, table
from mlops.gates.statistics.distributions import normal_quantile
from mlops.gates.statistics.rows import rows
from support import bound_simulation as simulation

TRUTHS = [0.5, 0.6, 0.75, 0.9, 0.95, 0.98, 0.995]
Z = normal_quantile(0.95)


@pytest.mark.parametrize("n", [1, 5, 50, 200])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_clopper_pearson_covers_at_every_n(n: int, confidence: float) -> None:
    intervals = [proportion.clopper_pearson(x, n, confidence) for x in range(n + 1)]
    lower, upper = (np.array([getattr(i, side) for i in intervals]) for side in ("lower", "upper"))
    for truth in TRUTHS:
        weights = stats.binom.pmf(np.arange(n + 1), n, truth)
        assert weights[lower <= truth].sum() >= confidence
        assert weights[upper >= truth].sum() >= confidence


def test_f1_covers_for_every_denominator() -> None:
    """60 rows in three cells (TP, errors, TN), summed over every table."""
    n = 60
    for truth in TRUTHS:
        jaccard = truth / (2 - truth)
        cells = np.array([jaccard * 0.4, (1 - jaccard) * 0.4, 0.6])
        found = 0.0
        for m in range(1, n + 1):
            hits = np.arange(m + 1)
            tables = np.stack([hits, m - hits, np.full(m + 1, n - m)], axis=1)
            lower = np.array([proportion.f1(int(x), int(m - x), 0, 0.95).lower for x in hits])
            found += stats.multinomial.pmf(tables, n, cells)[lower <= truth].sum()
        assert found / (1 - stats.binom.pmf(0, n, 0.4)) >= 0.95


def coverage_of_groups(n1: int, n2: int, ours: bool) -> float:
    """The worst over pairs of true shares, of the upper bound of their difference."""
    upper = np.empty((n1 + 1, n2 + 1))
    for x1 in range(n1 + 1):
        for x2 in range(n2 + 1):
            if ours:
                bound = difference.independent(x1, n1, x2, n2, 0.95).upper
                assert bound is not None
                upper[x1, x2] = bound
            else:
                upper[x1, x2] = difference.newcombe(x1, n1, x2, n2, Z)[1]
    worst = 1.0
    for p in (0.02, 0.5, 0.75, 0.9, 0.95, 0.985, 0.995, 0.999):
        for q in (0.02, 0.5, 0.75, 0.9, 0.95, 0.985, 0.995, 0.999):
            first, second = stats.binom.pmf(np.arange(n1 + 1), n1, p), stats.binom.pmf(np.arange(n2 + 1), n2, q)
            worst = min(worst, float(first @ (upper >= p - q - 1e-12) @ second))
    return worst


@pytest.mark.parametrize(("n1", "n2", "plain"), [(25, 25, 0.87), (4, 196, 0.83), (60, 40, 0.91)])
def test_group_bounds_cover_where_newcombe_does_not(n1: int, n2: int, plain: float) -> None:
    assert coverage_of_groups(n1, n2, ours=True) >= 0.95
    assert coverage_of_groups(n1, n2, ours=False) < plain


def coverage_of_pairs(n: int, confidence: float, ours: bool) -> tuple[float, float]:
    """The worst over pairs of true shares of discordant rows, where the first is better and where it is not."""
    z = normal_quantile(confidence)
    cells = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    found = []
    for b, c in cells:
        bound = difference.paired(n - b - c, b, c, 0, confidence).lower if ours else difference.tango(b, c, n, z)[0]
        found.append(-1.0 if bound is None else bound)
    lower = np.array(found)
    table = np.array([(b, c, n - b - c) for b, c in cells])
    better, not_better = 1.0, 1.0
    for p in (0.0, 0.002, 0.006, 0.014, 0.03, 0.06, 0.075, 0.1, 0.2, 0.4):
        for q in (0.0, 0.002, 0.006, 0.014, 0.032, 0.06, 0.075, 0.1, 0.2, 0.4):
            weights = stats.multinomial.pmf(table, n, [p, q, 1 - p - q])
            covered = float(weights[lower <= p - q + 1e-12].sum())
            if p > q:
                better = min(better, covered)
            else:
                not_better = min(not_better, covered)
    return better, not_better


def test_paired_bounds_cover_where_tango_does_not() -> None:
    better, not_better = coverage_of_pairs(50, 0.95, ours=True)
    assert min(better, not_better) >= 0.935
    assert coverage_of_pairs(50, 0.95, ours=False)[0] < 0.92
    assert min(coverage_of_pairs(50, 0.9, ours=True)) >= 0.89
    assert coverage_of_pairs(50, 0.9, ours=False)[1] < 0.82


def test_auc_bounds_cover_where_newcombe_does_not() -> None:
    """20 positives three times as wide as 980 negatives, AUC 0.75."""
    mu = simulation.shift_of_auc(0.75, 3.0)
    random = np.random.default_rng(1)
    plain, ours = 0, 0
    for _ in range(400):
        truth = simulation.labels(random, 1000, 1 / 51)
        score = simulation.scores(random, truth, mu, 3.0)
        interval = ranking.auc(score, truth, 0.95)
        assert interval.lower is not None
        ours += interval.lower <= 0.75
        plain += ranking.newcombe_lower(interval.estimate, 20, 980, Z) <= 0.75
    assert ours / 400 >= 0.95
    assert plain / 400 < 0.91


def test_paired_auc_bounds_cover_where_delong_does_not() -> None:
    """25 positives and 25 negatives, AUC 0.98 against 0.99."""
    mus = simulation.shift_of_auc(0.98), simulation.shift_of_auc(0.99)
    random = np.random.default_rng(2)
    truth = np.repeat([1, 0], 25)
    plain, ours = 0, 0
    for _ in range(400):
        a, b = simulation.pair_of_scores(random, truth, mus, 0.9)
        interval = ranking.auc_difference(a, b, truth, 0.95)
        assert interval.lower is not None
        ours += interval.lower <= -0.01
        (up_a, down_a), (up_b, down_b) = ranking.components(a, truth), ranking.components(b, truth)
        error = math.sqrt(ranking.delong_variance(rows(up_a - up_b), rows(down_a - down_b)))
        plain += interval.estimate - Z * error <= -0.01
    assert ours / 400 >= 0.95
    assert plain / 400 < 0.85


def test_average_bounds_cover_where_a_percentile_bootstrap_does_not() -> None:
    """Balanced accuracy 0.97 of 50 rows: without an error in the sample, no resample has one."""
    random = np.random.default_rng(3)
    cells = simulation.confusion(0.97, 0.5, 2)
    plain, ours, draws = 0, 0, 300
    for _ in range(draws):
        counts = simulation.tally(random, 50, cells)
        drawn = random.multinomial(50, counts.ravel() / 50, size=300).reshape(-1, 2, 2)
        recalls = np.diagonal(drawn, axis1=1, axis2=2) / drawn.sum(axis=2)
        plain += np.quantile(recalls.mean(axis=1), 0.05) <= 0.97
        lower = table.metric(counts, "balanced_accuracy", 0.95, 1, 200).lower
        assert lower is not None
        ours += lower <= 0.97
    assert ours / draws >= 0.95
    assert plain / draws < 0.85
