"""The commands in README, tutorial and how-tos work when they are run in the order of the page.

They run in an empty home with a PATH that contains git, make, uv, Python, copier and cookiecutter. They use the
documented address of the template, which git's configuration redirects to a local repository.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.doc_pages import SHELL, blocks, script
from support.working_tree import ROOT, copy_working_tree

pytestmark = [pytest.mark.slow, pytest.mark.long(place=4)]

ADDRESS = "https://github.com/espalier-ml/espalier.git"
HOW_TOS = sorted(
    path.stem
    for path in (ROOT / "docs" / "how-to").glob("*.md")
    if path.stem != "update" and any(block.language in SHELL and not block.not_run for block in blocks(path))
)


@dataclass(frozen=True)
class Newcomer:
    """A machine with few programs, and the template as a git repository with versions."""

    home: Path
    template: Path
    environment: dict[str, str]

    def type(self, page: Path, folder: Path) -> str:
        """Run the commands of a page and return their output.

        Raises:
            AssertionError: a command failed; the message contains the end of the output.
        """
        done = subprocess.run(
            ["bash"],
            input=script(page),
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        assert done.returncode == 0, f"{page.name} ended with {done.returncode}:\n{done.stdout[-5000:]}"
        return done.stdout

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", "-C", str(self.template), *arguments], env=self.environment, check=True)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str], with_uv: Path) -> Newcomer:
    base = tmp_path_factory.mktemp("newcomer")
    programs = base / "bin"
    programs.mkdir()
    for name in ("copier", "cookiecutter"):
        (programs / name).symlink_to(tool(name))
    (programs / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    cache = subprocess.run([tool("uv"), "cache", "dir"], capture_output=True, text=True, check=True)
    passed_on = {n: v for n, v in os.environ.items() if n.startswith(("PIP_", "UV_", "SSL_", "HTTP", "http", "LANG"))}
    environment = {
        **passed_on,
        "HOME": str(base / "home"),
        "PATH": os.pathsep.join([str(programs), str(with_uv), "/usr/local/bin", "/usr/bin", "/bin"]),
        "UV_CACHE_DIR": cache.stdout.strip(),
    }
    (base / "home").mkdir()
    (base / "home" / ".gitconfig").write_text(
        f'[user]\nname = Newcomer\nemail = newcomer@localhost\n[url "{base / "espalier"}"]\ninsteadOf = {ADDRESS}\n'
    )
    made = Newcomer(base / "home", base / "espalier", environment)
    copy_working_tree(made.template)
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "as it is now")
    made.git("tag", "v0.1.0")
    return made


@pytest.fixture(scope="module")
def followed(newcomer: Newcomer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The repository that the tutorial generates, and the output of its commands."""
    folder = tmp_path_factory.mktemp("tutorial")
    shown = newcomer.type(ROOT / "docs" / "tutorial" / "first-repository.md", folder)
    return folder / "diabetes", shown


def test_the_readme_generates_two_repositories_and_a_verdict(newcomer: Newcomer, tmp_path: Path) -> None:
    shown = newcomer.type(ROOT / "README.md", tmp_path)
    assert "VERDICT PASS" in shown
    assert (tmp_path / "my-model" / "reports" / "report.html").is_file()
    assert (tmp_path / "my-model" / "my-other-model" / ".copier-answers.yml").is_file()


def test_the_tutorial_prints_the_documented_output(followed: tuple[Path, str]) -> None:
    repository, shown = followed
    assert shown.index("VERDICT PASS") < shown.index("exit code 1") < shown.index("refused")
    again = shown[shown.index("VERDICT PASS") : shown.index("exit code 1")]
    assert "Data and pipelines are up to date." in again
    predictions = (repository / "predictions.csv").read_text().splitlines()
    assert (len(predictions), "score" in predictions[0]) == (4, True)
    assert "This repository is at level" in shown


@pytest.mark.parametrize("name", HOW_TOS)
def test_a_how_to_has_its_documented_result(
    name: str, newcomer: Newcomer, followed: tuple[Path, str], tmp_path: Path
) -> None:
    repository = tmp_path / "diabetes"
    shutil.copytree(followed[0], repository, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    (repository / ".venv").symlink_to(followed[0] / ".venv")
    shown = newcomer.type(ROOT / "docs" / "how-to" / f"{name}.md", repository)
    expected = {
        "add-a-metric": "savings",
        "apply-for-the-first-time": "bootstrap",
        "judge-another-trainer": "VERDICT PASS",
        "release-with-a-canary": "kind: Rollout\n  replicas: 3",
        "replace-the-data": "569 rows",
        "replace-the-model": "VERDICT",
        "tracking-server": "version 1 registered",
    }
    assert expected[name] in shown


def test_an_update_applies_the_changes_of_the_template_and_keeps_the_teams(
    newcomer: Newcomer, followed: tuple[Path, str]
) -> None:
    repository, _ = followed
    makefile = newcomer.template / "template" / "Makefile"
    makefile.write_text(makefile.read_text() + "# of the next version\n")
    newcomer.git("commit", "--quiet", "--all", "--message", "the next version")
    newcomer.git("tag", "v0.2.0")
    gates = repository / "model_gates.yaml"
    gates.write_text(gates.read_text() + "# ours\n")
    newcomer.type(ROOT / "docs" / "how-to" / "update.md", repository)
    assert "# of the next version" in (repository / "Makefile").read_text()
    assert "# ours" in gates.read_text()
    assert "_commit: v0.2.0" in (repository / ".copier-answers.yml").read_text()
