"""Small repositories to plant defects in."""

from pathlib import Path

import pytest

from support.check_repository import SOUND, RepoBuilder


@pytest.fixture
def empty(tmp_path: Path) -> RepoBuilder:
    """A folder that holds nothing yet."""
    root = tmp_path / "repository"
    root.mkdir()
    return RepoBuilder(root)


@pytest.fixture
def repo(empty: RepoBuilder) -> RepoBuilder:
    """A small repository in which everything fits together: no rule finds anything."""
    for path, text in SOUND.items():
        empty.write(path, text)
    empty.write("scripts/smoke.sh", "#!/bin/sh\nset -eu\nmake gates\n", executable=True)
    return empty
