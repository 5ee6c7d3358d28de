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

MAX_FILES = 50_000  # of one repository; beyond it a folder of data has been taken for source

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
IGNORED_WITHOUT_GITIGNORE = frozenset(["data", "models"])  # a .gitignore says itself what of them git holds (*.dvc)


class UnusableRepositoryError(Exception):
    """The path holds nothing that can be checked."""


class FileTree:
    """The files and folders below one root; the walk happens at creation."""

    def __init__(self, root: Path) -> None:
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
        """Note one entry; returns its path where it is a folder to walk."""
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
            self._judge_link(path, link)
        elif not stat.S_ISREG(status.st_mode):
            self.problems.append(Problem(path, 1, "is neither a file nor a folder (a pipe, socket or device)"))
            return None
        self.files[path] = Entry(path, status.st_size, bool(status.st_mode & 0o111), link)
        return None

    def _judge_link(self, path: str, link: str) -> None:
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
        """Whether the repository holds the file or folder; a link out of it holds nothing."""
        return self.is_file(path) or self.is_folder(path)

    def is_file(self, path: str) -> bool:
        """Whether there is a file, in an ignored folder too."""
        return path in self.files or self._on_disk(path, os.path.isfile)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder, an ignored one too."""
        return path in ("", ".") or path in self.folders or self._on_disk(path, os.path.isdir)

    def _on_disk(self, path: str, test: Callable[[str], bool]) -> bool:
        try:
            place = f"{self.root}/{path}"
            return test(place) and os.path.realpath(place).startswith(str(self.root) + os.sep)
        except (OSError, ValueError):
            return False

    def is_ignored(self, path: str) -> bool:
        """Whether git, or this check, leaves the path out: it may then be made by a run."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            ancestor = "/".join(parts[:depth])
            if self._skipped(ancestor, True) or (depth == len(parts) and self._skipped(ancestor, False)):
                return True
        return False

    def named(self, *names: str) -> list[str]:
        """Paths of the files with one of these names, at any depth."""
        return [path for path in self.files if path.rpartition("/")[2] in names]

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Paths of the files that are read this way, links left out: what they point to is looked at itself."""
        return [path for path, entry in self.files.items() if entry.kind in kinds and entry.link is None]


def path_from_root(folder: str, path: str) -> str | None:
    """The path as seen from the root, None where it leaves the repository or does not start in it."""
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
