"""``evaluate`` writes evidence in the format of the gates, and ``report`` shows it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.engine import PACKAGE, Result

Call = Callable[..., Result]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_evidence_contains_the_predictions_for_the_held_out_rows(
    run_once: Callable[[str], Path], task: str
) -> None:
    from sklearn import metrics as sk

    from mlops import model
    from mlops.gates.core import digests
    from mlops.project import Project

    folder = run_once(task)
    held_out = pd.read_parquet(folder / "data/split/test.parquet")
    table = pd.read_parquet(folder / "reports/evidence/predictions.parquet")
    predictor = model.load(folder / "models/candidate")
    target = Project.load(folder).settings.target
    assert table["row_id"].tolist() == held_out["row_id"].tolist()
    np.testing.assert_array_equal(table["y_true"], held_out[target])
    np.testing.assert_array_equal(table["candidate_score"], predictor.predict(held_out).score)
    np.testing.assert_array_equal(table["candidate_prediction"], predictor.predict(held_out).label)
    assert list(table.columns[-2:]) == ["sex", "age_group"]
    assert "champion_score" not in table

    document = json.loads((folder / "reports/evidence/evidence.json").read_text())
    assert document["data"]["evaluation"] == {
        "digest": digests.of_file(folder / "data/split/test.parquet"),
        "rows": len(held_out),
    }
    assert document["data"]["training"]["rows"] == 442 - len(held_out)
    assert document["candidate"]["size_bytes"] == sum(
        path.stat().st_size for path in (folder / "models/candidate").iterdir()
    )
    assert document["environment"]["lock_digest"] == digests.of_file(folder / "constraints.txt")
    assert len(pd.read_parquet(folder / "reports/evidence/latency.parquet")) == 300

    shown = json.loads((folder / "reports/metrics.json").read_text())
    if task == "classification":
        assert shown["auc_roc"] == pytest.approx(sk.roc_auc_score(table["y_true"], table["candidate_score"]))
        assert shown["f1_score"] == pytest.approx(sk.f1_score(table["y_true"], table["candidate_prediction"]))
    else:
        assert shown["r2"] == pytest.approx(sk.r2_score(table["y_true"], table["candidate_score"]))


def test_a_failed_critical_case_is_recorded_and_fails_the_gate(trained: Path, call: Call) -> None:
    path = trained / "tests/critical_cases.csv"
    before = pd.read_parquet(trained / "reports/evidence/behavioral.parquet")
    assert before["passed"].all()
    assert len(before) == 3
    path.write_text(path.read_text().replace("low risk,0,", "low risk,1,"))
    assert call(trained, "evaluate").code == 0
    after = pd.read_parquet(trained / "reports/evidence/behavioral.parquet").set_index("case_id")
    assert after.loc["lean-and-young"].tolist()[1:4] == ["1", "0", False]
    assert after["score"].between(0, 1).all()
    result = call(trained, "gate")
    assert (result.code, "'lean-and-young'" in result.out) == (1, True)


def test_a_case_file_with_a_missing_or_unknown_column_is_refused(trained: Path, call: Call) -> None:
    path = trained / "tests/critical_cases.csv"
    original = path.read_text()
    path.write_text(original.replace(",bmi,", ",bmy,"))
    result = call(trained, "evaluate")
    assert (result.code, "unknown columns ['bmy']" in result.err) == (2, True), result.text
    header, *rows = original.splitlines()
    path.write_text("\n".join([header.rsplit(",", 1)[0], *(row.rsplit(",", 1)[0] for row in rows)]))
    result = call(trained, "evaluate")
    assert (result.code, "lack the columns ['s6']" in result.err) == (2, True), result.text


def test_a_model_that_was_replaced_after_training_is_not_loaded(trained: Path, call: Call) -> None:
    (trained / "models/candidate/model.joblib").write_bytes(b"something else")
    result = call(trained, "evaluate")
    assert (result.code, "it was not loaded" in result.err) == (2, True), result.text


def append(repository: Path, module: str, text: str) -> None:
    path = repository / "src" / PACKAGE / f"{module}.py"
    path.write_text(path.read_text() + text)


def test_a_team_metric_is_in_the_evidence_and_can_have_a_gate(trained: Path, call: Call) -> None:
    append(trained, "model", "\n\ndef metrics(truth, score, prediction):\n    return {'profit': float(sum(truth))}\n")
    (trained / "model_gates.yaml").write_text("performance: {profit: {min: 1}, accuracy: {min: 0.5}}\n")
    assert call(trained, "evaluate").code == 0
    assert call(trained, "gate").code == 0
    table = pd.read_parquet(trained / "reports/evidence/predictions.parquet")
    assert json.loads((trained / "reports/metrics.json").read_text())["profit"] == table["y_true"].sum()


@pytest.mark.parametrize(
    ("returns", "phrase"),
    [("{'profit': float('nan')}", "profit"), ("{'accuracy': 1.0}", "accuracy"), ("{'profit': float('inf')}", "profit")],
)
def test_a_metric_that_cannot_be_judged_is_refused(trained: Path, call: Call, returns: str, phrase: str) -> None:
    append(trained, "model", f"\n\ndef metrics(truth, score, prediction):\n    return {returns}\n")
    (trained / "model_gates.yaml").write_text("performance: {profit: {max: 1}, accuracy: {min: 0.5}}\n")
    evaluated = call(trained, "evaluate")
    result = evaluated if evaluated.code else call(trained, "gate")
    assert (result.code, phrase in result.err, "Traceback" in result.err) == (2, True, False), result.text


def test_rows_without_a_group_form_a_separate_group(trained: Path, call: Call) -> None:
    append(
        trained,
        "features",
        "\n\ndef protected_attributes(rows):\n    return rows[['sex']].astype(str).where(rows['age'] > 30)\n",
    )
    assert call(trained, "evaluate").code == 0
    table = pd.read_parquet(trained / "reports/evidence/predictions.parquet")
    missing = int(table["sex"].isna().sum())
    assert missing > 0
    (trained / "model_gates.yaml").write_text(
        "fairness: {max_disparity: 0.3, protected_attributes: [sex]}\nstatistics: {min_group_samples: 40}\n"
    )
    result = call(trained, "gate")
    assert result.code == 3, result.text
    assert f"'(missing)' has {missing} of the 40 required samples" in result.out


def test_groups_for_too_few_rows_are_refused(trained: Path, call: Call) -> None:
    append(trained, "features", "\n\ndef protected_attributes(rows):\n    return rows[['sex']].head(3)\n")
    result = call(trained, "evaluate")
    assert (result.code, "returned 3 rows" in result.err) == (2, True), result.text


def test_the_model_card_and_its_approver_are_facts_for_the_policy_gate(trained: Path, call: Call) -> None:
    card = trained / "docs/model_card.md"
    (trained / "model_gates.yaml").write_text("policy: {require: [model_card, approver]}\n")
    assert call(trained, "gate").code == 1
    card.write_text(card.read_text().replace('approver: ""', 'approver: "Ada Lovelace"'))
    assert call(trained, "evaluate").code == 0
    assert call(trained, "gate").code == 0
    card.unlink()
    assert call(trained, "evaluate").code == 0
    result = call(trained, "gate")
    assert (result.code, "write docs/model_card.md" in result.out) == (1, True)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_report_shows_verdict_gates_and_cases(run_once, tmp_path: Path, call: Call, task: str) -> None:
    import shutil

    folder = Path(shutil.copytree(run_once(task), tmp_path / "repository", symlinks=True))
    assert call(folder, "report").code == 0
    verdict = json.loads((folder / "reports/verdict.json").read_text())
    for name in ("report.html", "report.md"):
        page = (folder / "reports" / name).read_text(encoding="utf-8")
        assert "PASS" in page
        assert "lean-and-young" in page
        for gate in verdict["gates"]:
            assert gate["name"] in page, (name, gate["name"])


def test_a_report_about_other_evidence_than_the_verdict_is_refused(trained: Path, call: Call) -> None:
    assert call(trained, "evaluate").code == 0
    result = call(trained, "report")
    assert (result.code, "other evidence" in result.err) == (2, True), result.text


def test_the_report_escapes_the_text_of_a_case(trained: Path, call: Call) -> None:
    path = trained / "tests/critical_cases.csv"
    hostile = '"<script>alert(1)</script> | pipe [x](javascript:1)"'
    path.write_text(path.read_text().replace("A lean young patient with low blood pressure is at low risk", hostile))
    for verb in ("evaluate", "gate", "report"):
        assert call(trained, verb).code == 0
    assert "<script>alert" not in (trained / "reports/report.html").read_text(encoding="utf-8")
    markdown = (trained / "reports/report.md").read_text(encoding="utf-8")
    assert "<script>" not in markdown
    assert "[x](javascript" not in markdown
