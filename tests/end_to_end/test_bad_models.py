"""For each gate kind, a trained model that is bad only in that respect is rejected by that gate kind and no other."""

import re
import shutil
from pathlib import Path

import pytest

from support.combinations import Run, ok

pytestmark = [pytest.mark.slow, pytest.mark.long(place=8)]

# Defects in a team's model.py; each replaces the logistic regression.
DEFECT = """

class Defective(LogisticRegression):
    '''{what}.'''

{body}

ESTIMATORS["logistic_regression"] = Defective
"""
LABEL_NOISE = """
    def fit(self, X, y):
        import numpy as np

        noise = np.random.default_rng(5).random(len(y)) < 0.38
        return super().fit(X, np.where(noise, 1 - y, y))
"""
SLEEP = """
    def predict_proba(self, X):
        import time

        time.sleep(0.06)
        return super().predict_proba(X)
"""
FAT = """
    def fit(self, X, y):
        import numpy as np

        self.ballast = np.random.default_rng(0).bytes(12_000_000)
        return super().fit(X, y)
"""
GROUP_BLIND = """
    def predict_proba(self, X):
        import numpy as np

        score = super().predict_proba(X)[:, 1]
        score = np.where(X[:, -1] == 1, 0.9, score)  # predicts a high risk for the second sex
        return np.column_stack([1 - score, score])
"""
BROKEN_CASE = """
    def predict_proba(self, X):
        import numpy as np

        score = super().predict_proba(X)[:, 1]
        score = np.where((X[:, 0] < -1.5) & (X[:, 1] < -1.5), 1 - score, score)  # the lean and young
        return np.column_stack([1 - score, score])
"""
KINDS = ("performance", "regression", "latency", "size", "fairness", "behavioral", "policy")
LOW = {
    r"performance:\n(?: .*\n)+": "performance: {accuracy: {min: 0.5}}\n"
}  # so that the model reaches the gate under test


def add_defect(run: Run, what: str, body: str) -> None:
    [path] = run.folder.glob("src/*/model.py")
    path.write_text(path.read_text() + DEFECT.format(what=what, body=body.strip("\n")), encoding="utf-8")


def set_gates(run: Run, changes: dict[str, str]) -> None:
    path = run.folder / "model_gates.yaml"
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in changes.items():
        text, count = re.subn(rf"(?m)^{pattern}", replacement, text)
        assert count == 1, pattern
    path.write_text(text, encoding="utf-8")


def verdicts(run: Run) -> dict[str, set[str]]:
    """Return gate kind to the verdicts of its gates."""
    found: dict[str, set[str]] = {}
    for gate in run.json("reports/verdict.json")["gates"]:
        found.setdefault(gate["kind"], set()).add(gate["verdict"])
    return found


@pytest.fixture(scope="module")
def good(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A read-only repository whose model passed every gate and is the champion."""
    from support.engine import generate

    run = Run(generate(template_folder, tmp_path_factory.mktemp("good") / "repository", {}))
    ok(run.mlops("pipeline"))
    ok(run.mlops("register"))
    return run


def test_a_good_model_passes_every_gate_kind(good: Run) -> None:
    assert verdicts(good) == dict.fromkeys(KINDS, {"PASS"})


@pytest.mark.parametrize(
    ("kind", "body", "gates"),
    [
        ("performance", LABEL_NOISE, {}),
        ("regression", LABEL_NOISE, LOW),
        ("latency", SLEEP, {}),
        ("size", FAT, {}),
        ("fairness", GROUP_BLIND, LOW),
        ("behavioral", BROKEN_CASE, {}),
        ("policy", "", {}),
    ],
    ids=lambda value: value if value in KINDS else "",
)
def test_a_bad_model_is_rejected_by_its_gate_kind_and_by_no_other(
    good: Run, tmp_path: Path, kind: str, body: str, gates: dict[str, str]
) -> None:
    run = Run(Path(shutil.copytree(good.folder, tmp_path / "repository", symlinks=True)))
    if kind == "regression":
        ok(run.mlops("champion", "--set"))
    if body:
        add_defect(run, kind, body)
    else:
        (run.folder / "docs/model_card.md").unlink()
    set_gates(run, gates)
    run.commit()

    done = run.mlops("pipeline")

    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "VERDICT FAIL"
    found = verdicts(run)
    assert "FAIL" in found.pop(kind)
    assert set.union(*found.values()) == {"PASS"}, done.stdout
    refused = run.mlops("register")
    assert (refused.returncode, kind in refused.stderr) == (1, True), refused.stderr
