"""A simulation of how often the bounds of ``mlops.gates.statistics`` hold, on many samples with a known true value.

A case is a quantity on a population whose true value is known from a formula or by integration. Each cell of a case
draws samples of n rows, computes the interval, and counts on each side how many bounds were given and how many of them
were wrong. Everything is seeded: the same code gives the same figures.
"""

import math
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.gates.statistics import (
    Interval,
    calibration,
    difference,
    mean,
    percentile,
    proportion,
    ranking,
    regression,
    table,
)

Array = NDArray[Any]
Random = np.random.Generator

CONFIDENCE = 0.95
ALLOWED = 0.93  # the coverage that the gates promise for a bound at 0.95
SIZES = (50, 200, 1_000, 10_000)
TRUTHS = (0.5, 0.75, 0.9, 0.97, 0.995)
SHARES = {"balanced": 0.5, "1:50": 1 / 51}
DRAWS = 250
AGAIN = (
    1,
    4,
    16,
)  # a cell that covers less than DOUBTFUL is drawn again with so many times the draws, which then count
DOUBTFUL = 0.94
GIVEN = 0.2  # in a cell that gives a bound to a smaller share of its samples, the gate returns HOLD


@dataclass(frozen=True, slots=True)
class Case:
    """A quantity, its populations, and the bounds of it that a gate uses."""

    name: str
    method: str
    sides: tuple[str, ...]  # "lower", "upper": those that are shown
    make: Callable[[float, float, int], tuple[Callable[[Random], Interval], float] | None]
    truths: tuple[float, ...] = TRUTHS
    shares: tuple[str, ...] = ("balanced", "1:50")


@dataclass(slots=True)
class Cell:
    """The counts of one cell, on one side."""

    case: str
    side: str
    n: int
    truth: float
    share: str
    draws: int = 0
    given: int = 0
    wrong: int = 0

    @property
    def coverage(self) -> float:
        """Return the share of the given bounds that hold; 1 if none was given."""
        return 1 - self.wrong / self.given if self.given else 1.0

    @property
    def error(self) -> float:
        """Return the share of all samples with a wrong bound, which a gate would rely on."""
        return self.wrong / self.draws


# ---- populations ----


def labels(random: Random, n: int, share: float) -> Array:
    """Return n labels with a fixed number of positives, at least one and not all."""
    positives = min(n - 1, max(1, round(n * share)))
    return np.repeat([1, 0], [positives, n - positives])


