"""The validation hook: it stops the generation of inconsistent files, and changes no file."""

import subprocess
import sys
from pathlib import Path

import copier
import pytest

from support.generator import OTHER_SIDE, Render, commit, git, tree
from support.working_tree import ROOT, copy_working_tree

BIN = Path(sys.executable).parent


def copy(template: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "copier"), "copy", "--defaults", "--quiet", *options, str(template), str(target)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("answers", [{}, OTHER_SIDE], ids=["defaults", "other side"])
def test_without_trust_and_tasks_the_bytes_are_the_same(
    template_repo: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    given = [part for name, value in answers.items() for part in ("-d", f"{name}={value}")]
    trusted = copy(template_repo, tmp_path / "trusted", "--trust", *given)
    assert trusted.returncode == 0, trusted.stderr
    skipped = copy(template_repo, tmp_path / "skipped", "--skip-tasks", *given)
    assert skipped.returncode == 0, skipped.stderr
    assert tree(tmp_path / "trusted") == tree(tmp_path / "skipped")


def test_without_trust_nothing_is_written_and_the_reason_is_printed(template_repo: Path, tmp_path: Path) -> None:
    done = copy(template_repo, tmp_path / "made")
    assert done.returncode != 0
    assert "tasks" in done.stderr
    assert not (tmp_path / "made").exists()


def test_a_render_is_a_function_of_version_and_answers(template_repo: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        copier.run_copy(str(template_repo), tmp_path / name, {}, defaults=True, quiet=True, skip_tasks=True)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.fixture
def broken_template(tmp_path: Path) -> Path:
    """A template whose stages call a verb that does not exist."""
    folder = copy_working_tree(tmp_path / "espalier")
    stages = folder / "template/dvc.yaml"
    stages.write_text(stages.read_text().replace("python -m mlops train", "python -m mlops trian"))
    git(folder, "init", "--quiet")
    commit(folder, "broken", "v1.0.0")
    return folder


def test_a_finding_stops_the_generation_and_a_new_folder_is_removed(broken_template: Path, tmp_path: Path) -> None:
    done = copy(broken_template, tmp_path / "made", "--trust")
    assert done.returncode != 0
    assert "dvc.yaml" in done.stderr, done.stderr
    assert "trian" in done.stderr, done.stderr
    assert "do not fit together" in done.stderr
    assert not (tmp_path / "made").exists()


def test_a_finding_keeps_a_folder_that_existed(broken_template: Path, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/notes.txt").write_text("mine\n")
    done = copy(broken_template, tmp_path / "made", "--trust", "--overwrite")
    assert done.returncode != 0
    assert "trian" in done.stderr
    assert (tmp_path / "made/notes.txt").read_text() == "mine\n"


def validate(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "hooks/validate.py", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_the_hook_prints_nothing_for_a_valid_repository(render: Render) -> None:
    done = validate(render())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_hook_prints_findings_and_no_notices(render: Render) -> None:
    folder = render()
    with (folder / "Makefile").open("a") as makefile:
        makefile.write("# edited by hand, a notice\n")
    assert validate(folder).returncode == 0
    (folder / "params.yaml").write_text("seed: 1\nseed: 2\n")
    done = validate(folder)
    assert done.returncode == 1
    assert "params.yaml" in done.stderr
    assert "Makefile" not in done.stderr


def test_the_hook_refuses_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert validate(tmp_path / "missing").returncode == 2


def test_an_update_runs_no_task(template_repo: Path, tmp_path: Path) -> None:
    """The conflicts of an update are not merged yet; `make check` validates the result."""
    repository = tmp_path / "repository"
    scratch = tmp_path / "espalier"
    git(tmp_path, "clone", "--quiet", str(template_repo), str(scratch))
    copier.run_copy(str(scratch), repository, {}, defaults=True, quiet=True, skip_tasks=True)
    git(repository, "init", "--quiet")
    commit(repository, "generated")
    (scratch / "hooks/validate.py").write_text("import sys\nsys.exit('the task ran')\n")
    commit(scratch, "a task that fails", "v1.1.0")
    copier.run_update(repository, defaults=True, overwrite=True, quiet=True, unsafe=True)
    assert "_commit: v1.1.0" in (repository / ".copier-answers.yml").read_text()
