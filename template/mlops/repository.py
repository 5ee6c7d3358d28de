"""The state of git and of the working tree: the commit, whether files differ from it, and a digest of the code."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import MlopsError
from mlops.gates.core import digests

# Paths that a model and the evidence about it depend on, besides the data.
CODE = (
    "src",
    "mlops",
    "params.yaml",
    "pyproject.toml",
    "constraints.txt",
    "tests/critical_cases.csv",
    "docs/model_card.md",
)


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository at ``root``; without git, or before its first commit, ``commit`` is None."""

    root: Path

    def git(self, *arguments: str) -> str | None:
        """Return the output of a git command, or None if it fails (no repository, no commit, no such object).

        Raises:
            MlopsError: git is not installed, so the commit of the evidence is not known.
        """
        command = ["git", "-C", str(self.root), *arguments]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
        except FileNotFoundError as error:
            raise MlopsError("git is not installed: evidence must name its commit") from error
        return result.stdout.strip() if result.returncode == 0 else None

    @property
    def commit(self) -> str | None:
        """Return the digest of HEAD, or None."""
        return self.git("rev-parse", "--verify", "--quiet", "HEAD") if self.is_git else None

    @property
    def is_git(self) -> bool:
        """Return whether this is git's top folder: a repository around it does not describe this code."""
        top = self.git("rev-parse", "--show-toplevel")
        return top is not None and Path(top).resolve() == self.root.resolve()

    @property
    def dirty(self) -> bool:
        """Return whether a file of CODE differs from the commit, or there is no commit."""
        return self.commit is None or bool(self.git("status", "--porcelain", "--", *CODE))

    def contains(self, commit: str) -> bool:
        """Return whether ``commit`` is HEAD or an ancestor of it."""
        return self.git("merge-base", "--is-ancestor", commit, "HEAD") is not None

    @property
    def code_digest(self) -> str:
        """Return ``digests.of_files`` of CODE in the working tree."""
        files: list[Path] = []
        for name in CODE:
            path = self.root / name
            files += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        return digests.of_files(self.root, (file for file in files if "__pycache__" not in file.parts))
