"""cookiecutter writes the same repository as ``copier copy``, or leaves nothing behind."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.generator import OTHER_SIDE, commit, git, tree
from support.working_tree import copy_working_tree

pytestmark = pytest.mark.long(place=14)

BIN = Path(sys.executable).parent
HOSTILE = {
    "project_name": "it's \"quoted\" ''' \\ ${ x } 😀 ]] %]",
    "description": "key: value # no comment </script> & $(touch owned) `id`",
    "contact": "שלום <team@example.org>",
    "project_slug": "hostile",
    "package_name": "hostile",
}
ANSWER_SETS: dict[str, dict[str, str]] = {"defaults": {}, "other side": OTHER_SIDE, "hostile text": HOSTILE}


@dataclass
class Commands:
    """copier and cookiecutter as a user runs them, in a folder and with a configuration of this test."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        configuration = self.folder.parent / "cookiecutter.yaml"
        shortcut = {"here": f"file://{self.folder.parent}/{{0}}.git"}
        paths = {
            "cookiecutters_dir": str(self.folder.parent / "clones"),
            "replay_dir": str(self.folder.parent / "replay"),
        }
        configuration.write_text(json.dumps({**paths, "abbreviations": shortcut}))
        self.environment = {
            **os.environ,
            "COOKIECUTTER_CONFIG": str(configuration),
            "COPIER_CACHE_DIR": str(self.folder.parent / "cache"),
            "PWD": str(self.folder),
            "GIT_ALLOW_PROTOCOL": "file",
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def cookiecutter(
        self,
        template: str,
        answers: Mapping[str, str] = {},
        *options: str,  # noqa: B006  # read only
    ) -> subprocess.CompletedProcess[str]:
        given = [f"{name}={value}" for name, value in answers.items()]
        return self.run("cookiecutter", "--no-input", *options, template, *given)

    def copier(self, template: str, target: str, answers: Mapping[str, str], *options: str) -> Path:
        given = [part for name, value in answers.items() for part in ("-d", f"{name}={value}")]
        done = self.run("copier", "copy", "--trust", "--defaults", "--quiet", *options, *given, template, target)
        assert done.returncode == 0, done.stderr
        return self.folder / target

    def folders(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "work")


def assert_same(generated: Path, expected: Path) -> None:
    ours, theirs = tree(generated), tree(expected)
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} == set()


@pytest.mark.parametrize("answers", ANSWER_SETS.values(), ids=ANSWER_SETS)
def test_copier_and_cookiecutter_write_the_same_bytes(
    commands: Commands, template_repo: Path, answers: dict[str, str]
) -> None:
    done = commands.cookiecutter(str(template_repo), answers)
    assert done.returncode == 0, done.stderr
    [name] = commands.folders()
    assert_same(commands.folder / name, commands.copier(str(template_repo), "copied", answers))


def test_cookiecutter_in_process_generates_the_repository(cookies: Any, template_repo: Path) -> None:
    result = cookies.bake(template=str(template_repo), extra_context={"project_name": "Baked", "deployment": "none"})
    assert (result.exit_code, result.exception) == (0, None)
    recorded = yaml.safe_load((result.project_path / ".copier-answers.yml").read_text())
    assert (recorded["project_name"], recorded["_commit"]) == ("Baked", "v1.0.0")
    assert "gitops" not in recorded, "an answer was recorded that copier would not have asked"
    assert not list(result.project_path.glob("HOOKS*"))
    assert not list(result.project_path.glob(".espalier*"))


@pytest.fixture
def two_versions(tmp_path: Path) -> Path:
    """Return a bare repository, as on a server: v1.0.0, v1.1.0 with one more line, and a branch after it."""
    work = copy_working_tree(tmp_path / "work-tree")
    git(work, "init", "--quiet", "--initial-branch", "main")
    commit(work, "first", "v1.0.0")
    for tag, line in (("v1.1.0", "# second"), ("", "# unreleased")):
        with (work / "template/Makefile").open("a", encoding="utf-8") as makefile:
            makefile.write(line + "\n")
        commit(work, line, tag)
    bare = tmp_path / "espalier.git"
    git(work, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reference", "version"), [(None, "v1.1.0"), ("v1.0.0", "v1.0.0"), ("main", "v1.1.0-1-g")], ids=str
)
def test_a_git_address_with_and_without_a_version(
    commands: Commands, two_versions: Path, reference: str | None, version: str
) -> None:
    address = f"file://{two_versions}"
    to_cookiecutter = ["--checkout", reference] if reference else []
    to_copier = ["--vcs-ref", reference] if reference else []
    done = commands.cookiecutter(address, {}, *to_cookiecutter)
    assert done.returncode == 0, done.stderr
    copied = commands.copier(address, "copied", {}, *to_copier)
    assert_same(commands.folder / "diabetes-progression", copied)
    recorded = yaml.safe_load((copied / ".copier-answers.yml").read_text())
    assert recorded["_commit"].startswith(version)


