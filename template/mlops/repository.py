"""What git and the working tree say: which commit, whether it was changed, and a digest of the code itself."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import MlopsError
from mlops.gates.core import digests

# What a model and the evidence about it are made of, besides the data.
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
        """Output of a git command, or None where it fails (no repository, no commit, no such object).

        Raises:
            MlopsError: there is no git: what the evidence is of could not be said.
        """
        command = ["git", "-C", str(self.root), *arguments]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
        except FileNotFoundError as error:
            raise MlopsError("git is not installed: evidence must name the commit that it is of") from error
        return result.stdout.strip() if result.returncode == 0 else None

    @property
    def commit(self) -> str | None:
        return self.git("rev-parse", "--verify", "--quiet", "HEAD") if self.is_git else None

    @property
    def is_git(self) -> bool:
        """True when git's top folder is this one: a repository around it says nothing about this code."""
        top = self.git("rev-parse", "--show-toplevel")
        return top is not None and Path(top).resolve() == self.root.resolve()

    @property
    def dirty(self) -> bool:
        """True when a file of CODE differs from the commit, or there is no commit."""
        return self.commit is None or bool(self.git("status", "--porcelain", "--", *CODE))

    def contains(self, commit: str) -> bool:
        """True when ``commit`` is HEAD or before it."""
        return self.git("merge-base", "--is-ancestor", commit, "HEAD") is not None

    @property
    def code_digest(self) -> str:
        """``digests.of_files`` over CODE as it lies in the working tree."""
        files: list[Path] = []
        for name in CODE:
            path = self.root / name
            files += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        return digests.of_files(self.root, (file for file in files if "__pycache__" not in file.parts))
