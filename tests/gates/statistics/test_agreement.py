"""Bounds and values agree with statsmodels, scikit-learn, exhaustive resampling and published worked examples."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from mlops.gates.statistics import (
    calibration,
    difference,
    distributions,
    mean,
    percentile,
    proportion,
    ranking,
    regression,
    table,
)
from mlops.gates.statistics.rows import rows, share_rows, unseen
from support.working_tree import ROOT

Array = NDArray[np.float64]
CONFIDENCES = (0.9, 0.95, 0.99)
COUNTS = [(0, 1), (1, 1), (0, 20), (20, 20), (1, 29), (15, 148), (81, 263), (290, 299), (9_990, 10_000), (5, 1_000_000)]


# ---- distributions ----


@pytest.mark.parametrize("probability", [1e-6, 0.01, 0.05, 0.5, 0.95, 0.999])
@pytest.mark.parametrize(
    ("a", "b"),
    [(1, 1), (1, 50), (50, 1), (0.5, 0.5), (3, 1e6), (1e6, 3), (5e6, 5e6), (1, 1e7), (2.5, 0.5), (0.5, 5e5), (299, 4)],
)
def test_beta_quantiles_are_scipys(probability: float, a: float, b: float) -> None:
    ours = distributions.beta_quantile(probability, a, b)
    assert ours == pytest.approx(stats.beta.ppf(probability, a, b), rel=1e-9)
    assert distributions.beta_cdf(ours, a, b) == pytest.approx(probability, rel=1e-8)


@pytest.mark.parametrize("freedom", [1, 2, 2.7, 5, 49, 1e4, 1e7])
def test_t_quantiles_are_scipys(freedom: float) -> None:
    for confidence in CONFIDENCES:
        ours = distributions.t_quantile(confidence, freedom)
        assert ours == pytest.approx(stats.t.ppf(confidence, freedom), rel=1e-10)


@pytest.mark.parametrize(
    ("k", "n", "p"), [(0, 5, 0.3), (5, 5, 0.3), (-1, 5, 0.3), (298, 299, 0.99), (9_900, 10_000, 0.99)]
)
def test_binomial_probabilities_are_scipys(k: int, n: int, p: float) -> None:
    assert distributions.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-10)


def test_quantile_of_an_invalid_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        distributions.beta_quantile(0.0, 1, 1)


# ---- shares ----


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(("successes", "n"), COUNTS)
def test_clopper_pearson_is_statsmodels(successes: int, n: int, confidence: float) -> None:
    ours = proportion.clopper_pearson(successes, n, confidence)
    # a two-sided interval at 1 - 2 alpha consists of two one-sided bounds at 1 - alpha
    lower, upper = proportion_confint(successes, n, alpha=2 * (1 - confidence), method="beta")
    expected = (0.0 if successes == 0 else lower, 1.0 if successes == n else upper)
    assert (ours.lower, ours.upper) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_is_newcombes_table(successes: int, n: int, lower: float, upper: float) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5, two-sided 95 %."""
    ours = proportion.clopper_pearson(successes, n, 0.975)
    assert (ours.lower, ours.upper) == pytest.approx((lower, upper), abs=5.1e-5)


def test_rates_are_clopper_pearson_given_their_denominator() -> None:
    assert proportion.precision(90, 10, 0.95).lower == proportion.clopper_pearson(90, 100, 0.95).lower
    assert proportion.recall(90, 30, 0.95).lower == proportion.clopper_pearson(90, 120, 0.95).lower
    assert proportion.specificity(50, 3, 0.95).upper == proportion.clopper_pearson(50, 53, 0.95).upper
    jaccard = proportion.clopper_pearson(90, 140, 0.95)
    f1 = proportion.f1(90, 10, 40, 0.95)
    assert jaccard.lower is not None
    assert f1.lower is not None
    assert f1.lower == pytest.approx(2 * jaccard.lower / (1 + jaccard.lower), rel=1e-14)
    assert f1.estimate == pytest.approx(180 / 230, rel=1e-15)


