"""One repository as the rules see it: its files (FileTree), their content (Documents), and its recorded settings."""

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from .documents import Documents
from .file_tree import UnusableRepositoryError

ANSWERS = ".copier-answers.yml"

T = TypeVar("T")


class Repo(Documents):
    """One repository. Everything is computed at the first use and then kept."""

    def __init__(self, root: Path) -> None:
        """Walk the tree; use ``open`` for a path from a user."""
        super().__init__(root)
        self._values: dict[object, Any] = {}

    @classmethod
    def open(cls, path: Path) -> "Repo":
        """Walk the folder.

        Raises:
            UnusableRepositoryError: it is not a folder, cannot be listed, or contains no file.
        """
        try:
            if not path.is_dir():
                what = "is not a folder" if path.exists() else "does not exist"
                raise UnusableRepositoryError(f"{path} {what}: give the root of a generated repository")
            repo = cls(Path(os.path.realpath(path)))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise UnusableRepositoryError(f"{path} cannot be read: {error}") from error
        if not repo.files:
            raise UnusableRepositoryError(f"{path} contains no file: give the root of a generated repository")
        return repo

    def once(self, build: "Callable[[Repo], T]") -> T:
        """Return ``build(self)``, computed at the first call."""
        if build not in self._values:
            self._values[build] = build(self)
        value: T = self._values[build]
        return value

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The answers that copier recorded, empty if there are none."""
        from .parse.yaml_ import as_map

        return dict(as_map(self.yaml(ANSWERS).first))

    def answer(self, name: str) -> str | None:
        """Return one answer if it is a non-empty text."""
        value = self.answers.get(name)
        return str(value) if isinstance(value, str) and value else None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """``[tool.mlops]`` of pyproject.toml."""
        tool = self.toml("pyproject.toml").get("tool")
        section = tool.get("mlops") if isinstance(tool, dict) else None
        return section if isinstance(section, dict) else {}

    @property
    def package(self) -> str | None:
        """The name of the team's package in pyproject.toml."""
        name = self.settings.get("package")
        return name if isinstance(name, str) and name else None
