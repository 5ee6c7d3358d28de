"""How long every value with its bounds takes: two models, four groups; against scipy's and fairlearn's bootstrap.

    python benchmarks/gate_statistics.py [--rows 1000000] [--large 10000000] [--peer-resamples 3]

Ours: each metric of a binary classification and of a regression with one-sided bounds, the paired difference of each
between two models, four rates compared over all pairs of four groups, three latency percentiles; 1,000 resamples where
a table is resampled. The peers bootstrap the same quantities on the same rows in the same run, as their documentation
shows: ``scipy.stats.bootstrap`` (percentile, paired) and ``fairlearn.metrics.MetricFrame(n_boot=...)``. A thousand of
their resamples take hours, so that they draw ``--peer-resamples`` and are taken to go on at that pace;
``--peer-resamples 1000`` measures all of it. Each side is a process of its own, and its memory the peak of that
process, rows included.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RESAMPLES = 1000
SECONDS, RATIO, MEMORY, LARGE_MEMORY = 10.0, 5.0, 1.0, 4.0  # limits; memory in GiB
LINEAR = 1.5  # growth of the cost of a row, against that of numpy's sort
CONFIDENCE = 0.95
GROUPS = 4


def data(n: int) -> dict[str, np.ndarray]:
    """Labels, scores and predictions of two models, groups, a regression, latencies: n rows each."""
    random = np.random.default_rng(1)
    truth = (random.random(n) < 0.3).astype(np.int8)
    a = 1 / (1 + np.exp(-(random.standard_normal(n) + 2.0 * truth - 1)))
    b = 1 / (1 + np.exp(-(random.standard_normal(n) + 1.9 * truth - 1)))
    y = random.standard_normal(n)
    return {
        "truth": truth,
        "a": a,
        "b": b,
        "label_a": (a > 0.5).astype(np.int8),
        "label_b": (b > 0.5).astype(np.int8),
        "group": random.integers(0, GROUPS, n, dtype=np.int8),
        "y": y,
        "value_a": y + 0.5 * random.standard_normal(n),
        "value_b": y + 0.52 * random.standard_normal(n),
        "latency": random.lognormal(2, 0.5, 10_000),
    }


def ours(d: dict[str, np.ndarray]) -> dict[str, Callable[[], object]]:
    """Every quantity, by name."""
    from mlops.gates.statistics import calibration, difference, mean, percentile, proportion, ranking, regression, table

    truth, a, b = d["truth"], d["a"], d["b"]
    c = CONFIDENCE
    code = truth.astype(np.int64) * 4 + d["label_a"] * 2 + d["label_b"]
    triples = np.bincount(code, minlength=8).reshape(2, 2, 2)
    counts = triples.sum(axis=2)
    (tn, fp), (fn, tp) = counts.tolist()
    right_a = int(triples[0, 0].sum() + triples[1, 1].sum())
    right_b = int(triples[0, :, 0].sum() + triples[1, :, 1].sum())
    both = int(triples[0, 0, 0] + triples[1, 1, 1])
    neither = len(truth) - right_a - right_b + both

    def fairness() -> None:
        cells = np.bincount(d["group"].astype(np.int64) * 4 + truth * 2 + d["label_a"], minlength=4 * GROUPS)
        found = cells.reshape(GROUPS, 2, 2).tolist()
        for ((tn1, fp1), (fn1, tp1)), ((tn2, fp2), (fn2, tp2)) in combinations(found, 2):
            n1, n2 = tn1 + fp1 + fn1 + tp1, tn2 + fp2 + fn2 + tp2
            difference.independent(tp1 + tn1, n1, tp2 + tn2, n2, c)
            difference.independent(tp1 + fp1, n1, tp2 + fp2, n2, c)
            difference.independent(tp1, tp1 + fn1, tp2, tp2 + fn2, c)
            difference.independent(fp1, fp1 + tn1, fp2, fp2 + tn2, c)

    def losses(score: np.ndarray, kind: str) -> np.ndarray:
        return (mean.log_losses if kind == "log_loss" else mean.brier_losses)(truth, score)

    quantities: dict[str, Callable[[], object]] = {
        "accuracy": lambda: proportion.clopper_pearson(tp + tn, len(truth), c),
        "precision": lambda: proportion.precision(tp, fp, c),
        "recall": lambda: proportion.recall(tp, fn, c),
        "specificity": lambda: proportion.specificity(tn, fp, c),
        "f1_score": lambda: proportion.f1(tp, fp, fn, c),
        "balanced_accuracy": lambda: table.metric(counts, "balanced_accuracy", c, 1, RESAMPLES),
        "auc_roc": lambda: ranking.auc(a, truth, c),
        "average_precision": lambda: ranking.average_precision(a, truth, c),
        "log_loss": lambda: mean.mean(losses(a, "log_loss"), c, mean.largest_log_loss(a)),
        "brier_score": lambda: mean.mean(losses(a, "brier_score"), c, 1.0),
        "expected_calibration_error": lambda: calibration.expected_calibration_error(a, truth, c),
        "mae": lambda: mean.mean(np.abs(d["y"] - d["value_a"]), c),
        "rmse": lambda: regression.rmse(d["y"], d["value_a"], c),
        "r2": lambda: regression.r2(d["y"], d["value_a"], c),
        "accuracy, paired": lambda: difference.paired(both, right_a - both, right_b - both, neither, c),
        "auc_roc, paired": lambda: ranking.auc_difference(a, b, truth, c),
        "average_precision, paired": lambda: ranking.average_precision_difference(a, b, truth, c),
        "log_loss, paired": lambda: mean.mean_difference(losses(a, "log_loss"), losses(b, "log_loss"), c),
        "brier_score, paired": lambda: mean.mean_difference(losses(a, "brier_score"), losses(b, "brier_score"), c, 1.0),
        "expected_calibration_error, paired": lambda: calibration.ece_difference(a, b, truth, c),
        "mae, paired": lambda: mean.mean_difference(np.abs(d["y"] - d["value_a"]), np.abs(d["y"] - d["value_b"]), c),
        "rmse, paired": lambda: regression.rmse_difference(d["y"], d["value_a"], d["value_b"], c),
        "r2, paired": lambda: regression.r2_difference(d["y"], d["value_a"], d["value_b"], c),
        "fairness, 4 rates, all pairs": fairness,
    }
    for name in ("precision", "recall", "specificity", "f1_score", "balanced_accuracy"):
        quantities[f"{name}, paired"] = lambda name=name: table.paired_difference(triples, name, c, 1, RESAMPLES)  # type: ignore[misc]
    for share in (0.5, 0.95, 0.99):
        quantities[f"latency p{share * 100:g}"] = lambda share=share: percentile.percentile(d["latency"], share, c)  # type: ignore[misc]
    return quantities


def peers(d: dict[str, np.ndarray], resamples: int) -> dict[str, Callable[[], object]]:
    """The same quantities, bootstrapped."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from scipy.stats import bootstrap
    from sklearn import metrics as sk

    truth, a, b, la, lb = d["truth"], d["a"], d["b"], d["label_a"], d["label_b"]

    def ece(y: np.ndarray, s: np.ndarray) -> float:
        gaps = np.bincount(np.minimum((s * 10).astype(int), 9), weights=y - s, minlength=10)
        return float(np.abs(gaps).sum() / len(y))

    def boot(statistic: Callable[..., float], *arrays: np.ndarray) -> Callable[[], object]:
        return lambda: bootstrap(
            arrays,
            statistic,
            n_resamples=resamples,
            paired=True,
            vectorized=False,
            confidence_level=2 * CONFIDENCE - 1,
            method="percentile",
            random_state=np.random.default_rng(1),
        )

    def frame() -> object:
        metrics = {
            "accuracy": sk.accuracy_score,
            "selection": selection_rate,
            "tpr": true_positive_rate,
            "fpr": false_positive_rate,
        }
        made = MetricFrame(
            metrics=metrics,
            y_true=truth,
            y_pred=la,
            sensitive_features=d["group"],
            n_boot=resamples,
            ci_quantiles=[1 - CONFIDENCE, CONFIDENCE],
            random_state=1,
        )
        return made.difference_ci()

    def specificity(y: np.ndarray, p: np.ndarray) -> float:
        return float(sk.recall_score(y, p, pos_label=0))

    of_labels = {
        "accuracy": lambda y, p: float(np.mean(y == p)),
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "specificity": specificity,
        "f1_score": sk.f1_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
    }
    of_scores = {
        "auc_roc": sk.roc_auc_score,
        "average_precision": sk.average_precision_score,
        "log_loss": sk.log_loss,
        "brier_score": sk.brier_score_loss,
        "expected_calibration_error": ece,
    }
    of_values = {"mae": sk.mean_absolute_error, "rmse": sk.root_mean_squared_error, "r2": sk.r2_score}
    quantities: dict[str, Callable[[], object]] = {}
    for functions, y, first, second in (
        (of_labels, truth, la, lb),
        (of_scores, truth, a, b),
        (of_values, d["y"], d["value_a"], d["value_b"]),
    ):
        for name, function in functions.items():
            quantities[name] = boot(function, y, first)
            quantities[f"{name}, paired"] = boot(lambda y, p, q, f=function: f(y, p) - f(y, q), y, first, second)
    quantities["fairness, 4 rates, all pairs"] = frame
    for share in (0.5, 0.95, 0.99):
        quantities[f"latency p{share * 100:g}"] = boot(
            lambda x, share=share: float(np.quantile(x, share)), d["latency"]
        )
    return quantities


