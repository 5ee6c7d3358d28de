"""The files and folders of a repository, walked once.

Not looked at: folders that tools create (``IGNORED``), everything that the repository's own .gitignore files name, and
targets of symbolic links outside the repository.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from .parse import ignore
from .source import Entry, Kind, Problem, read

MAX_FILES = 50_000  # of one repository; a repository with more contains a folder of data

IGNORED = frozenset(
    [
        ".git",
        ".hg",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        "node_modules",
        "mlruns",
        "mlartifacts",
        ".terraform",
        ".ipynb_checkpoints",
        ".eggs",
        ".idea",
    ]
)
IGNORED_AT_ROOT = frozenset(["mlruns.db", ".dvc/cache", ".dvc/tmp", "build", "dist"])
IGNORED_WITHOUT_GITIGNORE = frozenset(["data", "models"])  # a .gitignore lists their files that are in git (*.dvc)


class UnusableRepositoryError(Exception):
    """The path contains nothing that can be checked."""


class FileTree:
    """The files and folders below one root; the walk happens at creation."""

    def __init__(self, root: Path) -> None:
        """Walk the tree below ``root``, which must be a real path."""
        self.root = root
        self.files: dict[str, Entry] = {}
        self.folders: set[str] = set()
        self.problems: list[Problem] = []  # found while walking
        self.patterns: list[ignore.Pattern] = []
        self._walk()

    def _walk(self) -> None:
        queue = [""]
        while queue:
            folder = queue.pop()
            try:
                with os.scandir(self.root / folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                if not folder:
                    raise
                self.problems.append(Problem(folder, 1, f"folder cannot be listed: {error.strerror}"))
                continue
            prefix = f"{folder}/" if folder else ""
            if any(entry.name == ".gitignore" for entry in entries):
                source = read(str(self.root), Entry(prefix + ".gitignore", 0, False, None))
                self.patterns += ignore.git_patterns(source.text or "" if source else "", folder)
            below = [self._visit(prefix + entry.name, entry) for entry in entries]
            queue.extend(path for path in reversed(below) if path)
            if len(self.files) > MAX_FILES:
                raise UnusableRepositoryError(
                    f"{self.root} has more than {MAX_FILES} files: is it a repository's root?"
                )

    def _visit(self, path: str, entry: os.DirEntry[str]) -> str | None:
        """Record one entry; return its path if it is a folder to walk."""
        folder = entry.is_dir(follow_symlinks=False)
        if self._skipped(path, folder):
            return None
        if folder:
            self.folders.add(path)
            return path
        status = entry.stat(follow_symlinks=False)
        link = None
        if stat.S_ISLNK(status.st_mode):
            link = os.readlink(entry.path)
            self._check_link(path, link)
        elif not stat.S_ISREG(status.st_mode):
            self.problems.append(Problem(path, 1, "is not a file or a folder (but a pipe, socket or device)"))
            return None
        self.files[path] = Entry(path, status.st_size, bool(status.st_mode & 0o111), link)
        return None

    def _check_link(self, path: str, link: str) -> None:
        target = os.path.realpath(self.root / path)
        inside = target == str(self.root) or target.startswith(str(self.root) + os.sep)
        if not inside or os.path.isabs(link):
            self.problems.append(Problem(path, 1, f"symbolic link points out of the repository, to '{link}'"))
        elif not os.path.exists(target):
            self.problems.append(Problem(path, 1, f"symbolic link points to '{link}', which does not exist"))

    def _skipped(self, path: str, folder: bool) -> bool:
        name = path.rpartition("/")[2]
        if path in IGNORED_AT_ROOT or (folder and (name in IGNORED or name.endswith(".egg-info"))):
            return True
        if path in IGNORED_WITHOUT_GITIGNORE and not self.patterns:
            return True
        return ignore.ignored(self.patterns, path, folder)

    def exists(self, path: str) -> bool:
        """Return whether the repository contains the file or folder, not only a link to a place outside."""
        return self.is_file(path) or self.is_folder(path)

    def is_file(self, path: str) -> bool:
        """Return whether the file exists, also in an ignored folder."""
        return path in self.files or self._on_disk(path, os.path.isfile)

    def is_folder(self, path: str) -> bool:
        """Return whether the folder exists, also an ignored one."""
        return path in ("", ".") or path in self.folders or self._on_disk(path, os.path.isdir)

    def _on_disk(self, path: str, test: Callable[[str], bool]) -> bool:
        try:
            place = f"{self.root}/{path}"
            return test(place) and os.path.realpath(place).startswith(str(self.root) + os.sep)
        except (OSError, ValueError):
            return False

    def is_ignored(self, path: str) -> bool:
        """Return whether git, or this check, ignores the path: a run may then create it."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            ancestor = "/".join(parts[:depth])
            if self._skipped(ancestor, True) or (depth == len(parts) and self._skipped(ancestor, False)):
                return True
        return False

    def named(self, *names: str) -> list[str]:
        """Return the paths of the files with one of these names, at any depth."""
        return [path for path in self.files if path.rpartition("/")[2] in names]

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Return the paths of the files of these kinds, without links: the check reads their targets."""
        return [path for path, entry in self.files.items() if entry.kind in kinds and entry.link is None]


def path_from_root(folder: str, path: str) -> str | None:
    """Return the path from the root, None if it leaves the repository or does not start in it."""
    if path.startswith(("/", "~")) or "\0" in path:
        return None
    parts: list[str] = []
    for part in PurePosixPath(folder, path).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
