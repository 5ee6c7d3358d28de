"""The repository as the rules see it: walked once, each file read once and parsed once, nothing followed outside.

What is not looked at: folders that tools make (``IGNORED``), what the repository's own .gitignore files name, and
whatever a symbolic link points to outside. A file over ``MAX_BYTES`` is known by name but not read.
"""

import os
import stat
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from .parse import ignore

MAX_BYTES = 1 << 20  # 1 MiB; the largest file of a generated repository, its lock, has some ten kilobytes
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

T = TypeVar("T")


class UnusableRepositoryError(Exception):
    """There is nothing at the path that could be checked."""


class Kind(Enum):
    """How a file is read, told by its name."""

    PYTHON = "Python"
    YAML = "YAML"
    TOML = "TOML"
    JSON = "JSON"
    HCL = "HCL"
    TEXT = "text"
    OTHER = "unknown"


SUFFIXES = {
    ".py": Kind.PYTHON,
    ".pyi": Kind.PYTHON,
    ".yaml": Kind.YAML,
    ".yml": Kind.YAML,
    ".dvc": Kind.YAML,
    ".toml": Kind.TOML,
    ".json": Kind.JSON,
    ".ipynb": Kind.JSON,
    ".tf": Kind.HCL,
    ".tfvars": Kind.HCL,
    ".hcl": Kind.HCL,
    **dict.fromkeys([".md", ".sh", ".txt", ".cfg", ".ini", ".csv", ".mk", ".rego", ".jinja"], Kind.TEXT),
}
NAMES = {
    "dvc.lock": Kind.YAML,
    "Pipfile.lock": Kind.JSON,
    **dict.fromkeys(["Makefile", "Dockerfile", "Jenkinsfile", "CODEOWNERS", "LICENSE"], Kind.TEXT),
    **dict.fromkeys([".gitignore", ".dvcignore", ".dockerignore", ".editorconfig"], Kind.TEXT),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the repository."""

    path: str
    size: int  # bytes
    executable: bool
    link: str | None  # where a symbolic link points, as it is written

    @property
    def kind(self) -> Kind:
        name = self.path.rpartition("/")[2]
        return NAMES.get(name) or SUFFIXES.get(os.path.splitext(name)[1].lower(), Kind.OTHER)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file cannot be used; a notice where nothing is wrong with the file itself."""

    path: str
    line: int
    message: str
    notice: bool = False


@dataclass(slots=True)
class Source:
    """A file's bytes, and its text where it is text."""

    data: bytes
    text: str | None
    problem: Problem | None = None
    _lines: list[str] | None = field(default=None, repr=False)
    _lower: str | None = field(default=None, repr=False)

    @property
    def lower(self) -> str:
        """The text in lower case: whether it can hold a match at all is then told without a pattern."""
        if self._lower is None:
            self._lower = (self.text or "").lower()
        return self._lower

    @property
    def lines(self) -> list[str]:
        """The lines of the text, split at line feeds only, as line numbers are counted."""
        if self._lines is None:
            self._lines = (self.text or "").split("\n")
        return self._lines


class Repo:
    """One repository. Everything is lazy, and every answer is kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Entry] = {}
        self.folders: set[str] = set()
        self.problems: list[Problem] = []  # found while walking
        self.patterns: list[ignore.Pattern] = []
        self._sources: dict[str, Source | None] = {}
        self._values: dict[object, Any] = {}

    @classmethod
    def open(cls, path: Path) -> "Repo":
        """Walk the folder.

        Raises:
            UnusableRepositoryError: it is no folder, cannot be listed, or holds no file.
        """
        try:
            if not path.is_dir():
                what = "is not a folder" if path.exists() else "does not exist"
                raise UnusableRepositoryError(f"{path} {what}: give the root of a generated repository")
            repo = cls(Path(os.path.realpath(path)))
            repo._walk()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise UnusableRepositoryError(f"{path} cannot be read: {error}") from error
        if not repo.files:
            raise UnusableRepositoryError(f"{path} holds no file: give the root of a generated repository")
        return repo

    def once(self, build: "Callable[[Repo], T]") -> T:
        """What ``build`` makes of this repository, computed at the first call."""
        if build not in self._values:
            self._values[build] = build(self)
        value: T = self._values[build]
        return value

    # -- the tree

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
                source = self._load(prefix + ".gitignore")
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

    # -- their content

    def source(self, path: str) -> Source | None:
        """The content of a file, None where there is no such file or it cannot be opened."""
        if path not in self._sources:
            self._sources[path] = self._load(path) if path in self.files else None
        return self._sources[path]

    def text(self, path: str) -> str:
        """The text of a file, empty where there is none."""
        source = self.source(path)
        return (source.text or "") if source else ""

    def _load(self, path: str) -> Source | None:
        entry = self.files.get(path) or Entry(path, 0, False, None)
        try:
            place = f"{self.root}/{path}"
            if entry.link is not None:
                place = os.path.realpath(place)
                if not place.startswith(str(self.root) + os.sep) or not os.path.isfile(place):
                    return None
            with open(place, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            return Source(b"", None, Problem(path, 1, f"cannot be read: {error.strerror}"))
        if len(data) > MAX_BYTES:
            size = f"{entry.size / MAX_BYTES:.1f} MiB" if entry.size > MAX_BYTES else "over 1 MiB"
            return Source(b"", None, Problem(path, 1, f"{size}: files over 1 MiB are not checked", notice=True))
        return self._decode(path, entry.kind, data)

    @staticmethod
    def _decode(path: str, kind: Kind, data: bytes) -> Source:
        text, problem = None, None
        zero = data.find(b"\0")
        if zero >= 0:
            line, reason = data.count(b"\n", 0, zero) + 1, "holds a NUL byte"
        else:
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError as error:
                line, reason = data.count(b"\n", 0, error.start) + 1, f"is not UTF-8 (byte 0x{data[error.start]:02x})"
        if text is None and kind is not Kind.OTHER:
            problem = Problem(path, line, f"{reason}, but its name says {kind.value}")
        return Source(data, text, problem)

    def texts(self) -> Iterator[tuple[str, Source]]:
        """Every file that is text, links left out."""
        for path, entry in self.files.items():
            if entry.link is None:
                source = self.source(path)
                if source is not None and source.text is not None:
                    yield path, source

    def yaml(self, path: str) -> "Any":
        """The YAML file (``parse.yaml_.YamlFile``), an empty one where there is none."""
        from .parse import yaml_

        key = ("yaml", path)
        if key not in self._values:
            self._values[key] = yaml_.parse(self.text(path))
        return self._values[key]

    def toml(self, path: str) -> dict[str, Any]:
        """The TOML file, empty where it is absent or broken."""
        return self.toml_or_error(path)[0]

    def toml_or_error(self, path: str) -> tuple[dict[str, Any], str | None]:
        """The TOML file and why it could not be read."""
        key = ("toml", path)
        if key not in self._values:
            try:
                self._values[key] = (tomllib.loads(self.text(path)), None)
            except RecursionError:
                self._values[key] = ({}, "nested too deeply")
            except ValueError as error:  # a TOMLDecodeError, or a number with thousands of digits
                self._values[key] = ({}, str(error))
        value: tuple[dict[str, Any], str | None] = self._values[key]
        return value

    def python(self, path: str) -> "Any":
        """The ``ast.Module`` of a Python file, None where it is absent or broken."""
        import ast
        import warnings

        key = ("python", path)
        if key not in self._values:
            tree = None
            if path in self.files:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        tree = ast.parse(self.text(path))
                    except (SyntaxError, ValueError, RecursionError, MemoryError):
                        tree = None  # FILE101 reports it
            self._values[key] = tree
        return self._values[key]

    def find_line(self, path: str, *needles: str) -> int:
        """The line of the last needle, each searched from where the one before was found; 1 where one is missing."""
        text, at = self.text(path), 0
        for needle in needles:
            found = text.find(needle, at)
            if found < 0:
                return text.count("\n", 0, at) + 1
            at = found
        return text.count("\n", 0, at) + 1

    @cached_property
    def answers(self) -> dict[str, Any]:
        """What copier recorded, empty where nothing was recorded."""
        from .parse.yaml_ import as_map

        return dict(as_map(self.yaml(ANSWERS).first))

    def answer(self, name: str) -> str | None:
        """One answer that is a non-empty text."""
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
        """The name of the team's package as pyproject.toml gives it."""
        name = self.settings.get("package")
        return name if isinstance(name, str) and name else None


ANSWERS = ".copier-answers.yml"


def join(folder: str, path: str) -> str | None:
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
