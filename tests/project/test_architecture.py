"""The architecture page and CONTRIBUTING name files that exist, and all scripts and links that they describe."""

import re
from pathlib import Path

import pytest

from support.working_tree import ROOT

ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [ARCHITECTURE, ROOT / "CONTRIBUTING.md"]
# Files of a generated repository, of the reader's machine, or that a reader of a recipe creates.
ELSEWHERE = re.compile(r"^(?:reports/|releases/|src/<package>/|model_gates\.yaml$|params\.yaml$|dvc\.lock$|~)|[<>…]")
PATH = re.compile(
    r"^[\w.*~<>{}\[\]-]+(?:/[\w.*<>{}\[\] -]*)+$|^[\w-]+\.(?:md|py|yml|yaml|toml|txt|json)$|^\.[a-z]+/[\w/]+$"
)


def named_paths(page: Path) -> set[str]:
    """Paths in backticks, outside of blocks of code."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text())
    return {code for code in re.findall(r"`([^`\n]+)`", text) if PATH.match(code) and not ELSEWHERE.search(code)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_on_the_page_exists(page: Path) -> None:
    paths = named_paths(page)
    assert len(paths) > 15
    missing = {path for path in paths if not list(ROOT.glob(path.rstrip("/")))}
    assert missing == set()


def test_the_architecture_page_names_every_script_that_writes_files() -> None:
    scripts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "scripts").glob("write_*.py")}
    assert scripts <= named_paths(ARCHITECTURE)


def test_the_architecture_page_names_every_symbolic_link_of_the_template() -> None:
    folders = [path for path in (ROOT / "template").rglob("*") if path.is_symlink() and path.is_dir()]
    links = {path.relative_to(ROOT).as_posix() for path in folders if ".venv" not in path.parts}
    assert links
    assert links <= named_paths(ARCHITECTURE)


def test_contributing_names_every_top_level_folder() -> None:
    hidden = {"build", "dist", "node_modules"}
    folders = {
        path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in ".{" and path.name not in hidden
    }
    named = {path.split("/")[0] for path in named_paths(ROOT / "CONTRIBUTING.md")}
    assert folders - named == set()


def test_readme_and_contributing_link_to_the_architecture_page() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        assert "(docs/architecture.md)" in (ROOT / page).read_text(), page
