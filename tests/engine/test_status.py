"""``status``: the level of maturity follows from the configuration, and each item has a reason."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.engine import Result

Call = Callable[..., Result]


def items(result: Result) -> dict[str, tuple[bool, str]]:
    """Return for each item whether it is present, and the reason."""
    assert result.code == 0, result.text
    found = re.findall(r"(?m)^  (has  |lacks)  ([^:]+): (.+)$", result.out)
    return {name: (word == "has  ", reason) for word, name, reason in found}


def level(result: Result) -> int:
    [found] = re.findall(r"This repository is at level (\d)", result.out)
    return int(found)


def test_a_new_repository_lacks_a_recorded_run(repository: Path, call: Call) -> None:
    result = call(repository, "status")
    assert level(result) == 0
    assert items(result)["a recorded pipeline run"] == (False, "no dvc.lock: run `make pipeline` and commit it")


def test_a_recorded_run_and_ci_give_level_1(repository: Path, call: Call) -> None:
    (repository / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    result = call(repository, "status")
    assert level(result) == 1
    assert items(result)["tests on every push"] == (True, ".github/workflows/ci.yml has `make test-code`")


@pytest.mark.parametrize("spoil", ["no ci", "commented out", "no tests", "a gate less", "broken gates"])
def test_level_1_requires_each_of_its_items(repository: Path, call: Call, spoil: str) -> None:
    (repository / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    workflow = repository / ".github/workflows/ci.yml"
    gates = repository / "model_gates.yaml"
    if spoil == "no ci":
        workflow.unlink()
    elif spoil == "commented out":
        workflow.write_text("".join(f"# {line}" for line in workflow.read_text().splitlines(True)))
    elif spoil == "no tests":
        for path in (repository / "tests").rglob("test_*.py"):
            path.unlink()
    elif spoil == "a gate less":
        without, count = re.subn(r"(?m)^fairness:\n(?: .*\n)+", "", gates.read_text())
        assert count == 1
        gates.write_text(without)
    else:
        gates.write_text("performence: {}")
    result = call(repository, "status")
    assert level(result) == 0
    lacking = {name: reason for name, (there, reason) in items(result).items() if not there}
    expected = {
        "no ci": ("tests on every push", "no CI file contains"),
        "commented out": ("tests on every push", "none of .github/workflows/ci.yml contains"),
        "no tests": ("tests of its own", "tests/ has no test file"),
        "a gate less": ("gates of every kind", "model_gates.yaml has no fairness"),
        "broken gates": ("gates of every kind", "did you mean 'performance'?"),
    }[spoil]
    assert expected[1] in lacking[expected[0]]


def test_a_server_a_bucket_a_champion_and_a_schedule_give_level_2(trained: Path, call: Call) -> None:
    (trained / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    assert items(call(trained, "status"))["a champion"][0]
    pyproject = trained / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("sqlite:///mlruns.db", "https://mlflow.example.org"))
    config = trained / ".dvc/config"
    config.write_text(re.sub(r"url = .*", "url = s3://bucket/path", config.read_text()))
    assert level(call(trained, "status")) == 1
    workflow = trained / ".github/workflows/train.yml"
    workflow.write_text(
        "on: {schedule: [{cron: '0 3 * * 1'}]}\njobs: {a: {steps: [{run: python -m mlops register}]}}\n"
    )
    found = call(trained, "status")
    assert items(found)["a shared tracking store"] == (True, "https://mlflow.example.org")
    assert items(found)["shared data"] == (True, "DVC remote s3://bucket/path")
    assert level(found) == 2, found.out


def test_status_does_not_write_or_connect(repository: Path, call: Call) -> None:
    from support.engine import git

    pyproject = repository / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("sqlite:///mlruns.db", "http://127.0.0.1:9"))
    before = git(repository, "status", "--porcelain", "--ignored")
    assert call(repository, "status").code == 0
    after = git(repository, "status", "--porcelain", "--ignored")
    assert [line for line in after.splitlines() if "__pycache__" not in line] == [
        line for line in before.splitlines() if "__pycache__" not in line
    ]


@pytest.mark.parametrize("state", ["new", "trained", "without CI"])
def test_status_names_only_verbs_and_targets_that_exist(request: pytest.FixtureRequest, call: Call, state: str) -> None:
    from mlops.verb_table import VERBS

    folder: Path = request.getfixturevalue("trained" if state == "trained" else "repository")
    if state == "without CI":
        shutil.rmtree(folder / ".github/workflows")
    targets = set(re.findall(r"(?m)^([a-z-]+):", (folder / "Makefile").read_text()))
    text = call(folder, "status").out
    named = set(re.findall(r"\bmlops ([a-z-]+)", text))
    assert "register" in named  # so that the pattern finds what the lines name
    assert named <= set(VERBS), text
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets, text
