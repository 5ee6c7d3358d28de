"""Paths of the verbs' inputs and outputs, relative to the root of the repository; dvc.yaml contains the same paths."""

from pathlib import Path

RAW = Path("data/raw/rows.parquet")
TRAINING = Path("data/split/train.parquet")
HELD_OUT = Path("data/split/test.parquet")
VALIDATION = Path("reports/validation.json")
CANDIDATE = Path("models/candidate")
CHAMPIONS = Path("models/champion")
TRAINED = Path("reports/training.json")
EVIDENCE = Path("reports/evidence")
METRICS = Path("reports/metrics.json")
PLOTS = Path("reports/plots")
VERDICT = Path("reports/verdict.json")
REPORT = Path("reports/report.html")
PRODUCTION = Path("releases/production.yaml")
GATES = Path("model_gates.yaml")
MODEL_CARD = Path("docs/model_card.md")
CRITICAL_CASES = Path("tests/critical_cases.csv")
