"""One file of a repository: its name, how it is read, its bytes and its text."""

import os
from dataclasses import dataclass, field
from enum import Enum

MAX_BYTES = 1 << 20  # 1 MiB; the largest file of a generated repository, its lock, has about ten kilobytes


class Kind(Enum):
    """How a file is read, derived from its name."""

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
    link: str | None  # the target of a symbolic link, as it is written

    @property
    def kind(self) -> Kind:
        """How the file is read."""
        name = self.path.rpartition("/")[2]
        return NAMES.get(name) or SUFFIXES.get(os.path.splitext(name)[1].lower(), Kind.OTHER)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file cannot be used; a notice if nothing is wrong with the file itself."""

    path: str
    line: int
    message: str
    notice: bool = False


@dataclass(slots=True)
class Source:
    """A file's bytes, and its text if it is a text file."""

    data: bytes
    text: str | None
    problem: Problem | None = None
    _lines: list[str] | None = field(default=None, repr=False)
    _lower: str | None = field(default=None, repr=False)

    @property
    def lower(self) -> str:
        """The text in lower case, for a quick test before a pattern is tried."""
        if self._lower is None:
            self._lower = (self.text or "").lower()
        return self._lower

    @property
    def lines(self) -> list[str]:
        """The lines of the text, split at line feeds only, as line numbers are counted."""
        if self._lines is None:
            self._lines = (self.text or "").split("\n")
        return self._lines


def read(root: str, entry: Entry) -> Source | None:
    """Return the content of a file, None for a symbolic link that leads out of the repository.

    Args:
        root: the real path of the repository.
        entry: the file to read.
    """
    try:
        place = f"{root}/{entry.path}"
        if entry.link is not None:
            place = os.path.realpath(place)
            if not place.startswith(root + os.sep) or not os.path.isfile(place):
                return None
        with open(place, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Source(b"", None, Problem(entry.path, 1, f"cannot be read: {error.strerror}"))
    if len(data) > MAX_BYTES:
        size = f"{entry.size / MAX_BYTES:.1f} MiB" if entry.size > MAX_BYTES else "over 1 MiB"
        message = f"{size}: files over 1 MiB are not checked"
        return Source(b"", None, Problem(entry.path, 1, message, notice=True))
    return decode(entry.path, entry.kind, data)


def decode(path: str, kind: Kind, data: bytes) -> Source:
    """Return the content with its text, and a problem if a text file contains no text."""
    text, problem = None, None
    zero = data.find(b"\0")
    if zero >= 0:
        line, reason = data.count(b"\n", 0, zero) + 1, "contains a NUL byte"
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line, reason = data.count(b"\n", 0, error.start) + 1, f"is not UTF-8 (byte 0x{data[error.start]:02x})"
    if text is None and kind is not Kind.OTHER:
        problem = Problem(path, line, f"{reason}, but its name implies {kind.value}")
    return Source(data, text, problem)


def lines_with(source: Source, words: tuple[str, ...]) -> list[int]:
    """Return the numbers of the lines that contain one of the words, which are in lower case; case is ignored."""
    lower, numbers = source.lower, set()
    for word in words:
        at = lower.find(word)
        while at >= 0:
            numbers.add(lower.count("\n", 0, at) + 1)
            following = lower.find("\n", at)
            at = lower.find(word, following) if following >= 0 else -1
    return sorted(number for number in numbers if number <= len(source.lines))
