"""Evidence with chosen properties, results of verbs, and scratch repositories."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from support.working_tree import ROOT

TEMPLATE = ROOT / "template"

COMMIT = "c" * 40
PACKAGE = "diabetes_progression"  # the name of the team's package by default


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Result:
    """The exit code and output of a verb."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class EvidenceBuilder:
    """An evidence folder that is valid until a test changes it.

    It is a classification of ``rows`` rows, half of them positive, of which the candidate predicts ``correct`` rows
    correctly.
    """

    rows: int = 100
    correct: int = 90
    document: dict[str, Any] = field(default_factory=dict)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    latency: pd.DataFrame = field(default_factory=pd.DataFrame)
    behavioral: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        truth = np.arange(self.rows) % 2
        answer = np.where(np.arange(self.rows) < self.correct, truth, 1 - truth)
        self.document = {
            "schema_version": "mlevidence/v1",
            "task": "classification",
            "labels": [0, 1],
            "positive_label": 1,
            "commit": COMMIT,
            "dirty": False,
            "candidate": {
                "name": "m",
                "digest": digest("candidate"),
                "size_bytes": 2_000_000,
                "registry_version": None,
            },
            "champion": None,
            "data": {
                "training": {"digest": digest("training"), "rows": 300},
                "evaluation": {"digest": digest("evaluation"), "rows": self.rows},
            },
            "environment": {"lock_digest": digest("lock"), "python": "3.12.1", "platform": "Linux"},
            "seed": 1,
            "protected_attributes": ["sex"],
            "latency": {"warmup_requests": 10, "concurrency": 1, "cpu": "test"},
            "policy": {"model_card": digest("card"), "approver": "Ada"},
        }
        self.predictions = pd.DataFrame(
            {
                "row_id": [f"r{number}" for number in range(self.rows)],
                "y_true": truth,
                "candidate_score": np.where(answer == 1, 0.8, 0.2),
                "candidate_prediction": answer,
                "sex": np.where(np.arange(self.rows) // 2 % 2 == 0, "f", "m"),
            }
        )
        self.latency = pd.DataFrame({"latency_ms": np.arange(1, 101, dtype=float)})
        self.behavioral = pd.DataFrame(
            {
                "case_id": ["a", "b"],
                "description": ["first case", "second case"],
                "expected": ["1", "0"],
                "got": ["1", "0"],
                "passed": [True, True],
            }
        )

    def with_champion(self, correct: int) -> "EvidenceBuilder":
        """Add a champion that predicts ``correct`` rows correctly."""
        truth = self.predictions["y_true"].to_numpy()
        answer = np.where(np.arange(self.rows) < correct, truth, 1 - truth)
        self.predictions["champion_score"] = np.where(answer == 1, 0.8, 0.2)
        self.predictions["champion_prediction"] = answer
        self.document["champion"] = {
            "name": "m",
            "digest": digest("champion"),
            "size_bytes": 1,
            "registry_version": "1",
        }
        return self

    def as_regression(self, error: float = 10.0) -> "EvidenceBuilder":
        """Turn it into a regression: truth 0..n-1, predictions too high and too low by ``error`` in turn."""
        truth = np.arange(self.rows, dtype=float)
        answer = truth + np.where(np.arange(self.rows) % 2 == 0, error, -error)
        self.predictions["y_true"] = truth
        self.predictions["candidate_score"] = answer
        self.predictions["candidate_prediction"] = answer
        self.document |= {"task": "regression", "labels": None, "positive_label": None}
        return self

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "evidence.json").write_text(json.dumps(self.document), encoding="utf-8")
        self.predictions.to_parquet(folder / "predictions.parquet", index=False)
        self.latency.to_parquet(folder / "latency.parquet", index=False)
        self.behavioral.to_parquet(folder / "behavioral.parquet", index=False)
        return folder


CASES = "case_id,description,expected,x\na,first case,1,1\nb,second case,0,2\n"


@dataclass
class Bench:
    """A folder with evidence, a gate file and a case file, in which a test runs the gates."""

    folder: Path
    call: Callable[..., Result]
    evidence: EvidenceBuilder = field(default_factory=EvidenceBuilder)
    cases: str = CASES
    production: str | None = None  # digest of the model in production; by default that of the evidence's champion

    @property
    def verdict_path(self) -> Path:
        return self.folder / "verdict.json"

    @property
    def evidence_path(self) -> Path:
        return self.folder / "evidence"

    def judge(self, gates: str | bytes, rewrite: bool = True) -> Result:
        """Write the evidence (unless the test has changed the files) and run ``python -m mlops gate`` on it."""
        if rewrite:
            self.evidence.write(self.evidence_path)
        if champion := self.evidence.document.get("champion"):
            self.record_champion(self.production or champion["digest"])
        (self.folder / "cases.csv").write_text(self.cases, encoding="utf-8")
        content = gates if isinstance(gates, bytes) else gates.encode()
        (self.folder / "model_gates.yaml").write_bytes(content)
        return self.call(
            self.folder,
            "gate",
            *("--evidence", "evidence", "--gates", "model_gates.yaml", "--out", "verdict.json", "--commit", COMMIT),
        )

    def record_champion(self, model_digest: str) -> None:
        """Write ``releases/production.yaml`` with a champion."""
        from mlops import paths, release
        from mlops.gates.core import dataclass_schema

        facts = self.evidence.document
        record = {
            "environment": "production",
            "model": {"name": "m", "digest": model_digest, "registry_version": "1"},
            "commit": COMMIT,
            "data": facts["data"],
            "lock_digest": digest("lock"),
            "judgement": {
                "verdict": "PASS",
                "gates_digest": digest("gates"),
                "evidence_digest": digest("evidence"),
                "metrics": {},
            },
            "previous": None,
        }
        found, misfits = dataclass_schema.parse(release.Release, record)
        assert found is not None, misfits
        release.write(found, self.folder / paths.PRODUCTION)

    @property
    def verdict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.verdict_path.read_text(encoding="utf-8"))
        return found

    def finding(self, kind: str, name: str) -> dict[str, Any]:
        """The one finding of a gate in the verdict."""
        [found] = [gate for gate in self.verdict["gates"] if (gate["kind"], gate["name"]) == (kind, name)]
        return dict(found)


STAGES = ("data", "validate", "split", "train", "evaluate")


def git(folder: Path, *arguments: str) -> str:
    """Run git with a fixed author and without the machine's configuration, and return its output."""
    identity = {
        f"GIT_{role}_{part}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def commit(folder: Path, message: str = "next") -> str:
    """Commit everything and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--no-gpg-sign", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def clean_environment() -> dict[str, str]:
    """Return the environment of this process without the variables that MLflow sets."""
    return {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}


def mlops(folder: Path, *arguments: str, **environment: str) -> Result:
    """Run ``python -m mlops`` as a separate process."""
    done = subprocess.run(
        [sys.executable, "-m", "mlops", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment() | environment,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def generate(source: Path, target: Path, answers: dict[str, str]) -> Path:
    """Generate a repository with some answers and make its first commit."""
    import copier

    copier.run_copy(str(source), target, answers, defaults=True, quiet=True, skip_tasks=True)
    git(target, "init", "--quiet", "--initial-branch", "main")
    commit(target, "generated")
    return target
