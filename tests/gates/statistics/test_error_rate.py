"""A model that violates any one gate passes them all with a probability of at most 1 - confidence.

All gates must pass, so the violated gate has to pass too, and its bound is wrong at most as often as its confidence
allows: no correction for the number of gates is needed. Here seven gates of four kinds judge 1,000 rows of one model
and its champion, drawn repeatedly. Each gate in turn is violated by the least possible amount, with its threshold equal
to the true value, while the others have room; the share of draws that pass is the error rate.
"""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from mlops.gates.statistics import Interval, difference, mean, percentile, proportion, ranking
from support import bound_simulation as simulation

N, DRAWS, CONFIDENCE = 1_000, 600, 0.95
CUT = 1.1  # scores above are predicted positive
MU = simulation.shift_of_auc(0.94)
HIT, ALARM = simulation.normal_cdf(MU - CUT), simulation.normal_cdf(-CUT)
GAP = 0.05  # the second group's scores are cut higher by as much as costs this accuracy


@dataclass(frozen=True, slots=True)
class Sample:
    truth: np.ndarray
    score: np.ndarray
    prediction: np.ndarray
    champion: np.ndarray
    group: np.ndarray
    latency: np.ndarray

    @property
    def right(self) -> np.ndarray:
        return self.truth == self.prediction


def draw(random: np.random.Generator) -> Sample:
    truth = (random.random(N) < 0.5).astype(int)
    score = random.normal(size=N) + MU * truth
    group = (random.random(N) < 0.4).astype(int)
    prediction = (score > CUT).astype(int)
    prediction = np.where((group == 1) & (random.random(N) < FLIPPED), 1 - truth, prediction)
    champion = np.where(random.random(N) < 0.02, truth, prediction)
    return Sample(truth, score, prediction, champion, group, np.exp(random.normal(size=N)))


ACCURACY = 0.5 * HIT + 0.5 * (1 - ALARM)
FLIPPED = GAP / ACCURACY  # of the second group's rows, predicted wrongly regardless of the score: it loses GAP
OVERALL = ACCURACY - 0.4 * GAP
LOG_LOSS = simulation.expected_loss("log_loss", MU, 0.5, 1.0)


def groups(sample: Sample) -> Interval:
    first, second = (sample.right[sample.group == k] for k in (0, 1))
    return difference.independent(int(first.sum()), len(first), int(second.sum()), len(second), CONFIDENCE)


def against_champion(sample: Sample) -> Interval:
    a, b = sample.right, sample.truth == sample.champion
    cells = [int((x & y).sum()) for x, y in ((a, b), (a, ~b), (~a, b), (~a, ~b))]
    return difference.paired(*cells, CONFIDENCE)


def recall(sample: Sample) -> Interval:
    found = sample.right[sample.truth == 1]
    return proportion.recall(int(found.sum()), int((~found).sum()), CONFIDENCE)


def log_loss(sample: Sample) -> Interval:
    p = simulation.probability(sample.score, MU, 0.5, 1.0)
    return mean.mean(mean.log_losses(sample.truth, p), CONFIDENCE, mean.largest_log_loss(p))


# gate: the interval, which way is better, the true value, and how far a threshold with room lies from it
GATES: dict[str, tuple[Callable[[Sample], Interval], str, float, float]] = {
    "accuracy": (
        lambda s: proportion.clopper_pearson(int(s.right.sum()), N, CONFIDENCE),
        "high",
        OVERALL,
        0.08,
    ),
    "recall": (recall, "high", HIT * (1 - 0.4 * FLIPPED), 0.12),
    "auc_roc": (lambda s: ranking.auc(s.score, s.truth, CONFIDENCE), "high", 0.94, 0.06),
    "log_loss": (log_loss, "low", LOG_LOSS, 0.15),
    "regression of accuracy": (against_champion, "high", -0.02 * (1 - OVERALL), 0.02),
    "fairness of accuracy": (groups, "distance", GAP, 0.12),
    "latency p95": (
        lambda s: percentile.percentile(s.latency, 0.95, CONFIDENCE),
        "low",
        math.exp(simulation.solve(lambda x: simulation.normal_cdf(x) - 0.95, -9, 9)),
        4.0,
    ),
}


def passes(interval: Interval, better: str, threshold: float) -> bool:
    if better == "high":
        return interval.lower is not None and interval.lower >= threshold
    if interval.upper is None or interval.lower is None:
        return False
    return max(interval.upper, -interval.lower if better == "distance" else -math.inf) <= threshold


@pytest.mark.slow
@pytest.mark.parametrize("violated", [None, *GATES])
def test_model_that_violates_one_gate_rarely_passes(violated: str | None) -> None:
    random = np.random.default_rng(zlib.crc32(str(violated).encode()))
    thresholds = {}
    for name, (_, better, truth, room) in GATES.items():
        away = 0.0 if name == violated else room
        thresholds[name] = truth - away if better == "high" else truth + away
    passed = 0
    for _ in range(DRAWS):
        sample = draw(random)
        passed += all(passes(of(sample), better, thresholds[name]) for name, (of, better, _, _) in GATES.items())
    share = passed / DRAWS
    if violated is None:
        assert share > 0.99, "a good model passes"
    else:
        # 0.05 promised, and three standard errors of so many draws
        assert share <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / DRAWS), f"{violated}: {share:.1%} of the draws pass"
        assert share > 0, "a violation this small is sometimes missed, or this test draws nothing"
