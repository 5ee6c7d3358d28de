"""The files and folders that a command reads."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ..file_tree import path_from_root
from .command import PAGE_ON_ANOTHER_FOLDER, PYTHON, UNKNOWN, Command


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file or folder that a command or workflow needs."""

    path: str
    line: int
    caller: str
    target: str  # from the root
    folder: bool = False  # whether it must be a folder


def file_uses(command: Command) -> Iterator[FileUse]:
    """Yield the files and folders that the command needs; none if its working directory is unknown."""
    if command.folder is None:
        return
    for target, folder in _operands(command.words, command):
        if UNKNOWN.search(target) or target.startswith(("/", "~", "-")) or "://" in target or not target:
            continue
        path = path_from_root(command.folder, target.split("::")[0])
        if path:
            yield FileUse(command.path, command.line, command.caller, path, folder)


INPUT_OPTIONS = {
    "pip": ("-r", "--requirement", "-c", "--constraint", "--requirements", "--constraints"),
    "uv": ("-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints"),
    "docker": ("-f", "--file"),
    "podman": ("-f", "--file"),
    "buildah": ("-f", "--file"),
    "kubectl": ("-f", "--filename", "-k", "--kustomize"),
    "make": ("-f", "--file", "--makefile"),
    "mlops": ("--gates", "--params", "--gate-file"),
    "pytest": ("-c", "--config-file"),
    "mypy": ("--config-file",),
    "ruff": ("--config",),
    "dvc": (),
}

# programs whose operands are files or folders; for ruff, dvc and kustomize after a subcommand
FILE_OPERANDS = {
    "pytest": 0,
    "mypy": 0,
    "ruff": 1,
    "hadolint": 0,
    "actionlint": 0,
    "shellcheck": 0,
    "kustomize": 1,
    "chmod": 1,
}

VALUED = {
    "-k",
    "-m",
    "-p",
    "-n",
    "-o",
    "-W",
    "--select",
    "--ignore",
    "--format",
    "--output-format",
    "--cov",
    "-x",
    "-l",
}


def _operands(words: tuple[str, ...], command: Command) -> Iterator[tuple[str, bool]]:
    first = words[0]
    name = os.path.basename(first)
    rest = words[1:]
    if name in ("sh", "bash", "source", ".", "zsh"):
        script_word = next((w for w in rest if not w.startswith(("-", "+"))), None)
        if script_word and not any(w.startswith("-") and not w.startswith("--") and "c" in w for w in rest[:1]):
            yield script_word, False
        return
    if name in ("cd", "pushd"):
        if rest and command.caller not in (
            "page",
            PAGE_ON_ANOTHER_FOLDER,
        ):  # a page may enter a clone that it has just created
            yield rest[0], True
        return
    if "/" in first and not PYTHON.match(first):
        yield first, False
    module = command.python_module
    arguments = command.python_arguments
    if module:
        name, rest = module
    elif arguments is not None:
        script_word = _script_word(arguments)
        if script_word:
            yield script_word, False
        rest = arguments
    elif name in ("uv", "uvx", "poetry", "pipx") and len(rest) > 1 and rest[0] in ("run", "pip"):
        name, rest = ("uv", rest[2:]) if rest[0] == "pip" else (os.path.basename(rest[1]), rest[2:])
    yield from _options(name, rest)
    if name in FILE_OPERANDS:
        for operand in _positional(rest)[FILE_OPERANDS[name] :]:
            if "/" in operand or name in ("mypy", "ruff", "chmod", "hadolint") or operand.endswith(".py"):
                yield operand, False


def _script_word(arguments: tuple[str, ...]) -> str | None:
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word in ("-c", "-", "-V", "--version", "--help"):
            return None
        elif word in ("-X", "-W"):
            skip = True
        elif not word.startswith("-"):
            return word
    return None


def _options(name: str, rest: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    for position, word in enumerate(rest):
        option, equals, value = word.partition("=")
        if option in INPUT_OPTIONS.get(name, ()):
            if equals:
                yield value, False
            elif position + 1 < len(rest) and not (name == "docker" and rest[0] not in ("build", "buildx", "compose")):
                yield rest[position + 1], False
        elif name == "terraform" and option == "-chdir":
            yield value, True


def _positional(rest: tuple[str, ...]) -> list[str]:
    found, skip = [], False
    for word in rest:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in VALUED
        else:
            found.append(word)
    return found
