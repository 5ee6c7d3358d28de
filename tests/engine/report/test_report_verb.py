"""``mlops report`` in a trained repository."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.engine import Result, clean_environment
from support.report import (
    Outline,
    Written,
)

Call = Callable[..., Result]


SECTIONS = ["gates", "metrics", "predictions", "champion", "groups", "latency", "drivers", "cases", "judged"]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_report_of_the_example_has_every_section(task: str, request: pytest.FixtureRequest, call: Call) -> None:
    from mlops.gates import verdict
    from mlops.gates.evidence import evidence_reader

    folder = request.getfixturevalue("trained" if task == "classification" else "trained_regression")
    result = call(folder, "report")
    assert (result.code, result.out) == (0, "report: reports/report.html\n"), result.text
    page = Written(folder / "reports")
    outline = Outline(page.html)
    assert [name for name in outline.ids if name in SECTIONS] == SECTIONS

    evidence = evidence_reader.read_evidence(folder / "reports/evidence")
    judgement = verdict.read_verdict(folder / "reports/verdict.json")
    for gate in judgement.gates:
        assert f"{gate.kind}.{gate.name}" in outline.text
        assert " ".join(gate.reason.split()) in outline.text
    for facts in (
        evidence.document.candidate.digest,
        evidence.document.data.training.digest,
        evidence.document.data.evaluation.digest,
        evidence.document.environment.lock_digest,
        evidence.document.code_digest,
        judgement.evidence_digest,
        judgement.gates_digest,
    ):
        assert facts in outline.text
        assert facts in page.markdown or facts == evidence.document.code_digest
    assert "no champion yet" in outline.text
    assert "no champion yet" in page.markdown
    fitting = {"predicted", "residuals"} if task == "regression" else {"roc", "precision_recall", "confusion"}
    measure = "error" if task == "regression" else "accuracy"
    always = {"gates", "calibration", "latency", "importance", f"groups_1_{measure}", f"groups_2_{measure}"}
    assert set(page.pictures) == fitting | always
    assert set(re.findall(r"^!\[.*\]\(figures/(\w+)\.svg\)$", page.markdown, re.MULTILINE)) == set(page.pictures)


def test_rows_that_became_worse_are_listed_with_the_features_in_which_they_differ(trained: Path, call: Call) -> None:
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    params = trained / "params.yaml"
    params.write_text(params.read_text().replace("fraction: 1.0", "fraction: 0.03"))
    for verb, code in (("train", 0), ("evaluate", 0), ("gate", 1), ("report", 0)):
        result = call(trained, verb)
        assert result.code == code, result.text

    rows = pd.read_parquet(trained / "reports/evidence/predictions.parquet").set_index("row_id")
    worse = rows[(rows["champion_prediction"] == rows["y_true"]) & (rows["candidate_prediction"] != rows["y_true"])]
    jump = (worse["champion_score"] - worse["candidate_score"]).abs().sort_values(ascending=False, kind="stable")
    page = Written(trained / "reports")
    outline = Outline(page.html)
    assert f"{len(worse)} of {len(rows)} rows went from right to wrong" in outline.text
    assert re.findall(r'class="lead">(patient-\d+)<', page.html) == list(jump.index[:20])

    features = pd.read_parquet(trained / "data/split/test.parquet").set_index("row_id")
    features = features.drop(columns=["progression", "high_progression"])
    chosen = features.index.isin(worse.index)
    shifts = (features[chosen].mean() - features[~chosen].mean()) / features.std(ddof=0)
    strongest = shifts.abs().idxmax()
    assert (
        f"the largest difference is in {strongest}, {'higher' if shifts[strongest] > 0 else 'lower'} by" in outline.text
    )
    assert {"row_by_row", "shifts"} <= set(page.pictures)
    assert "champion" in page.pictures["roc"]


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        (lambda folder: (folder / "data/split/test.parquet").unlink(), "data/split/test.parquet does not exist"),
        (
            lambda folder: pd.read_parquet(folder / "data/split/train.parquet").to_parquet(
                folder / "data/split/test.parquet"
            ),
            "contains other rows than the evidence",
        ),
        (
            lambda folder: (folder / "models/candidate/model.joblib").write_bytes(b"another"),
            "is another model than the one in the evidence",
        ),
    ],
    ids=["no rows", "other rows", "another model"],
)
def test_without_the_model_or_its_rows_the_report_gives_the_reason_for_what_is_missing(
    trained: Path, call: Call, spoil: Callable[[Path], Any], phrase: str
) -> None:
    spoil(trained)
    result = call(trained, "report")
    assert result.code == 0, result.text
    page = Written(trained / "reports")
    assert "importance" not in page.pictures
    for text in (Outline(page.html).text, page.markdown):
        assert "Feature importance: not shown. " in text
        assert phrase in text


def test_a_gate_file_that_changed_after_the_verdict_is_not_used(trained: Path, call: Call) -> None:
    gates = trained / "model_gates.yaml"
    gates.write_text(gates.read_text() + "# changed\n")
    assert call(trained, "report").code == 0
    assert "The gate file of this verdict is not available" in Outline(Written(trained / "reports").html).text


def test_prepare_imports_every_slow_package_that_write_uses(trained: Path) -> None:
    program = (
        "import sys; sys.path.insert(1, 'src')\n"
        "from mlops.verbs import report\n"
        "report.prepare()\n"
        "packages = lambda: {name.split('.')[0] for name in sys.modules}\n"
        "before = packages()\n"
        "report.write()\n"
        "heavy = {'mlflow', 'sqlalchemy', 'alembic', 'pandas', 'pyarrow', 'sklearn', 'scipy', 'jinja2', 'joblib'}\n"
        "print(sorted((packages() - before) & heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=trained,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment() | {"PYTHONPATH": "."},
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stdout + done.stderr
