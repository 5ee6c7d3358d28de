"""Tracking store, registry and champion, with MLflow on SQLite."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from support.engine import clean_environment


@pytest.fixture
def open_store(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Return a function that opens the tracking store of a repository."""

    def open_store(repository: Path):
        from mlops.project import Project
        from mlops.tracking import Tracking

        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return Tracking.open(Project.load(repository))

    return open_store


def trained_facts(repository: Path) -> dict:
    facts = json.loads((repository / "reports/training.json").read_text())
    return {**facts, "run_id": json.loads((repository / "reports/evidence/evidence.json").read_text())["run_id"]}


def test_a_run_has_params_metrics_digests_and_the_verdict(trained: Path, call, open_store) -> None:
    assert call(trained, "report").code == 0
    facts = trained_facts(trained)
    run = open_store(trained).run(facts["run_id"])
    assert run.data.params == {
        "seed": "20261",
        "fraction": "1.0",
        "estimator": "logistic_regression",
        "C": "1.0",
    }
    assert run.data.metrics == pytest.approx(json.loads((trained / "reports/metrics.json").read_text()))
    document = json.loads((trained / "reports/evidence/evidence.json").read_text())
    tags = run.data.tags
    assert tags["mlops.model_digest"] == facts["model_digest"] == document["candidate"]["digest"]
    assert tags["mlops.training_data_digest"] == document["data"]["training"]["digest"]
    assert tags["mlops.evaluation_data_digest"] == document["data"]["evaluation"]["digest"]
    assert tags["mlops.code_digest"] == document["code_digest"]
    assert tags["mlops.lock_digest"] == document["environment"]["lock_digest"]
    assert (tags["mlops.commit"], tags["mlops.dirty"]) == (document["commit"], "false")
    verdict = json.loads((trained / "reports/verdict.json").read_text())
    assert (tags["mlops.verdict"], tags["mlops.gates_digest"]) == ("PASS", verdict["gates_digest"])


LOAD = """
import json, sys, mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
answers = model.predict(pd.read_parquet("rows.parquet"))
signature = model.metadata.signature
print(json.dumps({
    "inputs": signature.inputs.input_names(),
    "outputs": signature.outputs.input_names(),
    "example": model.metadata.saved_input_example_info is not None,
    "label": answers["label"].tolist(),
    "score": answers["score"].tolist(),
}))
"""


def test_the_logged_model_predicts_the_same_without_the_repository(trained: Path, open_store, tmp_path) -> None:
    from mlops import model

    store = open_store(trained)
    [logged] = store.client.search_logged_models(
        experiment_ids=[store.experiment()], filter_string=f"source_run_id = '{trained_facts(trained)['run_id']}'"
    )
    ours = model.load(trained / "models/candidate")
    rows = ours.signature.frame(pd.read_parquet(trained / "data/split/test.parquet").head(5))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    rows.to_parquet(elsewhere / "rows.parquet")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, logged.model_uri],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment() | {"MLFLOW_TRACKING_URI": store.uri},
    )
    assert done.returncode == 0, done.stderr
    found, expected = json.loads(done.stdout.splitlines()[-1]), ours.predict(rows)
    assert (found["label"], found["score"]) == (expected.label.tolist(), expected.score.tolist())
    assert found["inputs"] == [column.name for column in ours.signature.inputs]
    assert (found["outputs"], found["example"]) == (["label", "score"], True)


def test_registering_twice_gives_one_version(trained: Path, call, open_store) -> None:
    first, second = call(trained, "register"), call(trained, "register")
    assert (first.code, second.code) == (0, 0), first.text
    assert "version 1 registered" in first.out
    assert "version 1 was registered before" in second.out
    assert len(open_store(trained).client.search_model_versions("")) == 1


def test_the_same_training_has_one_run_per_commit_and_one_version(trained: Path, call, open_store) -> None:
    before = trained_facts(trained)
    assert call(trained, "register").code == 0
    for verb in ("train", "evaluate", "gate", "register"):
        assert call(trained, verb).code == 0
    assert trained_facts(trained) == before
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--allow-empty", "-m", "x"],
        cwd=trained,
        check=True,
    )
    for verb in ("evaluate", "gate", "register"):
        assert call(trained, verb).code == 0
    after = trained_facts(trained)
    assert before["run_id"] != after["run_id"]
    assert before["model_digest"] == after["model_digest"]
    assert len(open_store(trained).client.search_model_versions("")) == 1