@pytest.mark.slow
def test_a_shortcut_of_cookiecutters_configuration_is_recorded_as_the_address_behind_it(
    commands: Commands, two_versions: Path
) -> None:
    done = commands.cookiecutter("here:espalier")
    assert done.returncode == 0, done.stderr
    assert_same(commands.folder / "diabetes-progression", commands.copier(f"file://{two_versions}", "copied", {}))


@pytest.mark.slow
@pytest.mark.parametrize("output", [".", "deeper/down"])
def test_a_relative_path_is_recorded_as_the_absolute_one(commands: Commands, template_repo: Path, output: str) -> None:
    relative = os.path.relpath(template_repo, commands.folder)
    done = commands.cookiecutter(relative, {}, "--output-dir", output)
    assert done.returncode == 0, done.stderr
    copied = commands.copier(relative, "copied", {})
    assert_same(commands.folder / output / "diabetes-progression", copied)
    recorded = yaml.safe_load((copied / ".copier-answers.yml").read_text())
    assert recorded["_src_path"] == str(template_repo.resolve())


@pytest.mark.slow
def test_an_update_works_after_cookiecutter(commands: Commands, two_versions: Path) -> None:
    address = f"file://{two_versions}"
    assert commands.cookiecutter(address, {"project_slug": "ours"}, "--checkout", "v1.0.0").returncode == 0
    ours = commands.folder / "ours"
    git(ours, "init", "--quiet")
    commit(ours, "generated")
    done = commands.run("copier", "update", "--trust", "--defaults", "--quiet", str(ours))
    assert done.returncode == 0, done.stderr
    assert (ours / "Makefile").read_text().endswith("# second\n")
    assert yaml.safe_load((ours / ".copier-answers.yml").read_text())["_commit"] == "v1.1.0"


REFUSED = {
    "reserved package": ({"package_name": "json"}, "package_name", "standard library"),
    "server without address": ({"tracking": "server"}, "tracking_uri", "add it"),
    "Argo CD without Kubernetes": ({"gitops": "argocd", "deployment": "none"}, "gitops", "nothing to apply"),
    "device as slug": ({"project_slug": "con"}, "project_slug", "Windows"),
    "path as slug": ({"project_slug": "a/b"}, "project_slug", "as in churn-model"),
    "path to a parent as slug": ({"project_slug": "../out"}, "project_slug", "as in churn-model"),
    "parent as slug": ({"project_slug": ".."}, "project_slug", "as in churn-model"),
    "empty slug": ({"project_slug": ""}, "project_slug", "as in churn-model"),
    "long slug": ({"project_slug": "a" * 5000}, "project_slug", "at most 48"),
    "template as text": ({"description": "costs {{ 7 * 7 }} a day"}, "description", "cookiecutter renders"),
    "line break": ({"description": "two\nlines"}, "description", "line break"),
    "trailing line break": ({"contact": "team\n"}, "contact", "line break"),
    "right-to-left override": ({"contact": "a\u202eb"}, "contact", "reorders"),
    "other choice": ({"task": "clustering"}, "task", "classification"),
}


