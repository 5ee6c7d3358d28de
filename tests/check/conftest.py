"""Small repositories for tests that add defects."""

from pathlib import Path

import pytest

from support.check_repository import SOUND, RepoBuilder


@pytest.fixture
def empty(tmp_path: Path) -> RepoBuilder:
    """An empty folder."""
    root = tmp_path / "repository"
    root.mkdir()
    return RepoBuilder(root)


@pytest.fixture
def repo(empty: RepoBuilder) -> RepoBuilder:
    """A small consistent repository: no rule reports a finding."""
    for path, text in SOUND.items():
        empty.write(path, text)
    empty.write("scripts/smoke.sh", "#!/bin/sh\nset -eu\nmake gates\n", executable=True)
    return empty
