"""The GitHub workflow is valid and safe, calls existing targets and verbs, and its steps run without a runner."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.verb_table import VERBS
from support.delivery import TEMPLATE, Render, Tool, changed, commit

pytestmark = pytest.mark.long(place=13)

WORKFLOW = Path(".github/workflows/ci.yml")
SOURCE = (TEMPLATE / WORKFLOW).read_text(encoding="utf-8")


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """A repository that contains only a copy of the workflow, which the test may change."""
    path = tmp_path / WORKFLOW
    path.parent.mkdir(parents=True)
    shutil.copy(TEMPLATE / WORKFLOW, path)
    return path


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def linters(tool: Tool) -> dict[str, list[str]]:
    return {
        "actionlint": [tool("actionlint"), "-no-color"],
        "zizmor": [tool("zizmor"), "--offline", "--no-progress", "--color", "never"],
        "check-jsonschema": [tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows"],
    }


@pytest.mark.parametrize("linter", ["actionlint", "zizmor", "check-jsonschema"])
def test_the_workflow_is_clean(tool: Tool, workflow: Path, linter: str) -> None:
    result = run(*linters(tool)[linter], workflow)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("linter", ["actionlint", "zizmor", "check-jsonschema"])
def test_the_workflow_of_infra_is_clean(tool: Tool, rendered: Render, linter: str) -> None:
    repository = rendered(cloud="aws", gpu_runners="aws", model_registry="aws")
    path = repository / ".github/workflows/infra.yml"
    result = run(*linters(tool)[linter], path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ci_includes_a_stack_once_its_lock_is_committed(rendered: Render, tmp_path: Path) -> None:
    source = rendered(cloud="aws", gpu_runners="aws", model_registry="aws") / ".github/workflows/infra.yml"
    [listing] = [step["run"] for step in yaml.safe_load(source.read_text("utf-8"))["jobs"]["stacks"]["steps"][1:]]
    for locked, expected in ([], "[]"), (["bootstrap", "registry"], '["bootstrap"]'), (["runners"], '["runners"]'):
        folder = tmp_path / "-".join(locked or ["none"])
        folder.mkdir()
        for stack in locked:
            (folder / "infra" / stack).mkdir(parents=True)
            (folder / "infra" / stack / ".terraform.lock.hcl").touch()
        output = folder / "output"
        environment = {**os.environ, "GITHUB_OUTPUT": str(output)}
        subprocess.run(["bash", "-euo", "pipefail", "-c", listing], cwd=folder, env=environment, check=True)
        assert output.read_text() == f"names={expected}\n"


@pytest.mark.parametrize(
    ("linter", "old", "new", "finding"),
    [
        ("actionlint", "needs: model", "needs: modell", 'job "modell"'),
        ("actionlint", "runs-on: ubuntu-24.04", "runs-on: ubuntu-1.0", "unknown"),
        ("zizmor", "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6", "unpinned-uses"),
        ("zizmor", "with: {persist-credentials: false}", "with: {fetch-depth: 1}", "artipacked"),
        (
            "zizmor",
            "permissions: {contents: read}\n    steps",
            "permissions: write-all\n    steps",
            "excessive-permissions",
        ),
        ("zizmor", 'comment "$NUMBER"', 'comment "${{ github.head_ref }}"', "template-injection"),
        ("check-jsonschema", "timeout-minutes: 45", "timeout-minutes: soon", "timeout-minutes"),
    ],
)
def test_a_defect_in_the_workflow_is_found(
    tool: Tool, workflow: Path, linter: str, old: str, new: str, finding: str
) -> None:
    with changed(workflow, old, new):
        result = run(*linters(tool)[linter], workflow)
    assert result.returncode != 0
    assert finding in result.stdout + result.stderr


def test_every_job_has_a_time_limit_and_names_its_permissions() -> None:
    document = yaml.safe_load(SOURCE)
    assert document["permissions"] == {}
    assert document["concurrency"]["group"]
    for name, job in document["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 60, name
        assert job["permissions"], name
    writers = {name for name, job in document["jobs"].items() if "write" in job["permissions"].values()}
    assert writers == {"comment"}
    # the job with write permission does not run code of the pull request, and does not run for forks
    assert "checkout" not in str(document["jobs"]["comment"]["steps"])
    assert "head.repo.full_name == github.repository" in document["jobs"]["comment"]["if"]


def test_a_pull_request_gets_no_secrets() -> None:
    assert "secrets." not in SOURCE
    assert "pull_request_target" not in SOURCE


def test_every_action_is_pinned_to_a_commit_with_its_version_in_a_comment() -> None:
    uses = re.findall(r"uses: (.*)", SOURCE)
    assert uses
    for use in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(SOURCE)["jobs"][job]["steps"]
    return found


def test_every_make_target_and_verb_in_a_step_exists() -> None:
    text = "\n".join(step.get("run", "") for job in ("code", "model") for step in steps(job))
    targets = {target for call in re.findall(r"^make (.+)$", text, re.MULTILINE) for target in call.split()}
    known = set(re.findall(r"^([a-z-]+):", (TEMPLATE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"lint", "types", "test-code", "check", "test-data"} <= targets <= known
    verbs = set(re.findall(r"-m mlops (\w+)", text))
    assert verbs
    assert verbs <= set(VERBS)


@pytest.mark.parametrize("version", ["3.11", "3.13"])
def test_the_workflow_uses_the_python_version_of_the_answers(rendered: Render, version: str) -> None:
    assert (rendered(python_version=version) / ".github" / "python-version").read_text() == f"{version}\n"


def test_without_ci_no_workflow_is_generated(rendered: Render) -> None:
    assert not (rendered(ci="none") / ".github").exists()


@pytest.mark.slow
def test_the_steps_of_both_tiers_pass_in_a_fresh_shallow_clone(rendered: Render, with_uv: Path, tmp_path: Path) -> None:
    """The steps run as on a runner: without identity, home and active environment, on a detached HEAD at depth 1.

    To save minutes, they install with uv, which the steps do not require, and both jobs share the clone and its
    installation.
    """
    origin, clone, home = tmp_path / "origin", tmp_path / "clone", tmp_path / "home"
    home.mkdir()
    shutil.copytree(rendered(), origin, symlinks=True)
    commit(origin)
    subprocess.run(["git", "clone", "--quiet", "--depth=1", origin.as_uri(), str(clone)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach"], cwd=clone, check=True)

    summary = tmp_path / "summary.md"
    own = ("VIRTUAL_ENV", "GIT_AUTHOR_", "GIT_COMMITTER_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    folders = os.environ["PATH"].split(os.pathsep)
    environment |= {
        "CI": "true",
        "HOME": str(home),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config")),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GITHUB_STEP_SUMMARY": str(summary),
        "PATH": os.pathsep.join([str(with_uv), *(part for part in folders if ".venv" not in part)]),
    }
    calls = [step for job in ("model", "code") for step in steps(job) if "run" in step]
    assert len(calls) >= 8
    for step in calls:
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=clone,
            env={**environment, **step.get("env", {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{step['run']}\n{(result.stdout + result.stderr)[-3000:]}"
    page = summary.read_text(encoding="utf-8")
    assert re.match("## .+ PASS: ", page), page[:200]
    assert "![" not in page
    [upload] = [step for step in steps("model") if step.get("id") == "report"]
    for pattern in upload["with"]["path"].split():
        assert list(clone.glob(pattern)), f"nothing to upload for {pattern}"
