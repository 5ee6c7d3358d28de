"""Scratch copies of the template, and the two ways to ask it for a repository."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import copier
import pytest

from support.generator import Render, commit, git
from support.working_tree import ROOT, copy_working_tree


@pytest.fixture(scope="session")
def questionnaire(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The questions without the files that they are asked for, to hear answers judged quickly."""
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
    """The template as a git repository with one version, v1.0.0. Tests do not write to it."""
    folder = copy_working_tree(tmp_path_factory.mktemp("git") / "espalier")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "first version", "v1.0.0")
    return folder


def renderer(template: Path, folders: pytest.TempPathFactory) -> Render:
    """Generates from a plain folder, without the task."""

    def render(answers: Mapping[str, str] = {}, /, **more: str) -> Path:  # noqa: B006  # read only
        target = folders.mktemp("rendered") / "repository"
        data = {**answers, **more}
        copier.run_copy(str(template), target, data, defaults=True, quiet=True, skip_tasks=True)
        return target

    return render


@pytest.fixture
def render(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Generate without the task, from the plain folder."""
    return renderer(template_folder, tmp_path_factory)


@pytest.fixture
def render_what_varies(template_folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Generate only what an answer can change: each file that copier renders, or names by an answer."""
    folder = Path(shutil.copytree(template_folder, tmp_path / "espalier", symlinks=True))
    for path in (folder / "template").rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file() and path.suffix != ".jinja" and "[" not in name:
            path.unlink()
    return renderer(folder, tmp_path_factory)


@pytest.fixture
def refusal(questionnaire: Path, tmp_path: Path) -> Callable[..., str | None]:
    """What copier says against some answers, None where it takes them. Nothing is rendered, only asked."""

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