# ---- differences of shares ----


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "lower", "upper"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
    ],
)
def test_newcombe_is_his_own_table_and_statsmodels(
    x1: int, n1: int, x2: int, n2: int, lower: float, upper: float
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10, two-sided 95 %."""
    z = distributions.normal_quantile(0.975)
    ours = difference.newcombe(x1, n1, x2, n2, z)
    assert ours == pytest.approx((lower, upper), abs=5.1e-5)
    assert ours == pytest.approx(confint_proportions_2indep(x1, n1, x2, n2, method="newcomb"), abs=1e-10)


@pytest.mark.parametrize(("x1", "n1", "x2", "n2"), [(560, 700, 480, 800), (9_000, 10_000, 300, 400), (37, 60, 45, 75)])
def test_independent_bounds_are_newcombes_or_a_little_wider(x1: int, n1: int, x2: int, n2: int) -> None:
    ours = difference.independent(x1, n1, x2, n2, 0.95)
    lower, upper = difference.newcombe(x1, n1, x2, n2, distributions.normal_quantile(0.95))
    assert ours.lower is not None
    assert ours.upper is not None
    room = 1 / n1 + 1 / n2  # one row of each
    assert lower - room <= ours.lower <= lower
    assert upper <= ours.upper <= upper + room


@pytest.mark.parametrize(
    ("cells", "lower", "upper"),
    [((59, 6, 16, 80), -0.1240, -0.0054)],
)
def test_tango_is_the_published_example(cells: tuple[int, int, int, int], lower: float, upper: float) -> None:
    """Cavo et al. (2012) as in Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33, 2850-2875."""
    _, first, second, _ = cells
    ours = difference.tango(first, second, sum(cells), distributions.normal_quantile(0.975))
    assert ours == pytest.approx((lower, upper), abs=5.1e-5)


@pytest.mark.parametrize(("first", "second", "n"), [(0, 1, 44), (6, 16, 161), (1, 7, 21), (20, 12, 400), (40, 20, 160)])
def test_tango_is_the_quartic_of_yang_sun_and_hardin(first: int, second: int, n: int) -> None:
    """The limits without iteration: Yang, Sun and Hardin (2013), Statistics in Medicine 32, 1336-1342."""
    g, b, c = distributions.normal_quantile(0.975) ** 2, first, second
    coefficients = [
        n**2 * (n / g + 1) ** 2,
        -n * (b - c) * (n / g + 1) * (4 * n / g + 1),
        2 * n * (b - c) ** 2 * (3 * n / g + 2) / g - n**2 * ((b + c) / g + 1),
        n * (b - c) * (2 * (b + c) / g + 1) - (b - c) ** 3 * (4 * n / g + 1) / g,
        (b - c) ** 2 * ((b - c) ** 2 / g - (b + c)) / g,
    ]
    roots = np.roots(coefficients)
    real = np.sort(roots[np.abs(roots.imag) < 1e-9].real)
    d = (b - c) / n
    ours = difference.tango(b, c, n, math.sqrt(g))
    assert min(np.abs(real[real < d] - ours[0])) < 1e-7
    assert min(np.abs(real[real > d] - ours[1])) < 1e-7


def test_paired_bounds_are_tangos_unless_they_claim_a_difference() -> None:
    ours = difference.paired(59, 16, 16, 70, 0.95)
    assert (ours.lower, ours.upper) == difference.tango(16, 16, 161, distributions.normal_quantile(0.95))
    better = difference.paired(59, 16, 2, 84, 0.95)
    assert better.lower is not None
    assert 0 < better.lower < difference.tango(16, 2, 161, distributions.normal_quantile(0.95))[0]


# ---- one unseen row ----


@pytest.mark.parametrize(("successes", "n"), [(0, 30), (3, 30), (27, 30), (30, 30), (1, 1), (990, 1000)])
def test_one_unseen_row_is_clopper_pearson_for_a_share(successes: int, n: int) -> None:
    """The two are equal except for the expansion that approximates the quantile: within 0.35 rows."""
    exact = proportion.clopper_pearson(successes, n, 0.95)
    assert exact.lower is not None
    assert exact.upper is not None
    p, sample = successes / n, [share_rows(successes, n)]
    z = distributions.normal_quantile(0.95)
    assert unseen(p, sample, [-p], -z) == pytest.approx(exact.lower, abs=0.35 / n)
    assert unseen(p, sample, [1 - p], z) == pytest.approx(exact.upper, abs=0.35 / n)


def test_one_unseen_row_is_the_quantile_of_dirichlet_weights() -> None:
    """Against 400,000 draws of the weights themselves, to a twentieth of the spread."""
    values = np.random.default_rng(1).exponential(size=40)
    worst = values.max()
    weights = np.random.default_rng(2).dirichlet(np.ones(41), size=400_000)
    drawn = np.quantile(weights @ np.append(values, worst), 0.95)
    centre = float(values.mean())
    ours = unseen(centre, [rows(values)], [worst - centre], distributions.normal_quantile(0.95))
    assert ours == pytest.approx(drawn, abs=0.05 * values.std() / math.sqrt(40))


# ---- means ----


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_the_t_interval_is_statsmodels(confidence: float) -> None:
    losses = np.abs(10 + np.random.default_rng(3).normal(size=400))
    losses = np.concatenate([losses, 20 - losses])  # symmetric: no skewness to adjust for
    ours = mean.mean(losses, confidence)
    lower, upper = DescrStatsW(losses).tconfint_mean(alpha=2 * (1 - confidence))
    assert (ours.lower, ours.upper) == pytest.approx((lower, upper), rel=1e-11)


def test_the_paired_t_interval_is_scipys() -> None:
    random = np.random.default_rng(4)
    a, shift = random.uniform(1, 2, size=1000), random.uniform(-0.5, 0.5, size=500)
    b = a + np.concatenate([shift, -shift])
    ours = mean.mean_difference(a, b, 0.95)
    expected = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert (ours.lower, ours.upper) == pytest.approx((expected.low, expected.high), rel=1e-6)


def test_welchs_interval_is_scipys() -> None:
    random = np.random.default_rng(5)
    a, b = random.uniform(1, 2, size=900), random.uniform(0, 3, size=300)
    a, b = np.concatenate([a, 3 - a]), np.concatenate([b, 3 - b])
    ours = difference.means_independent(a, b, 0.95)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    assert (ours.lower, ours.upper) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_skewed_losses_move_the_bound_outwards_by_halls_term() -> None:
    losses = np.random.default_rng(6).exponential(size=20_000)
    ours = mean.mean(losses, 0.95)
    n, z = len(losses), distributions.normal_quantile(0.95)
    spread = losses.std(ddof=1) / math.sqrt(n)
    moved = spread * stats.skew(losses) * (1 + 2 * z * z) / 6 / math.sqrt(n)
    t = distributions.t_quantile(0.95, n - 1)
    assert ours.upper == pytest.approx(losses.mean() + t * spread + moved, rel=1e-6)
    assert ours.lower == pytest.approx(losses.mean() - t * spread, rel=1e-12)


def test_the_variance_of_a_mean_is_that_of_all_resamples() -> None:
    """Exhaustively: the mean of each of the 6^6 resamples of six rows."""
    values = np.array([0.3, 1.7, 0.2, 5.0, 2.2, 2.1])
    means = np.array([np.mean(drawn) for drawn in itertools.product(values, repeat=6)])
    sample = rows(values)
    assert sample.variance * 5 / 6 == pytest.approx(means.var(), rel=1e-12)
    assert sample.third == pytest.approx(float(np.mean((means - means.mean()) ** 3)), rel=1e-10)


# ---- AUC ----

# DeLong, DeLong and Clarke-Pearson (1988): 43 patients, by albumin, total protein, K-G score, and whether surgery
# helped; as in the SAS/STAT User's Guide, The LOGISTIC Procedure, "Comparing Receiver Operating Characteristic Curves".
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1
3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0
4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1
4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1
2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""


def structural(score: Array, truth: Array) -> tuple[Array, Array]:
    """Structural components by comparing every positive row with every negative one: O(n^2)."""
    positive, negative = score[truth == 1], score[truth == 0]
    wins = (positive[:, None] > negative).astype(float) + 0.5 * (positive[:, None] == negative)
    return wins.mean(axis=1), wins.mean(axis=0)


def delong_error(score: Array, truth: Array, other: Array | None = None) -> float:
    up, down = structural(score, truth)
    if other is not None:
        up_other, down_other = structural(other, truth)
        up, down = up - up_other, down - down_other
    return math.sqrt(up.var(ddof=1) / len(up) + down.var(ddof=1) / len(down))


def our_error(score: Array, truth: Array, other: Array | None = None) -> float:
    up, down = ranking.components(score, truth)
    if other is not None:
        up_other, down_other = ranking.components(other, truth)
        up, down = up - up_other, down - down_other
    return math.sqrt(ranking.delong_variance(rows(up), rows(down)))


def test_delong_is_the_published_example() -> None:
    data = np.array(OVARIAN.split(), dtype=float).reshape(-1, 4)
    albumin, protein, kg, truth = data[:, 0], data[:, 1], 10 - data[:, 2], data[:, 3]
    for score, area, error in ((albumin, 0.7366, 0.0927), (kg, 0.7258, 0.1028), (protein, 0.6478, 0.1000)):
        assert ranking.auc(score, truth, 0.95).estimate == pytest.approx(area, abs=5.1e-5)
        assert our_error(score, truth) == pytest.approx(error, abs=5.1e-5)
    for score, gap, error in ((albumin, 0.0108, 0.0953), (protein, -0.0780, 0.1046)):
        assert ranking.auc_difference(score, kg, truth, 0.95).estimate == pytest.approx(gap, abs=5.1e-5)
        assert our_error(score, truth, kg) == pytest.approx(error, abs=5.1e-5)


def test_delong_is_the_rating_example_of_hanley_and_mcneil() -> None:
    """Hanley and McNeil (1982), table I: 109 images; Stata's roctab gives 0.8932 and DeLong's error 0.0307."""
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    score = np.concatenate([np.repeat(np.arange(5.0), normal), np.repeat(np.arange(5.0), abnormal)])
    truth = np.repeat([0.0, 1.0], [58, 51])
    assert ranking.auc(score, truth, 0.95).estimate == pytest.approx(0.8932, abs=5.1e-5)
    assert our_error(score, truth) == pytest.approx(0.0307, abs=5.1e-5)


@pytest.mark.parametrize("levels", [4, 50, None])
def test_components_are_those_of_all_pairs(levels: int | None) -> None:
    random = np.random.default_rng(7)
    truth = (random.random(300) < 0.3).astype(float)
    a = random.normal(size=300) + truth
    b = a + random.normal(size=300)
    if levels:
        a, b = np.round(a * levels / 4), np.round(b * levels / 4)
    up, down = ranking.components(a, truth)
    assert np.allclose(up, structural(a, truth)[0], rtol=0, atol=1e-14)
    assert np.allclose(down, structural(a, truth)[1], rtol=0, atol=1e-14)
    assert our_error(a, truth, b) == pytest.approx(delong_error(a, truth, b), rel=1e-12)


def test_a_paired_auc_bound_is_delongs_with_t_where_many_rows_differ() -> None:
    random = np.random.default_rng(8)
    truth = (random.random(4000) < 0.5).astype(float)
    a, b = random.normal(size=4000) + truth, random.normal(size=4000) + truth
    ours = ranking.auc_difference(a, b, truth, 0.95)
    error = delong_error(a, truth, b)
    assert ours.lower == pytest.approx(ours.estimate - 1.645 * error, abs=0.01 * error)
    assert ours.upper == pytest.approx(ours.estimate + 1.645 * error, abs=0.01 * error)


@pytest.mark.parametrize(("area", "m", "n"), [(0.75, 20, 80), (0.95, 100, 100), (1.0, 30, 300), (0.5, 50, 50)])
def test_newcombes_area_solves_his_equation(area: float, m: int, n: int) -> None:
    """Written out again from the paper, with Hanley and McNeil's Q1 and Q2."""
    z = distributions.normal_quantile(0.95)
    a = ranking.newcombe_lower(area, m, n, z)
    q1, q2, inner = a / (2 - a), 2 * a * a / (1 + a), (m + n) / 2 - 1
    variance = (a * (1 - a) + inner * (q1 - a * a) + inner * (q2 - a * a)) / (m * n)
    assert (area - a) ** 2 == pytest.approx(z * z * variance, rel=1e-9)
    assert a < area


def test_an_auc_bound_is_newcombes_on_large_samples() -> None:
    random = np.random.default_rng(9)
    truth = np.repeat([0, 1], [50_000, 50_000])
    score = random.normal(size=100_000) + 1.5 * truth
    ours = ranking.auc(score, truth, 0.95)
    expected = ranking.newcombe_lower(ours.estimate, 50_000, 50_000, distributions.normal_quantile(0.95))
    assert ours.lower == pytest.approx(expected, abs=0.1 * (ours.estimate - expected))


# ---- resampling ----


def multinomial_tables(n: int, shares: Array) -> tuple[Array, Array]:
    """Every 2 x 2 table of n rows, and the probability of each."""
    tables = [(a, b, c, n - a - b - c) for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)]
    found = np.array(tables, dtype=float)
    return found.reshape(-1, 2, 2), np.asarray(stats.multinomial.pmf(found, n, shares.ravel()))


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1_macro", "precision_macro"])
def test_table_bounds_are_those_of_an_exhaustive_bootstrap_and_one_unseen_row(name: str) -> None:
    """All 19,600 resamples of 47 rows: our bound is wider than the percentile bound, by at most two unseen rows."""
    counts = np.array([[18.0, 4.0], [6.0, 19.0]])
    tables, weights = multinomial_tables(47, counts / 47)
    values = np.array([table.value_of(cells, name) for cells in tables])
    order = np.argsort(values)
    cumulated = np.cumsum(weights[order])
    bootstrap = values[order][[np.searchsorted(cumulated, 0.05), np.searchsorted(cumulated, 0.95)]]
    ours = table.metric(counts, name, 0.95, seed=1, resamples=20_000)
    assert ours.lower is not None
    assert ours.upper is not None
    assert bootstrap[0] - 2 / 22 <= ours.lower <= bootstrap[0] + 0.005
    assert bootstrap[1] - 0.005 <= ours.upper <= bootstrap[1] + 2 / 22