@pytest.mark.parametrize(("answers", "question", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("force", [False, True], ids=["new", "forced"])
def test_refused_answers_leave_no_file_and_change_no_file(
    commands: Commands, template_repo: Path, answers: dict[str, str], question: str, reason: str, force: bool
) -> None:
    if force:
        mine = commands.folder / "diabetes-progression"
        mine.mkdir()
        (mine / "README.md").write_text("mine\n")
    before = tree(commands.folder.parent)
    done = commands.cookiecutter(str(template_repo), answers, *(["-f"] if force else []))
    assert done.returncode != 0
    output = done.stdout + done.stderr
    assert question in output, output
    assert reason in output, output
    after = {name: content for name, content in tree(commands.folder.parent).items() if not name.startswith("replay/")}
    assert after == before
    assert commands.folders() == (["diabetes-progression"] if force else [])


def test_without_copier_one_line_names_the_command_that_installs_both(
    commands: Commands, template_repo: Path, tmp_path: Path
) -> None:
    """A module of that name that cannot be imported replaces an environment without copier."""
    blocker = tmp_path / "blocker"
    blocker.mkdir()
    (blocker / "copier.py").write_text("raise ModuleNotFoundError('No module named copier')\n")
    commands.environment["PYTHONPATH"] = str(blocker)
    done = commands.cookiecutter(str(template_repo))
    assert done.returncode != 0
    [line] = [line for line in done.stderr.splitlines() if "pip install 'copier>=9.19' 'cookiecutter>=2.7'" in line]
    assert line.startswith("Nothing was generated.")
    assert commands.folders() == []


def test_an_existing_folder_is_kept_without_force_and_completed_with_it(
    commands: Commands, template_repo: Path
) -> None:
    for name in ("diabetes-progression", "copied"):
        mine = commands.folder / name
        (mine / "src/diabetes_progression").mkdir(parents=True)
        (mine / "notes.txt").write_text("mine\n")
        (mine / "Makefile").write_text("all:\n")
        (mine / "README.md").write_text("mine\n")
    done = commands.cookiecutter(str(template_repo))
    assert done.returncode != 0
    assert "already exists" in done.stderr + done.stdout
    assert (commands.folder / "diabetes-progression/Makefile").read_text() == "all:\n"
    done = commands.cookiecutter(str(template_repo), {}, "-f")
    assert done.returncode == 0, done.stderr
    made = commands.folder / "diabetes-progression"
    assert_same(made, commands.copier(str(template_repo), "copied", {}, "--overwrite"))
    assert (made / "notes.txt").read_text() == (made / "README.md").read_text() == "mine\n"
    assert "pipeline:" in (made / "Makefile").read_text()


def test_a_zip_archive_is_refused_because_no_update_could_follow(
    commands: Commands, template_repo: Path, tmp_path: Path
) -> None:
    git(template_repo, "archive", "--prefix", "espalier/", "--output", str(tmp_path / "espalier.zip"), "HEAD")
    done = commands.cookiecutter(str(tmp_path / "espalier.zip"))
    assert done.returncode != 0
    assert "zip archive has no versions" in done.stderr
    assert commands.folders() == []


def hook_functions(template: Path) -> dict[str, Any]:
    """Return the names of pre_gen_project.py, rendered as cookiecutter does without answers; its main does not run."""
    code = (template / "hooks/pre_gen_project.py").read_text()
    code = code.replace('{{ {"given": _cookiecutter, "answers": cookiecutter} | tojson }}', "{}")
    namespace: dict[str, Any] = {"__name__": "hook"}
    exec(compile(code, "pre_gen_project.py", "exec"), namespace)
    return namespace


def test_a_relative_path_that_cannot_be_found_is_refused(
    template_repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of cookiecutter, no folder that the hook searches contains the template."""
    monkeypatch.setenv("PWD", str(tmp_path))
    monkeypatch.setattr(os, "getppid", lambda: 0)  # no process
    with pytest.raises(SystemExit, match=r"\$PWD/not/here"):
        hook_functions(template_repo)["folder"]("not/here", str(tmp_path))


def test_a_relative_path_to_two_templates_is_refused(
    template_repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("one", "two"):
        (tmp_path / place / "espalier").mkdir(parents=True)
        for name in ("copier.yml", "cookiecutter.json"):
            (tmp_path / place / "espalier" / name).touch()
    monkeypatch.setenv("PWD", str(tmp_path / "one"))
    monkeypatch.setattr(os, "getppid", lambda: 0)
    functions = hook_functions(template_repo)
    assert functions["folder"]("espalier", str(tmp_path / "one")) == tmp_path / "one/espalier"
    with pytest.raises(SystemExit, match="give an absolute path"):
        functions["folder"]("espalier", str(tmp_path / "two"))


@pytest.mark.parametrize(
    ("template", "clone", "expected"),
    [
        ("https://github.com/o/espalier", "", "https://github.com/o/espalier"),
        ("https://git.example.org/o/espalier", "", "git+https://git.example.org/o/espalier"),
        ("https://git.example.org/o/espalier.git", "", "https://git.example.org/o/espalier.git"),
        ("git@github.com:o/espalier.git", "", "git@github.com:o/espalier.git"),
        ("ssh://git@host/o/espalier", "", "git+ssh://git@host/o/espalier"),
        ("git+https://host/o/espalier", "", "git+https://host/o/espalier"),
        ("gh:o/espalier", "https://github.com/o/espalier.git", "gh:o/espalier"),
        ("gh:o/espalier", "https://github.acme.example/o/espalier.git", "https://github.acme.example/o/espalier.git"),
        ("gl:o/espalier", "https://gitlab.com/o/espalier.git", "gl:o/espalier"),
        ("bb:o/espalier", "https://bitbucket.org/o/espalier", "git+https://bitbucket.org/o/espalier"),
        ("espalier", "https://github.com/o/espalier.git", "https://github.com/o/espalier.git"),
    ],
)
def test_copier_gets_the_source_that_a_user_would_type(
    template_repo: Path, tmp_path: Path, template: str, clone: str, expected: str
) -> None:
    if clone:
        git(tmp_path, "init", "--quiet")
        git(tmp_path, "remote", "add", "origin", clone)
    assert hook_functions(template_repo)["source"](template, str(tmp_path), "/nowhere") == expected
