"""A repository that an earlier state of the template generated updates to the working tree without a conflict.

The earlier state is from git history, so these tests also notice a renamed module of the engine that a team's code
imports, and a removed make target that a team's document names.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import copier
import pytest
import yaml

from espalier import check
from support.generator import OTHER_SIDE, commit, git
from support.working_tree import ROOT, copy_working_tree

pytestmark = [pytest.mark.slow, pytest.mark.long(place=15)]

EARLIER = "347a1610a4c06a8e7cd7cd57f3d7d9bcf316e607"  # before the ownership table and the renamed engine modules
AWS = {"cloud": "aws", "gpu_runners": "aws", "model_registry": "aws"}
S3 = {"data_remote": "s3", "data_remote_url": "s3://acme-data/churn"}
ANSWER_SETS: dict[str, dict[str, str]] = {
    "defaults": {},
    "other side": OTHER_SIDE,
    "all of AWS": {**AWS, **S3},
    "regression without CI": {"task": "regression", "ci": "none", "deployment": "none", "package_name": "churn"},
}
OURS = "# the team's line\n"
SEEDED = ("params.yaml", "README.md", "tests/conftest.py", "docs/runbook.md")
MANAGED = ("Makefile", ".gitignore", "pyproject.toml")


def has_history(repository: Path, state: str) -> bool:
    """Return whether a clone contains a commit."""
    command = ["git", "-C", str(repository), "cat-file", "-e", f"{state}^{{commit}}"]
    return subprocess.run(command, capture_output=True).returncode == 0


def require_history(repository: Path, state: str) -> None:
    """Fail with the command that completes a shallow clone."""
    if not has_history(repository, state):
        pytest.fail(
            f"this clone does not contain commit {state[:12]}, from which the test generates a repository: "
            "run `git fetch --unshallow`, or set `fetch-depth: 0` where CI checks the project out",
            pytrace=False,
        )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template of two versions: the earlier state, and the working tree."""
    require_history(ROOT, EARLIER)
    folder = tmp_path_factory.mktemp("history") / "espalier"
    folder.mkdir()
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", EARLIER], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "earlier", "v1.0.0")
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    copy_working_tree(folder)
    commit(folder, "working tree", "v2.0.0")
    return folder


@dataclass(frozen=True)
class Updated:
    """A repository after its update."""

    folder: Path
    answers: dict[str, str]


@pytest.fixture(scope="module", params=ANSWER_SETS.values(), ids=ANSWER_SETS)
def updated(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Updated:
    """Generate with the earlier state, work in the repository a little, and update. Tests only read the result."""
    folder = tmp_path_factory.mktemp("lived-in") / "repository"
    answers: dict[str, str] = request.param
    copier.run_copy(str(template), folder, answers, vcs_ref="v1.0.0", defaults=True, quiet=True, skip_tasks=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "generated")
    for name in (*SEEDED, *MANAGED):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(OURS)
    [package] = (folder / "src").iterdir()
    (package / "own.py").write_text(OURS)
    (package / "model.py").write_text(OURS + (package / "model.py").read_text())
    (folder / "LICENSE").unlink()
    commit(folder, "the team's work")
    copier.run_update(folder, {}, defaults=True, overwrite=True, quiet=True, unsafe=True)
    return Updated(folder, answers)


def test_the_update_has_no_conflict(updated: Updated) -> None:
    status = git(updated.folder, "status", "--porcelain").splitlines()
    assert [line for line in status if "U" in line[:2]] == []
    assert list(updated.folder.rglob("*.rej")) == []
    recorded = yaml.safe_load((updated.folder / ".copier-answers.yml").read_text())
    assert recorded["_commit"] == "v2.0.0"


def test_the_lines_of_the_team_are_kept(updated: Updated) -> None:
    for name in (*SEEDED, *MANAGED):
        assert OURS in (updated.folder / name).read_text(encoding="utf-8"), name
    [package] = (updated.folder / "src").iterdir()
    assert (package / "model.py").read_text().startswith(OURS)
    assert (package / "own.py").read_text() == OURS


def test_no_seeded_file_is_changed_or_restored(updated: Updated) -> None:
    seeded = ["src", "tests", "docs", "params.yaml", "model_gates.yaml", "README.md", "LICENSE"]
    seeded += ["deploy/overlays", "infra/bootstrap", "infra/runners", "infra/registry"]
    there = [name for name in seeded if (updated.folder / name).exists() or name == "LICENSE"]
    assert git(updated.folder, "status", "--porcelain", "--", *there) == ""


def test_managed_files_are_those_of_a_new_repository(updated: Updated, template: Path, tmp_path: Path) -> None:
    """Their digests are the recorded ones, except of the files that the team edited."""
    folder = updated.folder
    recorded = json.loads((folder / "mlops/managed.json").read_text())["files"]
    found = {name: folder / name for name in recorded if (folder / name).exists()}
    assert {n for n, p in found.items() if hashlib.sha256(p.read_bytes()).hexdigest() != recorded[n]} == {
        name for name in MANAGED if name in recorded
    }
    fresh = tmp_path / "fresh"
    copier.run_copy(str(template), fresh, updated.answers, defaults=True, quiet=True, skip_tasks=True)
    assert set(found) == {name for name in recorded if (fresh / name).exists()}
    old_engine = {p.relative_to(folder) for p in (folder / "mlops").rglob("*") if p.is_file()}
    assert old_engine == {p.relative_to(fresh) for p in (fresh / "mlops").rglob("*") if p.is_file()}


def test_check_finds_no_error(updated: Updated) -> None:
    errors = [finding for finding in check.run(updated.folder) if finding.severity is check.Severity.ERROR]
    assert errors == []


def test_the_code_of_the_team_still_imports_the_engine(updated: Updated) -> None:
    """The team's tests are collected, which imports them and the team's package."""
    environment = {**os.environ, "PYTHONPATH": "src", "PYTEST_ADDOPTS": "", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=updated.folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_shallow_clone_is_refused_with_the_command_that_completes_it(tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(shallow))
    with pytest.raises(pytest.fail.Exception, match="git fetch --unshallow"):
        require_history(shallow, EARLIER)