@cache
def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def solve(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the zero of an increasing function."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return 0.5 * (low + high)


GRID = np.linspace(-9, 9, 1801)
DENSITY = np.exp(-0.5 * GRID**2) / math.sqrt(2 * math.pi) * (GRID[1] - GRID[0])
CDF = np.vectorize(normal_cdf)


@cache
def shift_of_auc(auc: float, spread: float = 1.0) -> float:
    """Return the mean of positives with standard deviation ``spread`` for this AUC and standard normal negatives."""
    return solve(lambda mu: normal_cdf(mu / math.sqrt(1 + spread**2)) - auc, -40.0, 40.0)


@cache
def precision_of_shift(mu: float, share: float) -> float:
    """Return the average precision of the population with positives N(mu, 1) and negatives N(0, 1)."""
    x = GRID + mu
    hit, alarm = CDF(mu - x), CDF(-x)
    return float(np.sum(DENSITY * share * hit / (share * hit + (1 - share) * alarm)))


@cache
def shift_of_precision(value: float, share: float) -> float:
    return solve(lambda mu: precision_of_shift(mu, share) - value, 0.0, 12.0)


def scores(random: Random, truth: Array, mu: float, spread: float = 1.0) -> Array:
    return np.where(truth == 1, mu + spread * random.standard_normal(len(truth)), random.standard_normal(len(truth)))


def pair_of_scores(random: Random, truth: Array, mus: tuple[float, float], correlation: float) -> tuple[Array, Array]:
    first = random.standard_normal(len(truth))
    second = correlation * first + math.sqrt(1 - correlation**2) * random.standard_normal(len(truth))
    return first + mus[0] * truth, second + mus[1] * truth


def tally(random: Random, n: int, cells: Array) -> Array:
    """Return a table of n rows drawn from the shares ``cells``."""
    return random.multinomial(n, cells.ravel() / cells.sum()).reshape(cells.shape)


# ---- cases ----


def accuracy(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
    return lambda random: proportion.clopper_pearson(int(random.binomial(n, truth)), n, CONFIDENCE), truth


def rates(which: str) -> Callable[[float, float, int], tuple[Callable[[Random], Interval], float]]:
    """A binary classification with recall and precision both ``truth``; specificity follows, or is ``truth``."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        hits = share * truth
        alarms = (1 - share) * (1 - truth) if which == "specificity" else hits * (1 - truth) / truth
        cells = np.array([hits, share - hits, alarms, 1 - share - alarms])

        def draw(random: Random) -> Interval:
            tp, fn, fp, tn = (int(count) for count in random.multinomial(n, cells))
            if which == "precision":
                return proportion.precision(tp, fp, CONFIDENCE)
            if which == "recall":
                return proportion.recall(tp, fn, CONFIDENCE)
            if which == "specificity":
                return proportion.specificity(tn, fp, CONFIDENCE)
            return proportion.f1(tp, fp, fn, CONFIDENCE)

        return draw, truth

    return make


def two_groups(gap: float) -> Callable[[float, float, int], tuple[Callable[[Random], Interval], float]]:
    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        n1 = max(1, round(n * share))
        other = truth - gap

        def draw(random: Random) -> Interval:
            x1, x2 = int(random.binomial(n1, truth)), int(random.binomial(n - n1, other))
            return difference.independent(x1, n1, x2, n - n1, CONFIDENCE)

        return draw, truth - other

    return make


def paired_rates(
    gap: float, overlap: float
) -> Callable[[float, float, int], tuple[Callable[[Random], Interval], float]]:
    """Two models on the same rows: the first is right with ``truth - gap``, and shares ``overlap`` of the errors."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        only_first = (1 - truth) * (1 - overlap)
        only_second = only_first + gap
        both = truth - only_second
        if both < 0:
            both, only_second = 0.0, truth
        cells = np.array([both, only_first, only_second, max(0.0, 1 - both - only_first - only_second)])

        def draw(random: Random) -> Interval:
            counts = [int(count) for count in random.multinomial(n, cells / cells.sum())]
            return difference.paired(*counts, CONFIDENCE)

        return draw, (only_first - only_second) / float(cells.sum())

    return make


def confusion(truth: float, share: float, k: int) -> Array:
    """Return shares by truth and prediction: recall ``truth`` in each class, errors spread, the last class rare."""
    weights = np.ones(k)
    weights[-1] = share / (1 - share) * (k - 1)
    weights = weights / weights.sum()
    cells = np.full((k, k), (1 - truth) / (k - 1))
    np.fill_diagonal(cells, truth)
    return cells * weights[:, np.newaxis]


def averages(name: str, k: int) -> Callable[[float, float, int], tuple[Callable[[Random], Interval], float]]:
    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        cells = confusion(truth, share, k)
        exact = table.value_of(cells, name)
        return (
            lambda random: table.metric(tally(random, n, cells), name, CONFIDENCE, int(random.integers(2**31)), 200),
            exact,
        )

    return make


def table_differences(
    name: str, k: int, gap: float, overlap: float = 0.7
) -> Callable[[float, float, int], tuple[Callable[[Random], Interval], float]]:
    """Two models: b recalls each class with ``truth``; a shares ``overlap`` of b's errors and makes ``gap`` more."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        weights = confusion(truth, share, k).sum(axis=1)
        cells = np.zeros((k, k, k))
        miss = 1 - truth
        only_a = miss * (1 - overlap) + gap  # only a is wrong
        only_b = miss * (1 - overlap)
        both = miss * overlap
        for true in range(k):
            wrong = [other for other in range(k) if other != true]
            cells[true, true, true] = max(0.0, 1 - only_a - only_b - both)
            for other in wrong:
                cells[true, other, true] = only_a / len(wrong)
                cells[true, true, other] = only_b / len(wrong)
                cells[true, other, other] = both / len(wrong)
            cells[true] *= weights[true] / cells[true].sum()
        exact = table.value_of(cells.sum(axis=2), name) - table.value_of(cells.sum(axis=1), name)
        return (
            lambda random: table.paired_difference(
                tally(random, n, cells), name, CONFIDENCE, int(random.integers(2**31)), 200
            ),
            exact,
        )

    return make


def area(spread: float = 1.0, levels: int = 0) -> Callable[[float, float, int], Any]:
    """Binormal scores, positives ``spread`` times as wide; with ``levels``, cut into that many of them: ties."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        mu = shift_of_auc(truth, spread)
        exact = truth
        edges = np.linspace(-1, mu + 1, levels - 1) if levels else np.empty(0)
        if levels:
            positive = np.diff(np.concatenate([[0.0], CDF((edges - mu) / spread), [1.0]]))
            negative = np.diff(np.concatenate([[0.0], CDF(edges), [1.0]]))
            exact = float(np.sum(positive * (np.cumsum(negative) - 0.5 * negative)))

        def draw(random: Random) -> Interval:
            y = labels(random, n, share)
            s = scores(random, y, mu, spread)
            return ranking.auc(np.digitize(s, edges) if levels else s, y, CONFIDENCE)

        return draw, exact

    return make


def area_difference(correlation: float, gap: float) -> Callable[[float, float, int], Any]:
    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        other = truth - gap
        mus = shift_of_auc(other), shift_of_auc(truth)

        def draw(random: Random) -> Interval:
            y = labels(random, n, share)
            a, b = pair_of_scores(random, y, mus, correlation)
            return ranking.auc_difference(a, b, y, CONFIDENCE)

        return draw, other - truth

    return make


def precision_area(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float] | None:
    if truth <= share + 0.01:
        return None
    mu = shift_of_precision(truth, share)

    def draw(random: Random) -> Interval:
        y = (random.random(n) < share).astype(int)
        if not 0 < y.sum() < n:
            y = labels(random, n, share)
        return ranking.average_precision(scores(random, y, mu), y, CONFIDENCE)

    return draw, truth


def precision_area_difference(correlation: float, gap: float) -> Callable[[float, float, int], Any]:
    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float] | None:
        if truth - gap <= share + 0.01:
            return None
        mus = shift_of_precision(truth - gap, share), shift_of_precision(truth, share)

        def draw(random: Random) -> Interval:
            y = (random.random(n) < share).astype(int)
            if not 0 < y.sum() < n:
                y = labels(random, n, share)
            a, b = pair_of_scores(random, y, mus, correlation)
            return ranking.average_precision_difference(a, b, y, CONFIDENCE)

        return draw, -gap

    return make


def probability(x: Array, mu: float, share: float, sharpness: float) -> Array:
    """Return the probabilities of a model that is overconfident by the factor ``sharpness``; 1 is calibrated."""
    logit = mu * x - mu * mu / 2 + math.log(share / (1 - share))
    return np.asarray(1 / (1 + np.exp(-sharpness * logit)))


LOSSES: dict[str, Callable[[Array, Array], Array]] = {"log_loss": mean.log_losses, "brier_score": mean.brier_losses}
LARGEST: dict[str, Callable[[Array], float]] = {"log_loss": mean.largest_log_loss, "brier_score": lambda p: 1.0}


def expected_loss(kind: str, mu: float, share: float, sharpness: float) -> float:
    total = 0.0
    for label, weight, centre in ((1, share, mu), (0, 1 - share, 0.0)):
        losses = LOSSES[kind](np.full(len(GRID), label), probability(GRID + centre, mu, share, sharpness))
        total += weight * float(np.sum(DENSITY * losses))
    return total


def losses(kind: str, sharpness: float = 1.0) -> Callable[[float, float, int], Any]:
    """Log loss or Brier score of a model whose AUC is ``truth``."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        mu = shift_of_auc(truth)

        def draw(random: Random) -> Interval:
            y = (random.random(n) < share).astype(int)
            p = probability(scores(random, y, mu), mu, share, sharpness)
            return mean.mean(LOSSES[kind](y, p), CONFIDENCE, LARGEST[kind](p))

        return draw, expected_loss(kind, mu, share, sharpness)

    return make


def loss_differences(kind: str) -> Callable[[float, float, int], Any]:
    """A model that is overconfident by the factor 2, compared with a calibrated model with the same scores."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        mu = shift_of_auc(truth)

        def draw(random: Random) -> Interval:
            y = (random.random(n) < share).astype(int)
            x = scores(random, y, mu)
            p, q = (probability(x, mu, share, sharpness) for sharpness in (2.0, 1.0))
            largest = max(LARGEST[kind](p), LARGEST[kind](q))
            return mean.mean_difference(LOSSES[kind](y, p), LOSSES[kind](y, q), CONFIDENCE, largest)

        return draw, expected_loss(kind, mu, share, 2.0) - expected_loss(kind, mu, share, 1.0)

    return make


def calibration_error(sharpness: float) -> Callable[[float, float, int], Any]:
    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        mu = shift_of_auc(truth)

        def draw(random: Random) -> Interval:
            y = (random.random(n) < share).astype(int)
            p = probability(scores(random, y, mu), mu, share, sharpness)
            return calibration.expected_calibration_error(p, y, CONFIDENCE)

        return draw, true_calibration_error(mu, share, sharpness)

    return make


def true_calibration_error(mu: float, share: float, sharpness: float) -> float:
    gaps = np.zeros(10)
    fine = np.linspace(-9, 9 + mu, 200_001)
    step = fine[1] - fine[0]
    p = probability(fine, mu, share, sharpness)
    place = np.minimum((p * 10).astype(int), 9)
    positive = share * np.exp(-0.5 * (fine - mu) ** 2) / math.sqrt(2 * math.pi) * step
    negative = (1 - share) * np.exp(-0.5 * fine**2) / math.sqrt(2 * math.pi) * step
    gaps += np.bincount(place, weights=positive * (1 - p) - negative * p, minlength=10)
    return float(np.abs(gaps).sum())


def calibration_difference(sharpness: float) -> Callable[[float, float, int], Any]:
    """A model that is overconfident by the factor ``sharpness`` minus a calibrated model with the same scores."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        mu = shift_of_auc(truth)

        def draw(random: Random) -> Interval:
            y = (random.random(n) < share).astype(int)
            x = scores(random, y, mu)
            a, b = probability(x, mu, share, sharpness), probability(x, mu, share, 1.0)
            return calibration.ece_difference(a, b, y, CONFIDENCE)

        return draw, true_calibration_error(mu, share, sharpness) - true_calibration_error(mu, share, 1.0)

    return make


def errors(kind: str, freedom: float = 0.0) -> Callable[[float, float, int], Any]:
    """A regression whose R squared is ``truth``, with normal errors, or of ``freedom`` degrees of freedom."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        scale = math.sqrt((1 - truth) / truth)

        def draw(random: Random) -> Interval:
            x = random.standard_normal(n)
            noise = (
                random.standard_t(freedom, n) * math.sqrt((freedom - 2) / freedom)
                if freedom
                else random.standard_normal(n)
            )
            y = x + scale * noise
            if kind == "mae":
                return mean.mean(np.abs(y - x), CONFIDENCE)
            return (regression.rmse if kind == "rmse" else regression.r2)(y, x, CONFIDENCE)

        absolute = math.sqrt(2 / math.pi)
        if freedom:
            ratio = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2)
            absolute = 2 * math.sqrt(freedom / math.pi) * ratio / (freedom - 1) * math.sqrt((freedom - 2) / freedom)
        return draw, {"mae": scale * absolute, "rmse": scale, "r2": truth}[kind]

    return make