def test_fetch_downloads_the_model_with_the_digest(trained: Path, call, open_store, tmp_path: Path) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    call(trained, "register")
    digest = trained_facts(trained)["model_digest"]
    store = open_store(trained)
    target = tmp_path / "fetched"
    assert store.fetch(digest, target) == "1"
    assert model.digest(target) == digest
    (target / "signature.json").write_text("spoiled")
    assert store.fetch(digest, target) == "1"
    assert model.digest(target) == digest
    with pytest.raises(MlopsError, match="no version .* with the digest sha256:0"):
        store.fetch("sha256:" + "0" * 64, target)


def test_a_model_that_was_tampered_with_in_the_registry_is_refused(trained: Path, call, open_store, tmp_path) -> None:
    from mlops.errors import MlopsError

    call(trained, "register")
    store = open_store(trained)
    [version] = store.client.search_model_versions("")
    store.client.set_model_version_tag(store.name, version.version, "digest", "sha256:" + "1" * 64)
    with pytest.raises(MlopsError, match="tampered with"):
        store.fetch("sha256:" + "1" * 64, tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


# ------------------------------------------------------------------------------------------------ the champion


def alias(open_store, repository: Path) -> str | None:
    return open_store(repository).champion_version()


def test_a_new_repository_has_no_champion(trained: Path, call) -> None:
    result = call(trained, "champion")
    assert result.code == 0, result.text
    assert "no champion yet" in result.out
    assert not (trained / "releases/production.yaml").exists()


def test_setting_the_champion_writes_the_file_and_the_alias(trained: Path, call, open_store) -> None:
    assert call(trained, "register").code == 0
    result = call(trained, "champion", "--set")
    assert result.code == 0, result.text
    record = yaml.safe_load((trained / "releases/production.yaml").read_text())
    document = json.loads((trained / "reports/evidence/evidence.json").read_text())
    assert record["model"]["digest"] == document["candidate"]["digest"]
    assert record["model"]["registry_version"] == alias(open_store, trained) == "1"
    assert (record["commit"], record["data"]) == (document["commit"], document["data"])
    assert record["judgement"]["verdict"] == "PASS"
    assert record["previous"] is None
    before = (trained / "releases/production.yaml").read_bytes()
    assert call(trained, "champion", "--set").code == 0
    assert (trained / "releases/production.yaml").read_bytes() == before


def test_the_next_champion_records_the_previous_champion(trained: Path, call, open_store) -> None:
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    first = trained_facts(trained)["model_digest"]
    params = trained / "params.yaml"
    params.write_text(params.read_text().replace("C: 1.0", "C: 0.9"))
    for verb in (["train"], ["evaluate"], ["gate"], ["register"], ["champion", "--set"]):
        result = call(trained, *verb)
        assert result.code == 0, result.text
    record = yaml.safe_load((trained / "releases/production.yaml").read_text())
    assert record["previous"] == first != record["model"]["digest"]
    assert alias(open_store, trained) == "2"
    document = json.loads((trained / "reports/evidence/evidence.json").read_text())
    assert document["champion"] == {
        "name": "diabetes-progression",
        "digest": first,
        "size_bytes": document["champion"]["size_bytes"],
        "registry_version": "1",
    }


def test_a_wrong_alias_is_reported_and_set_from_the_file(trained: Path, call, open_store) -> None:
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    store = open_store(trained)
    store.client.delete_registered_model_alias(store.name, "champion")
    shown = call(trained, "champion")
    assert (shown.code, "champion --sync" in shown.out) == (1, True)
    assert call(trained, "champion", "--sync").code == 0
    assert alias(open_store, trained) == "1"
    (trained / "releases/production.yaml").unlink()
    assert call(trained, "champion").code == 1
    assert call(trained, "champion", "--sync").code == 0
    assert alias(open_store, trained) is None


def test_only_a_registered_model_can_become_champion(trained: Path, call) -> None:
    result = call(trained, "champion", "--set")
    assert (result.code, "run `python -m mlops register` first" in result.err) == (2, True)
    assert not (trained / "releases/production.yaml").exists()


def make_fail(repository: Path) -> None:
    gates = repository / "model_gates.yaml"
    strict, count = re.subn(r"(accuracy:\n +min:) [\d.]+", r"\1 0.999", gates.read_text())
    assert count == 1
    gates.write_text(strict)


@pytest.mark.parametrize("verb", [["register"], ["champion", "--set"]])
def test_a_rejected_model_is_not_registered_or_released(trained: Path, call, open_store, verb: list[str]) -> None:
    if verb[0] == "champion":
        assert call(trained, "register").code == 0
    make_fail(trained)
    assert call(trained, "gate").code == 1
    result = call(trained, *verb)
    assert result.code == 1
    assert "performance.accuracy" in result.err
    assert "FAIL" in result.err
    assert not (trained / "releases/production.yaml").exists()
    assert len(open_store(trained).client.search_model_versions("")) == (1 if verb[0] == "champion" else 0)


@pytest.mark.parametrize("verb", [["register"], ["champion", "--set"]])
@pytest.mark.parametrize(
    "how", ["no verdict", "gates changed", "evidence changed", "model changed", "edited", "held", "broken"]
)
def test_only_a_pass_for_exactly_this_model_evidence_and_gate_file_is_accepted(
    trained: Path, call, verb: list[str], how: str
) -> None:
    if verb[0] == "champion":
        assert call(trained, "register").code == 0
    path = trained / "reports/verdict.json"
    code = 2
    if how == "no verdict":
        path.unlink()
    elif how == "gates changed":
        make_fail(trained)
    elif how == "evidence changed":
        document = trained / "reports/evidence/evidence.json"
        document.write_text(document.read_text() + "\n")
    elif how == "model changed":
        (trained / "models/candidate/signature.json").write_text(
            (trained / "models/candidate/signature.json").read_text() + "\n"
        )
    elif how == "edited":
        make_fail(trained)
        assert call(trained, "gate").code == 1
        path.write_text(path.read_text().replace('"FAIL"', '"PASS"'))
    elif how == "held":
        gates = trained / "model_gates.yaml"
        strict, count = re.subn(r"min_samples: \d+", "min_samples: 100000", gates.read_text(), count=1)
        assert count == 1
        gates.write_text(strict)
        assert call(trained, "gate").code == 3
        code = 1
    else:
        path.write_text("{}")
    result = call(trained, *verb)
    assert result.code == code, result.text
    assert "Traceback" not in result.text
    assert not (trained / "releases/production.yaml").exists()


def rewrite_verdict(repository: Path, change: Callable[[dict], None]) -> None:
    path = repository / "reports/verdict.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def say_pass(document: dict) -> None:
    document["verdict"] = "PASS"
    for gate in document["gates"]:
        gate["verdict"] = "PASS"


@pytest.mark.parametrize("verb", [["register"], ["champion", "--set"]])
def test_a_verdict_that_was_edited_from_fail_to_pass_is_refused(trained: Path, call, open_store, verb) -> None:
    if verb[0] == "champion":
        assert call(trained, "register").code == 0
    make_fail(trained)
    assert call(trained, "gate").code == 1
    rewrite_verdict(trained, say_pass)
    result = call(trained, *verb)
    assert (result.code, "give (FAIL)" in result.err) == (2, True), result.text
    assert not (trained / "releases/production.yaml").exists()
    assert len(open_store(trained).client.search_model_versions("")) == (1 if verb[0] == "champion" else 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["gates"].pop(),
        lambda document: document["gates"][0].update(estimate=0.99),
        lambda document: document["gates"][0].update(threshold=0.1),
        lambda document: document.update(commit=None),
    ],
)
def test_a_verdict_with_any_edit_is_refused(trained: Path, call, change: Callable) -> None:
    rewrite_verdict(trained, change)
    result = call(trained, "register")
    assert (result.code, "is not the verdict that" in result.err) == (2, True), result.text


