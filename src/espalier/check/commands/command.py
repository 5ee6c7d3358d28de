"""One command, and the commands in a shell text or in a list of words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..file_tree import path_from_root
from ..parse import shell

PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[0-9.]*\Z|\$[({]?PYTHON\w*[)}]?\Z|\$\{?\(?\w*PY(?:THON)?\w*[)}]?\Z")

PAGE_ON_ANOTHER_FOLDER = "page on another folder"

UNKNOWN = re.compile(r"[$*?\[{<\x00]|%\w*%")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a file, with its caller and its working directory."""

    path: str
    line: int
    caller: str  # "workflow", "stage 'train'", "recipe", "Dockerfile", "page", …
    words: tuple[str, ...]
    folder: str | None = ""  # working directory from the root; None if it is unknown
    writes: tuple[str, ...] = ()  # files that its redirections write, as written in the command

    @property
    def python_module(self) -> tuple[str, tuple[str, ...]] | None:
        """The module and the arguments of ``python -m module arguments``."""
        arguments = self.python_arguments
        for position, word in enumerate(arguments or ()):
            if word == "-m" and arguments and position + 1 < len(arguments):
                return arguments[position + 1], arguments[position + 2 :]
            if not word.startswith("-"):
                return None
        return None

    @property
    def python_arguments(self) -> tuple[str, ...] | None:
        """The words after the interpreter, at any position of the command (``uv run python …``)."""
        for position, word in enumerate(self.words):
            if PYTHON.match(word):
                return self.words[position + 1 :]
        return None


def script_commands_of(path: str, caller: str, text: str, line: int, folder: str | None = "") -> Iterator[Command]:
    """Yield the commands of a shell text, each with its working directory after ``cd``."""
    for simple in shell.commands(text, line):
        words = simple.words
        yield Command(path, simple.line, caller, words, folder, simple.writes)
        if words[0] in ("cd", "pushd") and folder is not None:
            target = words[1] if len(words) > 1 else "~"
            folder = None if UNKNOWN.search(target) or target in ("-", "~") else path_from_root(folder, target)


def list_commands_of(path: str, caller: str, words: tuple[str, ...], line: int) -> Iterator[Command]:
    """Yield the command in a list of words; of ``sh -c text`` the commands in the text."""
    if (
        len(words) >= 3
        and words[0].rpartition("/")[2] in ("sh", "bash")
        and words[1].startswith("-")
        and "c" in words[1]
    ):
        yield from script_commands_of(path, caller, words[2], line, None)
    elif words:
        yield Command(path, line, caller, words, None)
