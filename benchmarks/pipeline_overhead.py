"""Compare the time of the whole pipeline with a plain script that fits the same model on the same rows.

The pipeline is ``python -m mlops pipeline`` in a fresh repository: data, validation, split, training, evidence, gates
and report, each run tracked. The script loads, splits, fits, scores and saves. Both run in turn; the figures are
medians. The target is at most 10 s more than the script.

Usage: ``python benchmarks/pipeline_overhead.py [--runs N]``; the exit code is 1 if the target is not met.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from scratch_repository import generate, seconds

AIM = 10.0
VERBS = ["data", "validate", "split", "train", "evaluate", "gate", "report"]
MADE = ["data", "models", "reports", "mlartifacts", ".dvc/cache", ".dvc/tmp"]
PLAIN = """
import joblib
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

rows = load_diabetes(as_frame=True, scaled=False).frame
label = rows.pop("target")
label = (label > label.median()).astype(int)
numeric = [name for name in rows if name != "sex"]
train, test, y_train, y_test = train_test_split(rows, label, test_size=0.4, random_state=20261, stratify=label)
features = ColumnTransformer([("n", StandardScaler(), numeric), ("c", OneHotEncoder(handle_unknown="ignore"), ["sex"])])
model = Pipeline([("features", features), ("estimator", LogisticRegression())]).fit(train, y_train)
score = model.predict_proba(test)[:, 1]
print(accuracy_score(y_test, score > 0.5), f1_score(y_test, score > 0.5), roc_auc_score(y_test, score))
joblib.dump(model, "plain.joblib")
"""


def forget(repository: Path) -> None:
    """Remove all outputs of a pipeline."""
    for name in MADE:
        shutil.rmtree(repository / name, ignore_errors=True)
    for path in (repository / "dvc.lock", *repository.glob("mlruns.db*")):
        path.unlink(missing_ok=True)


def main() -> int:
    """Print both medians, their difference and ratio, and the time of each verb; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5, help="of each kind (%(default)s)")
    runs = parser.parse_args().runs
    python = sys.executable
    plain: list[float] = []
    whole: list[float] = []
    verbs: dict[str, list[float]] = {verb: [] for verb in VERBS}
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        repository = generate(Path(scratch, "repository"))
        for run in range(-1, runs):  # the first pair does not count: it warms the file cache and writes bytecode
            plain.append(seconds([python, "-c", PLAIN], Path(scratch)))
            forget(repository)
            whole.append(seconds([python, "-m", "mlops", "pipeline"], repository))
            forget(repository)
            for verb in VERBS:
                verbs[verb].append(seconds([python, "-m", "mlops", verb], repository))
            if run < 0:
                plain, whole, verbs = [], [], {verb: [] for verb in VERBS}
    script, pipeline = statistics.median(plain), statistics.median(whole)
    parts = {verb: statistics.median(measured) for verb, measured in verbs.items()}
    startup = parts["gate"]  # gate and report share the pipeline's process
    print(f"plain script            {script:6.2f} s (median of {runs})")
    print(f"python -m mlops pipeline{pipeline:6.2f} s")
    print(
        f"overhead                {pipeline - script:6.2f} s (target: at most {AIM:.0f}), ratio {pipeline / script:.1f}"
    )
    print("time of each verb in its own process:")
    for verb, took in parts.items():
        print(f"  {verb:<10}{took:6.2f} s")
    stages = sum(parts[verb] for verb in VERBS[:5])
    print(
        f"  DVC       {pipeline - stages - parts['report'] - startup / 2:6.2f} s (the rest: hashing, cache, lock file)"
    )
    return int(pipeline - script > AIM)


if __name__ == "__main__":
    sys.exit(main())