def test_a_critical_case_changed_after_the_verdict_makes_the_verdict_invalid(trained: Path, call) -> None:
    path = trained / "tests/critical_cases.csv"
    path.write_text(path.read_text().replace("low risk,0,", "low risk,1,"))
    result = call(trained, "register")
    assert (result.code, "'lean-and-young' expects 1" in result.err) == (2, True), result.text


# ------------------------------------------------------------------------------------------- missing stores and runs


def test_an_unreachable_server_is_reported_in_one_line_within_seconds(trained: Path, process) -> None:
    started = time.monotonic()
    result = process(trained, "register", MLFLOW_TRACKING_URI="http://127.0.0.1:9")  # no process listens on port 9
    assert time.monotonic() - started < 30
    assert result.code == 2
    assert "http://127.0.0.1:9" in result.err
    assert "Traceback" not in result.text
    assert len(result.err.strip().splitlines()) == 1, result.err


def test_a_store_that_is_not_a_database_is_reported_in_one_line(trained: Path, process) -> None:
    (trained / "mlruns.db").write_text("not a database")
    result = process(trained, "register")
    assert (result.code, "Traceback" in result.text) == (2, False), result.text
    assert "mlruns.db" in result.err


def test_a_run_missing_in_the_store_is_reported_with_a_remedy_that_works(trained: Path, call) -> None:
    run_id = trained_facts(trained)["run_id"]
    (trained / "mlruns.db").unlink()
    result = call(trained, "register")
    assert result.code == 2, result.text
    assert run_id in result.err, result.err
    assert "dvc repro --force evaluate" in result.err, result.err
    for verb in ("evaluate", "gate", "register"):
        assert call(trained, verb).code == 0


