"""Generated repositories work as their owners use them: with real processes, DVC, MLflow and an HTTP server."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support.combinations import Run, ok, post

pytestmark = [pytest.mark.slow, pytest.mark.long(place=1)]
New = Callable[..., Run]

NOTHING_TO_DO = "Data and pipelines are up to date."


def first_pipeline(run: Run) -> None:
    """Run the pipeline from data to verdict; the verdict is the last line of the output."""
    assert ok(run.make("pipeline")).splitlines()[-1] == "VERDICT PASS"


def walk(run: Run) -> None:
    """Go from the first ``make pipeline`` to a champion, a prediction over HTTP and a second run that does nothing."""
    assert run.json("reports/verdict.json")["verdict"] == "PASS"
    assert ok(run.dvc("repro")).rstrip().endswith(NOTHING_TO_DO)

    ok(run.make("report"))
    digest = run.json("reports/training.json")["model_digest"]
    for page in ("reports/report.html", "reports/report.md"):
        text = (run.folder / page).read_text(encoding="utf-8")
        assert "PASS" in text
        assert digest.removeprefix("sha256:")[:12] in text

    assert "version 1 registered" in ok(run.make("register"))
    ok(run.mlops("champion", "--set"))
    record = yaml.safe_load((run.folder / "releases/production.yaml").read_text())
    assert record["model"]["digest"] == digest
    assert f"releases/production.yaml: {digest}" in ok(run.make("champion"))

    # a new champion makes the old evidence stale, and nothing else
    stale = run.dvc("status")
    assert re.findall(r"(?m)^(\w+):$", stale.stdout) == ["evaluate"], stale.stdout
    output = ok(run.make("pipeline"))
    assert re.findall(r"Running stage '(\w+)'", output) == ["evaluate"]
    regression = [gate for gate in run.json("reports/verdict.json")["gates"] if gate["kind"] == "regression"]
    assert regression
    assert all(gate["estimate"] == pytest.approx(0, abs=1e-12) for gate in regression)
    assert ok(run.dvc("repro")).rstrip().endswith(NOTHING_TO_DO)

    with run.serving() as address:
        example = run.json("models/candidate/signature.json")["example"]
        status, answer = post(f"{address}/predict", {"instances": [example, example]})
        assert status == 200
        assert answer["model"]["digest"] == digest
        assert len(answer["predictions"]) == 2
        score = answer["predictions"][0]["score"]
        status, refusal = post(f"{address}/predict", {"instances": [{**example, "bmi": "heavy"}]})
        assert status == 422
        assert "bmi" in str(refusal)

    # the same row in a file gets the same prediction
    table = run.folder / "row.csv"
    table.write_text(",".join(example) + "\n" + ",".join(map(str, example.values())) + "\n")
    ok(run.mlops("predict", "row.csv", "answer.jsonl"))
    [line] = (run.folder / "answer.jsonl").read_text().splitlines()
    assert f'"score":{score:.6f}'[:14] in line

    ok(run.make("test"))
    ok(run.make("lint", "types", "check"))
    assert "This repository is at level" in ok(run.make("status"))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_default_repository_runs_from_data_to_a_prediction_over_http(copy_of_trained: New, task: str) -> None:
    walk(copy_of_trained(task))


@pytest.mark.parametrize(
    "answers",
    [{"deployment": "docker"}, {"ci": "none", "package_name": "another_name"}],
    ids=lambda answers: "-".join(answers.values()),
)
def test_a_repository_with_one_changed_answer_runs(new: New, answers: dict[str, str]) -> None:
    run = new(**answers)
    first_pipeline(run)
    walk(run)


def test_a_shared_tracking_server_keeps_runs_and_models(new: New, mlflow_server: str) -> None:
    import mlflow

    run = new(tracking="server", tracking_uri=mlflow_server)
    first_pipeline(run)
    walk(run)
    assert not (run.folder / "mlruns.db").exists()
    client = mlflow.MlflowClient(mlflow_server)
    facts = run.json("reports/training.json")
    logged = client.get_run(run.json("reports/evidence/evidence.json")["run_id"])
    assert logged.data.tags["mlops.model_digest"] == facts["model_digest"]
    assert logged.data.tags["mlops.verdict"] == "PASS"
    assert client.get_model_version_by_alias("diabetes-progression", "champion").version == "1"

    # a colleague's clone fetches the champion from the server by its digest
    run.commit("the champion")
    clone = Run(run.folder.parent / "clone")
    ok(run.start("git", "clone", "--quiet", str(run.folder), str(clone.folder)))
    first_pipeline(clone)
    assert clone.json("reports/evidence/evidence.json")["champion"]["digest"] == facts["model_digest"]
    assert clone.json("reports/training.json")["model_digest"] == facts["model_digest"]


def test_the_environment_can_set_the_tracking_server(new: New, mlflow_server: str) -> None:
    run = new()
    ok(run.make("pipeline", MLFLOW_TRACKING_URI=mlflow_server))
    assert not (run.folder / "mlruns.db").exists()
    assert "version 1 registered" in ok(run.make("register", MLFLOW_TRACKING_URI=mlflow_server))


def test_an_unreachable_tracking_server_stops_the_pipeline_before_a_verdict(new: New) -> None:
    run = new(tracking="server", tracking_uri="http://127.0.0.1:9")
    done = run.make("pipeline")
    assert done.returncode != 0
    assert "http://127.0.0.1:9" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (run.folder / "reports/verdict.json").exists()


# ------------------------------------------------------------------------------------------------------ determinism


def test_two_folders_produce_the_same_model_and_the_same_figures(trained: Callable[[str], Run], new: New) -> None:
    other = new("a longer name")
    ok(other.make("pipeline", OMP_NUM_THREADS="1", PYTHONHASHSEED="1"))
    found = []
    for run in (trained("classification"), other):
        evidence = run.json("reports/evidence/evidence.json")
        found.append(
            (
                run.json("reports/training.json")["model_digest"],
                evidence["data"],
                evidence["code_digest"],
                (run.folder / "reports/metrics.json").read_bytes(),
                (run.folder / "reports/evidence/predictions.parquet").read_bytes(),
                (run.folder / "reports/plots/calibration.csv").read_bytes(),
            )
        )
    assert found[0] == found[1]


# ------------------------------------------------------------------------------------------------------ DVC


def test_metrics_plots_and_experiments_work(copy_of_trained: New) -> None:
    run = copy_of_trained()
    assert "accuracy" in ok(run.dvc("metrics", "show"))
    assert "index.html" in ok(run.dvc("plots", "show"))
    digest = run.json("reports/training.json")["model_digest"]

    ok(run.dvc("exp", "run", "-S", "train.C=0.01"))
    assert run.json("reports/training.json")["model_digest"] != digest
    changed = ok(run.dvc("metrics", "diff"))
    assert "log_loss" in changed
    assert "reports/metrics.json" in changed
    assert "train.C" in ok(run.dvc("params", "diff"))
    ok(run.dvc("exp", "show", "--csv"))


def test_each_stage_runs_again_only_when_its_inputs_change(copy_of_trained: New) -> None:
    run = copy_of_trained()
    package = "src/diabetes_progression"
    everything = ["data", "validate", "split", "train", "evaluate"]
    for path, stages in {
        "README.md": [],
        "docs/model_card.md": ["evaluate"],
        "tests/critical_cases.csv": ["evaluate"],
        "model_gates.yaml": [],
        "releases/README.md": [],
        f"{package}/schema.py": ["validate"],
        f"{package}/data.py": ["data"],
        "mlops/gates/metrics/classification.py": everything,
    }.items():
        original = (run.folder / path).read_text()
        (run.folder / path).write_text(original + ("\n# changed\n" if not path.endswith(".csv") else "\n"))
        stale = run.dvc("status")
        found = set(re.findall(r"(?m)^(\w+):$", stale.stdout))
        assert set(stages) <= found if stages else not found, (path, stale.stdout)
        (run.folder / path).write_text(original)
    params = run.folder / "params.yaml"
    original = params.read_text()
    for old, new_, stages in [
        ("C: 1.0", "C: 0.5", {"train", "evaluate"}),
        ("held_out: 0.4", "held_out: 0.3", {"split"}),
        ("max_overlap: 0.0", "max_overlap: 0.1", {"validate", "split"}),
        ("latency_warmup: 30", "latency_warmup: 31", {"evaluate"}),
    ]:
        params.write_text(original.replace(old, new_))
        stale = run.dvc("status")
        assert set(re.findall(r"(?m)^(\w+):$", stale.stdout)) == stages, (old, stale.stdout)
        params.write_text(original)


def test_training_does_not_start_with_an_invalid_row(new: New) -> None:
    run = new()
    data = run.folder / "src/diabetes_progression/data.py"
    text = data.read_text()
    data.write_text(text.replace("    return rows\n", "    rows.loc[4, 'age'] = 7.0\n    return rows\n"))
    done = run.make("pipeline")
    assert done.returncode != 0
    assert "column 'age', row patient-005: in_range(18, 100): found 7.0" in done.stdout
    assert "Running stage 'split'" not in done.stdout
    assert "Running stage 'train'" not in done.stdout
    assert not (run.folder / "models/candidate").exists()
    assert not (run.folder / "reports/verdict.json").exists()


# ------------------------------------------------------------------------------------------------------ a worse model


@pytest.mark.parametrize(
    ("task", "setting"), [("classification", "train.C=0.00001"), ("regression", "train.alpha=1000000")]
)
def test_a_deliberately_worse_model_is_rejected(copy_of_trained: New, task: str, setting: str) -> None:
    run = copy_of_trained(task)
    ok(run.make("register"))
    ok(run.mlops("champion", "--set"))
    champion = run.json("reports/training.json")["model_digest"]
    run.commit("the champion")

    done = run.mlops("pipeline", "--set", setting)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "VERDICT FAIL"
    verdict = run.json("reports/verdict.json")
    assert (verdict["verdict"], verdict["champion"]) == ("FAIL", champion)
    failed = {gate["kind"] for gate in verdict["gates"] if gate["verdict"] == "FAIL"}
    assert "regression" in failed
    assert "FAIL" in (run.folder / "reports/report.html").read_text(encoding="utf-8")

    for command in (["register"], ["champion", "--set"]):
        refused = run.mlops(*command)
        assert refused.returncode == 1, refused.stdout
        assert "Traceback" not in refused.stderr
    record = yaml.safe_load((run.folder / "releases/production.yaml").read_text())
    assert record["model"]["digest"] == champion


def test_the_commands_of_a_pull_request_judge_a_model_of_half_the_rows(copy_of_trained: New) -> None:
    run = copy_of_trained()
    done = run.mlops("pipeline", "--set", "train.fraction=0.5")
    assert done.returncode in {0, 1, 3}, done.stdout + done.stderr  # any verdict: half of the rows may be too few
    # 442 rows, 0.4 held out: 265 or 266 training rows
    assert run.json("reports/evidence/evidence.json")["data"]["training"]["rows"] in {132, 133}
    assert done.stdout.splitlines()[-1] in {"VERDICT PASS", "VERDICT FAIL", "VERDICT HOLD"}


# --------------------------------------------------------------------------------- hostile answers and a fresh setup

HOSTILE = {
    "project_name": "Ünïcode “quotes” ' \" \\ ${{ github.token }} [[ x ]] {{ y }} $(id) `id` <b>&amp; 🦉",
    "description": "# not a heading: [link](x) | pipe | *star* $HOME %s \\n 'single' \"double\" }} ]] %]",
    "contact": "team @example <ml@example.org>; rm -rf / # $(touch x)",
    "project_slug": "a1",
    "organization": "A-9",
    "package_name": "x",
    "namespace": "0",
    "image_registry": "localhost:5000/a_b/c.d",
    "license": "Proprietary",
}


def test_a_repository_from_hostile_answers_lints_checks_and_runs(new: New) -> None:
    run = new("odd 'folder' (1)", **HOSTILE)
    ok(run.make("check"))
    ok(run.make("lint", "types"))
    first_pipeline(run)
    ok(run.make("test"))
    ok(run.make("check"))


def test_make_setup_installs_everything_that_the_pipeline_needs(new: New, tmp_path: Path) -> None:
    run = new()
    shutil.rmtree(run.folder / ".git")
    output = ok(run.start("make", f"PYTHON3={sys.executable}", "setup"))
    assert "environment: ready" in output
    assert (run.folder / ".git").is_dir()
    ok(run.start("git", "add", "--all"))
    ok(run.start("git", "commit", "--quiet", "--message", "generated"))
    run.python = str(run.folder / ".venv/bin/python")
    listed = subprocess.run([run.python, "-c", "import mlops"], cwd=tmp_path, capture_output=True, text=True)
    assert "No module named 'mlops'" in listed.stderr  # the repository is an application and is not installed
    done = run.start("make", "pipeline")
    assert ok(done).splitlines()[-1] == "VERDICT PASS"
    ok(run.start("make", "test", "lint", "types", "check"))
    # the second setup has nothing to do
    again = run.start("make", f"PYTHON3={sys.executable}", "setup")
    assert ok(again) == ""