@pytest.mark.parametrize("name", ["f1_score", "precision", "balanced_accuracy", "f1_macro"])
def test_paired_table_bounds_are_a_bootstraps_on_large_samples(name: str) -> None:
    """100,000 multinomial resamples of 20,000 rows: within 5 % of the width."""
    random = np.random.default_rng(10)
    shares = random.dirichlet(np.ones(8) * 2)
    counts = random.multinomial(20_000, shares).reshape(2, 2, 2)
    drawn = random.multinomial(20_000, counts.ravel() / 20_000, size=100_000).reshape(-1, 2, 2, 2)
    ours = table.paired_difference(counts, name, 0.95, seed=1, resamples=20_000)

    def f(tables: NDArray[np.int64]) -> Array:
        tn, fp, fn, tp = tables[:, 0, 0], tables[:, 0, 1], tables[:, 1, 0], tables[:, 1, 1]
        positive, negative = 2 * tp / (2 * tp + fp + fn), 2 * tn / (2 * tn + fp + fn)
        by_name = {
            "f1_score": positive,
            "f1_macro": (positive + negative) / 2,
            "precision": tp / (tp + fp),
            "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        }
        return np.asarray(by_name[name])

    differences = f(drawn.sum(axis=3)) - f(drawn.sum(axis=2))
    lower, upper = np.quantile(differences, [0.05, 0.95])
    assert ours.lower == pytest.approx(lower, abs=0.05 * (upper - lower))
    assert ours.upper == pytest.approx(upper, abs=0.05 * (upper - lower))


def test_a_share_from_a_table_is_clopper_pearsons() -> None:
    ours = table.metric([[50, 0], [3, 47]], "recall", 0.95, seed=1, resamples=100_000)
    exact = proportion.clopper_pearson(47, 50, 0.95)
    assert (ours.lower, ours.upper) == pytest.approx((exact.lower, exact.upper), abs=0.002)


def test_draws_depend_only_on_the_seed() -> None:
    counts = [[40, 3, 2], [4, 50, 1], [0, 2, 30]]
    first, again = (table.metric(counts, "f1_macro", 0.95, seed=5) for _ in range(2))
    np.random.default_rng(0).random()
    assert first == again
    assert table.metric(counts, "f1_macro", 0.95, seed=6).lower != first.lower


def bootstrap_error(statistic: object, *arrays: Array, resamples: int = 1000) -> float:
    random, n = np.random.default_rng(11), len(arrays[0])
    drawn = []
    for _ in range(resamples):
        chosen = random.integers(0, n, n)
        drawn.append(statistic(*(array[chosen] for array in arrays)))  # type: ignore[operator]
    return float(np.std(drawn))


def test_influence_functions_have_the_spread_of_a_bootstrap() -> None:
    """1,000 resamples of 800 rows: standard errors within 10 %, four times the error of 1,000 resamples."""
    random = np.random.default_rng(12)
    n = 800
    truth = (random.random(n) < 0.3).astype(float)
    a, b = random.normal(size=n) + truth, random.normal(size=n) + 1.2 * truth
    y = random.normal(size=n)
    p, q = y + random.normal(size=n) * 0.5, y + random.normal(size=n) * 0.7
    t = distributions.t_quantile(0.95, n - 1)

    def half(lower: float | None, upper: float | None) -> float:
        assert lower is not None
        assert upper is not None
        return (upper - lower) / 2 / t

    cases = [
        (
            ranking.average_precision_difference(a, b, truth, 0.95),
            lambda y, a, b: fast_precision(y, a) - fast_precision(y, b),
            (truth, a, b),
        ),
        (ranking.average_precision(a, truth, 0.95), fast_precision, (truth, a)),
        (regression.r2(y, p, 0.95), sk.r2_score, (y, p)),
        (regression.rmse(y, p, 0.95), sk.root_mean_squared_error, (y, p)),
        (
            regression.r2_difference(y, p, q, 0.95),
            lambda y, p, q: sk.r2_score(y, p) - sk.r2_score(y, q),
            (y, p, q),
        ),
        (
            regression.rmse_difference(y, p, q, 0.95),
            lambda y, p, q: sk.root_mean_squared_error(y, p) - sk.root_mean_squared_error(y, q),
            (y, p, q),
        ),
        (ranking.auc_difference(a, b, truth, 0.95), lambda y, a, b: fast_auc(y, a) - fast_auc(y, b), (truth, a, b)),
    ]
    for interval, statistic, arrays in cases:
        expected = bootstrap_error(statistic, *arrays)
        assert half(interval.lower, interval.upper) == pytest.approx(expected, rel=0.1), interval.method


def fast_precision(truth: Array, score: Array) -> float:
    return ranking.average_precision(score, truth, 0.95).estimate


def fast_auc(truth: Array, score: Array) -> float:
    return ranking.auc(score, truth, 0.95).estimate


# ---- values ----


@pytest.mark.parametrize("seed", range(6))
def test_values_are_scikit_learns(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(20, 3000))
    truth = (random.random(n) < random.uniform(0.05, 0.95)).astype(int)
    truth[:2] = [0, 1]
    score = np.round(1 / (1 + np.exp(-random.normal(size=n) - truth)), 2 + seed % 3 * 6)  # with ties, and without
    other = np.round(1 / (1 + np.exp(-random.normal(size=n) - 0.5 * truth)), 2)
    prediction = (score >= 0.5).astype(int)
    ((tn, fp), (fn, tp)) = sk.confusion_matrix(truth, prediction, labels=[0, 1]).tolist()
    pairs = [
        (proportion.precision(tp, fp, 0.95), sk.precision_score(truth, prediction, zero_division=0.0)),
        (proportion.recall(tp, fn, 0.95), sk.recall_score(truth, prediction)),
        (proportion.specificity(tn, fp, 0.95), sk.recall_score(truth, prediction, pos_label=0)),
        (proportion.f1(tp, fp, fn, 0.95), sk.f1_score(truth, prediction)),
        (proportion.clopper_pearson(tp + tn, n, 0.95), sk.accuracy_score(truth, prediction)),
        (ranking.auc(score, truth, 0.95), sk.roc_auc_score(truth, score)),
        (ranking.average_precision(score, truth, 0.95), sk.average_precision_score(truth, score)),
        (mean.mean(mean.log_losses(truth, score), 0.95), sk.log_loss(truth, score)),
        (mean.mean(mean.brier_losses(truth, score), 0.95), sk.brier_score_loss(truth, score)),
        (
            ranking.auc_difference(score, other, truth, 0.95),
            sk.roc_auc_score(truth, score) - sk.roc_auc_score(truth, other),
        ),
        (
            ranking.average_precision_difference(score, other, truth, 0.95),
            sk.average_precision_score(truth, score) - sk.average_precision_score(truth, other),
        ),
    ]
    for interval, expected in pairs:
        assert interval.estimate == pytest.approx(expected, abs=1e-12), interval.method


@pytest.mark.parametrize("k", [2, 3, 7])
def test_averages_over_classes_are_scikit_learns(k: int) -> None:
    random = np.random.default_rng(k)
    truth, a, b = (random.integers(0, k, 200) for _ in range(3))
    counts = np.zeros((k, k, k))
    np.add.at(counts, (truth, a, b), 1)
    scores = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    for kind, average in itertools.product(scores, ("macro", "weighted")):
        first, second = (scores[kind](truth, p, average=average, zero_division=0.0) for p in (a, b))
        name = f"{kind}_{average}"
        assert table.metric(counts.sum(axis=2), name, 0.95, 1).estimate == pytest.approx(first, abs=1e-12)
        assert table.value_of(counts.sum(axis=2), name) == pytest.approx(first, abs=1e-12)
        assert table.paired_difference(counts, name, 0.95, 1).estimate == pytest.approx(first - second, abs=1e-12)
    balanced = table.metric(counts.sum(axis=2), "balanced_accuracy", 0.95, 1)
    assert balanced.estimate == pytest.approx(sk.balanced_accuracy_score(truth, a), abs=1e-12)


def test_averages_leave_out_an_unused_class() -> None:
    truth, prediction = np.array([0, 0, 2, 2, 2]), np.array([0, 2, 2, 2, 0])
    counts = np.zeros((3, 3))
    np.add.at(counts, (truth, prediction), 1)
    ours = table.metric(counts, "f1_macro", 0.95, 1)
    assert ours.estimate == pytest.approx(sk.f1_score(truth, prediction, average="macro"), abs=1e-15)
    assert ours.lower is None
    assert "1 of 3 have none" in str(ours.unknown)


def test_paired_rates_of_a_class_are_tangos() -> None:
    counts = np.random.default_rng(13).integers(1, 30, (2, 2, 2))
    recall = table.paired_difference(counts, "recall", 0.95, 1)
    (neither, only_b), (only_a, both) = counts[1]
    assert recall == difference.paired(both, only_a, only_b, neither, 0.95)
    specificity = table.paired_difference(counts, "specificity", 0.95, 1)
    (both, only_a), (only_b, neither) = counts[0]
    assert specificity == difference.paired(both, only_a, only_b, neither, 0.95)


def test_regression_values_are_scikit_learns() -> None:
    random = np.random.default_rng(14)
    y = random.normal(size=500) * 40 + 150
    p, q = y + random.normal(size=500) * 9, y + random.normal(size=500) * 11
    pairs = [
        (regression.rmse(y, p, 0.95), sk.root_mean_squared_error(y, p)),
        (regression.r2(y, p, 0.95), sk.r2_score(y, p)),
        (mean.mean(np.abs(y - p), 0.95), sk.mean_absolute_error(y, p)),
        (
            regression.rmse_difference(y, p, q, 0.95),
            sk.root_mean_squared_error(y, p) - sk.root_mean_squared_error(y, q),
        ),
        (regression.r2_difference(y, p, q, 0.95), sk.r2_score(y, p) - sk.r2_score(y, q)),
    ]
    for interval, expected in pairs:
        assert interval.estimate == pytest.approx(expected, rel=1e-12), interval.method


def test_calibration_error_is_its_definition() -> None:
    random = np.random.default_rng(15)
    score = np.concatenate([random.random(500), [0.0, 1.0, 0.1, 0.2, 0.3, 0.7]])
    truth = (random.random(506) < score**2).astype(int)
    expected = 0.0
    for i in range(10):
        here = (score >= i / 10) & ((score < (i + 1) / 10) | (i == 9))
        if here.any():
            expected += here.sum() / 506 * abs(truth[here].mean() - score[here].mean())
    assert calibration.expected_calibration_error(score, truth, 0.95).estimate == pytest.approx(expected, abs=1e-12)
    gap = calibration.ece_difference(score**2, score, truth, 0.95).estimate
    alone = calibration.expected_calibration_error(score**2, truth, 0.95).estimate
    assert gap == pytest.approx(alone - expected, abs=1e-12)


# ---- percentiles ----


def test_a_percentile_is_the_smallest_time_that_its_share_does_not_exceed() -> None:
    assert percentile.percentile(range(1, 101), 0.95, 0.95).estimate == 95
    assert percentile.percentile(range(1, 102), 0.95, 0.95).estimate == 96
    assert percentile.percentile([5.0, 1.0, 3.0], 0.5, 0.95).estimate == 3.0


@pytest.mark.parametrize(("share", "n"), [(0.5, 5), (0.9, 29), (0.95, 59), (0.99, 299)])
def test_percentile_needs_the_documented_number_of_values(share: float, n: int) -> None:
    """299 for a p99: the least n with 0.99^n <= 0.05 (Wilks 1941)."""
    assert percentile.needed(share, 0.95) == n
    values = np.random.default_rng(16).permutation(n).astype(float)
    enough = percentile.percentile(values, share, 0.95)
    assert enough.upper == n - 1
    assert enough.unknown != f"needs {n}"
    short = percentile.percentile(values[:-1], share, 0.95)
    assert short.upper is None
    assert f"needs {n} values" in str(short.unknown)


def test_order_statistics_are_those_of_the_binomial() -> None:
    values = np.arange(1.0, 1001.0)
    ours = percentile.percentile(values, 0.95, 0.95)
    # the upper rank r is the least with P(Bin(n, p) <= r - 1) >= 0.95, the lower the largest with P(Bin >= r) >= 0.95
    assert ours.upper == stats.binom.ppf(0.95, 1000, 0.95) + 1
    assert ours.lower == max(r for r in range(1, 1001) if stats.binom.sf(r - 1, 1000, 0.95) >= 0.95)


# ---- what it is made of ----


def test_the_library_is_numpy_and_the_standard_library() -> None:
    """Run in a separate process, because this one has imported other modules."""
    code = (
        "import sys, mlops.gates.statistics; "
        "print(sorted({'scipy', 'sklearn', 'pandas', 'statsmodels', 'pydantic', 'mlflow'} & set(sys.modules)))"
    )
    template = ROOT / "template"
    done = subprocess.run([sys.executable, "-c", code], cwd=template, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