def test_evidence_without_a_run_registers_nothing(trained: Path, call) -> None:
    document = trained / "reports/evidence/evidence.json"
    document.write_text(re.sub(r'"run_id": "\w+"', '"run_id": null', document.read_text()))
    assert call(trained, "gate").code == 0
    result = call(trained, "register")
    assert (result.code, "names no run" in result.err) == (2, True), result.text


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", "\x00"])
def test_a_missing_or_invalid_training_record_is_reported_in_one_line(trained: Path, call, content) -> None:
    path = trained / "reports/training.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    result = call(trained, "evaluate")
    assert (result.code, "training.json" in result.err, "make train" in result.err) == (2, True, True), result.text


def test_a_moved_repository_keeps_its_champion_and_writes_nothing_to_the_old_place(trained: Path, call) -> None:
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    moved = trained.rename(trained.with_name("moved"))
    shutil.rmtree(moved / "models/champions", ignore_errors=True)
    for verb in ("evaluate", "train", "evaluate", "gate", "register", "champion"):
        result = call(moved, verb)
        assert result.code == 0, result.text
    assert not trained.exists()
    document = json.loads((moved / "reports/evidence/evidence.json").read_text())
    assert document["champion"]["registry_version"] == "1"


def test_relocating_a_copy_does_not_change_the_original_or_paths_with_a_similar_prefix(
    trained: Path, call, open_store
) -> None:
    from mlops.tracking_relocation import rewrite_artifact_paths

    copy = Path(shutil.copytree(trained, trained.with_name("copy")))
    before = sorted(trained.rglob("mlartifacts/**/*"))
    assert call(copy, "train").code == 0
    assert sorted(trained.rglob("mlartifacts/**/*")) == before
    there = (copy / "mlartifacts").as_uri()
    rewrite_artifact_paths(open_store(copy).uri, there.removesuffix("artifacts"), "file:///nowhere")
    store = open_store(copy)
    assert store.client.get_experiment_by_name(store.name).artifact_location == there


def test_creating_the_store_twice_at_once_is_reported_in_one_line() -> None:
    from alembic.util import CommandError

    from mlops.errors import MlopsError
    from mlops.tracking import mlflow_errors

    said = "the tracking store sqlite:///x reports an error: table exists"
    with pytest.raises(MlopsError, match=said), mlflow_errors("sqlite:///x"):
        raise CommandError("table exists")


def test_the_store_contains_no_path_of_the_machine_except_its_folder(trained: Path) -> None:
    with sqlite3.connect(trained / "mlruns.db") as database:
        [(count,)] = database.execute("select count(*) from runs").fetchall()
    assert count == 1