def error_differences(kind: str, worse: float) -> Callable[[float, float, int], Any]:
    """A model whose errors have ``worse`` times the variance of another's, half of it the same noise."""

    def make(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
        scale = math.sqrt((1 - truth) / truth)

        def draw(random: Random) -> Interval:
            x, common, own_a, own_b = random.standard_normal((4, n))
            y = x + scale * common * math.sqrt(0.5)
            b = x + scale * own_b * math.sqrt(0.5)
            a = x + scale * own_a * math.sqrt(worse - 0.5)
            if kind == "mae":
                return mean.mean_difference(np.abs(y - a), np.abs(y - b), CONFIDENCE)
            return (regression.rmse_difference if kind == "rmse" else regression.r2_difference)(y, a, b, CONFIDENCE)

        spread = math.sqrt(worse) - 1
        total = 1 + 0.5 * scale**2
        exact = {
            "mae": scale * spread * math.sqrt(2 / math.pi),
            "rmse": scale * spread,
            "r2": -(scale**2) * (worse - 1) / total,
        }
        return draw, exact[kind]

    return make


def group_errors(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
    """Absolute errors of two groups, the smaller one's 1.2 times as large."""
    n1 = max(1, round(n * share))

    def draw(random: Random) -> Interval:
        first, second = np.abs(random.standard_normal(n1)) * 1.2, np.abs(random.standard_normal(n - n1))
        return difference.means_independent(first, second, CONFIDENCE)

    return draw, 0.2 * math.sqrt(2 / math.pi)


def latency(truth: float, share: float, n: int) -> tuple[Callable[[Random], Interval], float]:
    """The percentile ``truth`` of log-normal times."""
    exact = math.exp(solve(lambda x: normal_cdf(x) - truth, -9, 9))
    return lambda random: percentile.percentile(np.exp(random.standard_normal(n)), truth, CONFIDENCE), exact


BOTH = ("lower", "upper")
COUNTED = (
    Case("accuracy, rates", "Clopper-Pearson", BOTH, accuracy, shares=("balanced",)),
    Case("precision", "Clopper-Pearson", BOTH, rates("precision")),
    Case("recall", "Clopper-Pearson", BOTH, rates("recall")),
    Case("specificity", "Clopper-Pearson", BOTH, rates("specificity")),
    Case("f1_score", "conditional binomial", BOTH, rates("f1_score")),
    Case("two groups, equal", "Newcombe", BOTH, two_groups(0.0)),
    Case("two groups, 0.1 apart", "Newcombe", BOTH, two_groups(0.1)),
    Case("accuracy, paired, equal", "Tango", BOTH, paired_rates(0.0, 0.7)),
    Case("accuracy, paired, 0.01 worse", "Tango", BOTH, paired_rates(0.01, 0.95)),
    Case("balanced_accuracy", "resampled table", BOTH, averages("balanced_accuracy", 2)),
    Case("f1_macro, 3 classes", "resampled table", BOTH, averages("f1_macro", 3)),
    Case("precision_macro, 3 classes", "resampled table", BOTH, averages("precision_macro", 3)),
    Case("f1_weighted, 3 classes", "resampled table", BOTH, averages("f1_weighted", 3)),
    Case("precision, paired", "resampled table", BOTH, table_differences("precision", 2, 0.01)),
    Case("f1_score, paired", "resampled table", BOTH, table_differences("f1_score", 2, 0.01)),
    Case("balanced_accuracy, paired", "resampled table", BOTH, table_differences("balanced_accuracy", 2, 0.01)),
    Case("f1_macro, paired", "resampled table", BOTH, table_differences("f1_macro", 3, 0.01)),
)
SCORED = (
    Case("auc_roc", "Newcombe AUC", BOTH, area()),
    Case("auc_roc, positives 3 x as wide", "Newcombe AUC", BOTH, area(spread=3.0)),
    Case("auc_roc, 5 levels", "Newcombe AUC", BOTH, area(levels=5)),
    Case("auc_roc, paired", "DeLong", BOTH, area_difference(0.9, 0.0)),
    Case("auc_roc, paired, 0.01 worse", "DeLong", BOTH, area_difference(0.9, 0.01)),
    Case("average_precision", "influence function", BOTH, precision_area),
    Case("average_precision, paired", "influence function", BOTH, precision_area_difference(0.9, 0.01)),
    Case("log_loss", "t", BOTH, losses("log_loss")),
    Case("brier_score", "t", BOTH, losses("brier_score")),
    Case("log_loss, paired", "paired t", BOTH, loss_differences("log_loss")),
    Case("brier_score, paired", "paired t", BOTH, loss_differences("brier_score")),
    Case("expected_calibration_error", "signed rows", BOTH, calibration_error(1.5)),
    Case("expected_calibration_error, calibrated", "signed rows", BOTH, calibration_error(1.0)),
    Case("expected_calibration_error, paired", "signed rows", BOTH, calibration_difference(1.5)),
    Case("mae", "t", BOTH, errors("mae"), shares=("balanced",)),
    Case("mae, t errors", "t", BOTH, errors("mae", 5), shares=("balanced",)),
    Case("rmse", "delta method", BOTH, errors("rmse"), shares=("balanced",)),
    Case("r2", "delta method", BOTH, errors("r2"), shares=("balanced",)),
    Case("mae, paired", "paired t", BOTH, error_differences("mae", 1.02), shares=("balanced",)),
    Case("rmse, paired", "delta method", BOTH, error_differences("rmse", 1.02), shares=("balanced",)),
    Case("r2, paired", "delta method", BOTH, error_differences("r2", 1.02), shares=("balanced",)),
    Case("mae of two groups", "Welch", BOTH, group_errors, truths=(0.5,)),
    Case("latency percentiles", "order statistics", BOTH, latency, shares=("balanced",), truths=(0.5, 0.95, 0.99)),
)
CASES = COUNTED + SCORED


def run(case: Case, sizes: Iterable[int] = SIZES, draws: int = DRAWS) -> list[Cell]:
    """Return all cells of a case, one for each side that a gate uses."""
    cells = []
    for n in sizes:
        for share in case.shares:
            for truth in case.truths:
                made = case.make(truth, SHARES[share], n)
                if made is not None:
                    cells += _run_cell(case, n, truth, share, made, draws)
    return cells


def _run_cell(case: Case, n: int, truth: float, share: str, made: Any, draws: int) -> list[Cell]:
    random = np.random.default_rng(zlib.crc32(f"{case.name}/{n}/{truth}/{share}".encode()))
    cells: list[Cell] = []
    for times in AGAIN:
        cells = [Cell(case.name, side, n, truth, share) for side in case.sides]
        _count(cells, random, *made, draws * times)
        if all(cell.coverage >= DOUBTFUL for cell in cells):
            break
    return cells


def _count(cells: list[Cell], random: Random, draw: Callable[[Random], Interval], exact: float, draws: int) -> None:
    slack = 1e-12 * max(1.0, abs(exact))
    for _ in range(draws):
        interval = draw(random)
        for cell in cells:
            bound = interval.lower if cell.side == "lower" else interval.upper
            cell.draws += 1
            if bound is not None:
                cell.given += 1
                cell.wrong += bound > exact + slack if cell.side == "lower" else bound < exact - slack
