"""Evidence about another commit, other code, another candidate or another champion is not judged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.engine import PACKAGE, Result, commit, digest, git


def refused(result: Result, *phrases: str) -> None:
    assert result.code == 2, result.text
    for phrase in phrases:
        assert phrase in result.err, result.err
    assert "Traceback" not in result.err


def rewrite(repository: Path, **changes: object) -> None:
    """Change values in evidence.json."""
    path = repository / "reports/evidence/evidence.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_evidence_of_the_current_repository_is_judged(trained: Path, call: Callable[..., Result]) -> None:
    assert call(trained, "gate").code == 0
    assert call(trained, "gate", "--commit", git(trained, "rev-parse", "HEAD")).code == 0


@pytest.mark.parametrize(
    "path",
    [
        f"src/{PACKAGE}/features.py",
        f"src/{PACKAGE}/new_module.py",
        "mlops/gates/metrics/classification.py",
        "params.yaml",
        "pyproject.toml",
        "constraints.txt",
        "tests/critical_cases.csv",
        "docs/model_card.md",
    ],
)
def test_a_change_of_the_code_makes_evidence_stale(trained: Path, call: Callable[..., Result], path: str) -> None:
    with (trained / path).open("a") as stream:
        stream.write("\n# changed\n")
    refused(call(trained, "gate"), "the code has changed since")
    commit(trained, "now it is committed, and still not what was evaluated")
    refused(call(trained, "gate"), "the code has changed since")


def test_committing_the_evidence_or_a_document_does_not_make_it_stale(
    trained: Path, call: Callable[..., Result]
) -> None:
    with (trained / "README.md").open("a") as stream:
        stream.write("\nmore\n")
    before = git(trained, "rev-parse", "HEAD")
    commit(trained, "the run")
    assert git(trained, "rev-parse", "HEAD") != before
    assert call(trained, "gate").code == 0
    # with --commit HEAD, the same evidence is of the previous commit
    refused(call(trained, "gate", "--commit", git(trained, "rev-parse", "HEAD")), before)


def test_bytecode_does_not_make_evidence_stale(trained: Path, call: Callable[..., Result]) -> None:
    cache = trained / "src" / PACKAGE / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "model.cpython-399.pyc").write_bytes(b"x")
    assert call(trained, "gate").code == 0


def test_a_commit_that_is_not_in_the_history_is_refused(trained: Path, call: Callable[..., Result]) -> None:
    rewrite(trained, commit="a" * 40)
    refused(call(trained, "gate"), "a" * 40, "not in the history of HEAD")
    rewrite(trained, commit=git(trained, "rev-parse", "HEAD"))
    git(trained, "checkout", "--quiet", "--orphan", "elsewhere")
    commit(trained, "another history")
    refused(call(trained, "gate"), "not in the history of HEAD")


def test_evidence_without_a_code_digest_must_be_of_head(trained: Path, call: Callable[..., Result]) -> None:
    rewrite(trained, code_digest=None)
    assert call(trained, "gate").code == 0
    commit(trained, "one further")
    refused(call(trained, "gate"), "without a code_digest")
    rewrite(trained, code_digest=None, commit=git(trained, "rev-parse", "HEAD"), dirty=True)
    refused(call(trained, "gate"), "of uncommitted code")
    rewrite(trained, code_digest=None, commit=None, dirty=False)
    refused(call(trained, "gate"), "no commit and no code_digest")


def test_before_the_first_commit_the_code_digest_decides(trained: Path, call: Callable[..., Result]) -> None:
    shutil.rmtree(trained / ".git")
    refused(call(trained, "gate"), "--commit")
    rewrite(trained, commit=None, dirty=True)
    assert call(trained, "gate").code == 0
    (trained / "params.yaml").write_text((trained / "params.yaml").read_text() + "# changed\n")
    refused(call(trained, "gate"), "the code has changed")


def test_a_git_repository_in_a_parent_folder_is_not_used(tmp_path: Path, trained: Path, call) -> None:
    shutil.rmtree(trained / ".git")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "around")
    rewrite(trained, commit=git(tmp_path, "rev-parse", "HEAD"))
    refused(call(trained, "gate"), "is not a git repository")


def test_evidence_of_another_candidate_is_refused(trained: Path, call: Callable[..., Result]) -> None:
    with (trained / "models/candidate/signature.json").open("a") as stream:
        stream.write("\n")
    refused(call(trained, "gate"), "models/candidate")


def test_evidence_of_another_champion_is_refused(trained: Path, call: Callable[..., Result]) -> None:
    assert call(trained, "register").code == 0
    assert call(trained, "champion", "--set").code == 0
    refused(call(trained, "gate"), "compares with none", "production runs sha256:")
    assert call(trained, "evaluate").code == 0
    assert call(trained, "gate").code == 0
    path = trained / "releases/production.yaml"
    current = json.loads((trained / "reports/evidence/evidence.json").read_text())["champion"]["digest"]
    path.write_text(path.read_text().replace(current, digest("another")))
    refused(call(trained, "gate"), digest("another"))
    path.unlink()
    refused(call(trained, "gate"), "no model yet")


@pytest.mark.parametrize("text", ["", "[]", "model: 1", "a: b: c", "\x00", "environment: production"])
def test_an_invalid_release_record_is_an_error(trained: Path, call, text: str) -> None:
    (trained / "releases/production.yaml").write_text(text)
    for verb in ("gate", "evaluate", "champion"):
        refused(call(trained, verb), "production.yaml")


def test_the_evidence_records_uncommitted_changes(trained: Path, call: Callable[..., Result]) -> None:
    path = trained / "reports/evidence/evidence.json"
    assert json.loads(path.read_text())["dirty"] is False
    (trained / "params.yaml").write_text((trained / "params.yaml").read_text() + "# changed\n")
    assert call(trained, "evaluate").code == 0
    document = json.loads(path.read_text())
    assert (document["dirty"], document["commit"]) == (True, git(trained, "rev-parse", "HEAD"))
    assert call(trained, "gate").code == 0
