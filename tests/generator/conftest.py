"""Copies of the template, and functions that generate from them."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import copier
import pytest

from support.generator import Render, commit, git
from support.working_tree import ROOT, copy_working_tree


@pytest.fixture(scope="session")
def questionnaire(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the questions without the template's files, to validate answers quickly."""
    folder = tmp_path_factory.mktemp("asked") / "espalier"
    for name in ("copier.yml", "ownership.generated.yml", "reserved_names.yml", "macros"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        folder.mkdir(exist_ok=True)
        copy(source, folder / name)
    (folder / "template").mkdir()
    return folder


@pytest.fixture(scope="session")
def template_repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template as a git repository with one version, v1.0.0. Tests do not write to it."""
    folder = copy_working_tree(tmp_path_factory.mktemp("git") / "espalier")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "first version", "v1.0.0")
    return folder


def renderer(template: Path, folders: pytest.TempPathFactory) -> Render:
    """Return a function that generates from a plain folder, without the task."""

    def render(answers: Mapping[str, str] = {}, /, **more: str) -> Path:  # noqa: B006  # read only
        target = folders.mktemp("rendered") / "repository"
        data = {**answers, **more}
        copier.run_copy(str(template), target, data, defaults=True, quiet=True, skip_tasks=True)
        return target

    return render


@pytest.fixture
def render(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Return a function that generates without the task, from the plain folder."""
    return renderer(template_folder, tmp_path_factory)


@pytest.fixture
def render_what_varies(template_folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Return a function that generates only the files that depend on an answer in content or name."""
    folder = Path(shutil.copytree(template_folder, tmp_path / "espalier", symlinks=True))
    for path in (folder / "template").rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file() and path.suffix != ".jinja" and "[" not in name:
            path.unlink()
    return renderer(folder, tmp_path_factory)


@pytest.fixture
def refusal(questionnaire: Path, tmp_path: Path) -> Callable[..., str | None]:
    """Return a function from answers to copier's message, None if it accepts them. Nothing is rendered."""

    def refusal(answers: Mapping[str, object] = {}, /, **more: object) -> str | None:  # noqa: B006  # read only
        target = tmp_path / "asked"
        try:
            copier.run_copy(
                str(questionnaire),
                target,
                {**answers, **more},
                defaults=True,
                quiet=True,
                skip_tasks=True,
                pretend=True,
            )
        except (ValueError, TypeError, copier.errors.CopierError) as error:
            assert not target.exists(), "an answer was refused after something had been written"
            return str(error)
        return None

    return refusal