def child(side: str, rows: int, resamples: int) -> None:
    """Print the seconds of each quantity, and the peak of this process in GiB, as JSON."""
    d = data(rows)
    held = peak()
    seconds = {}
    begin = time.perf_counter()
    quantities = ours(d) if side == "ours" else peers(d, resamples)
    if side == "ours":
        seconds["counting, and import"] = time.perf_counter() - begin
    for name, quantity in quantities.items():
        begin = time.perf_counter()
        quantity()
        seconds[name] = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds, "peak": peak(), "data": held}))


def peak() -> float:
    """Return the peak memory of this process in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measured(side: str, rows: int, resamples: int) -> dict[str, object]:
    """Measure one side in a separate process; return the seconds by quantity, and the memory."""
    words = [sys.executable, str(Path(__file__).resolve()), "--child", side]
    words += ["--rows", str(rows), "--peer-resamples", str(resamples)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "template")}  # the engine is not installed
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-600:]}")
    return dict(json.loads(done.stdout))


def sort_seconds(rows: int) -> float:
    """The best of three sorts of as many scores, with one column put into their order: what ranking costs at least."""
    scores = np.random.default_rng(20261).random(rows)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        scores[np.argsort(scores, kind="stable")]
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> int:
    """Print the figures of both sides; return 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000, help="rows of the second measurement of ours; 0: none")
    parser.add_argument("--peer-resamples", type=int, default=3, help="how many of the 1,000 the peers really draw")
    parser.add_argument("--child", choices=["ours", "peers"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.rows, arguments.peer_resamples)
        return 0
    mine = measured("ours", arguments.rows, RESAMPLES)
    drawn = measured("peers", arguments.rows, arguments.peer_resamples)
    calls = arguments.peer_resamples + 1  # each resample, and the sample itself
    theirs = {name: seconds / calls * (RESAMPLES + 1) for name, seconds in drawn["seconds"].items()}  # type: ignore[attr-defined]
    print(f"{arguments.rows:,} rows, two models, {GROUPS} groups, one-sided bounds at {CONFIDENCE:g}")
    print(f"{'quantity':<36} {'ours':>9} {'peers, ' + format(RESAMPLES, ',') + ' resamples':>24}")
    for name, seconds in mine["seconds"].items():  # type: ignore[attr-defined]
        print(f"{name:<36} {seconds:>7.3f} s" + (f" {theirs[name]:>22.0f} s" if name in theirs else ""))
    total, total_theirs = sum(mine["seconds"].values()), sum(theirs.values())  # type: ignore[attr-defined]
    print(f"all of it: ours {total:.2f} s (limit {SECONDS:g}), peers {total_theirs:.0f} s at the pace of {calls - 1}")
    without = total_theirs - theirs["fairness, 4 rates, all pairs"]
    print(f"ratio: {total_theirs / total:.0f} (at least {RATIO:g}); without fairlearn's part {without / total:.0f}")
    print(f"peak memory: ours {mine['peak']:.2f} GiB (limit {MEMORY:g}), of which rows and imports {mine['data']:.2f}")
    print(f"             peers {drawn['peak']:.2f} GiB")
    kept = total <= SECONDS and total_theirs / total >= RATIO and float(str(mine["peak"])) <= MEMORY
    if arguments.large:
        large = measured("ours", arguments.large, RESAMPLES)
        total_large = sum(large["seconds"].values())  # type: ignore[attr-defined]
        growth = total_large / total / (arguments.large / arguments.rows)
        sorting = sort_seconds(arguments.large) / sort_seconds(arguments.rows) / (arguments.large / arguments.rows)
        print(f"{arguments.large:,} rows: {total_large:.1f} s, {growth:.2f} times as much a row")
        print(f"             only numpy's sort, {sorting:.2f} times as much: more rows leave the processor's caches")
        print(f"             peak memory {large['peak']:.2f} GiB (limit {LARGE_MEMORY:g}), rows {large['data']:.2f}")
        kept = kept and float(str(large["peak"])) <= LARGE_MEMORY and growth <= LINEAR * sorting
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
