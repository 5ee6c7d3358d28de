"""Commands in Markdown pages: shell blocks and inline code."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ..repo import Repo
from .command import PAGE_ON_ANOTHER_FOLDER, Command, script_commands_of
from .operands import file_uses

FENCE = re.compile(r"^([ ]{0,3}|\s*[-*]\s+|\s+)(```+|~~~+)[ ]*(\w*)[^\n]*$")

SHELLS = {"sh", "bash", "console", "shell", "zsh", "shell-session"}

INLINE = re.compile(r"(?<!`)`((?:make|python3?|bash|sh|dvc|docker|podman|kubectl|kustomize) [^`\n]+)`(?!`)")


def page_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands in shell blocks and in inline code of every page."""
    slug = repo.answer("project_slug")
    for path, source in repo.texts():
        if path.endswith(".md"):
            for text, line in fenced(source.lines):
                for command in script_commands_of(path, "page", text, line):
                    # after a change into another folder, a page may be about that folder: its files and make
                    # targets are not checked, unless it is the clone of this repository
                    folder = command.folder
                    if folder == "" or (folder is not None and repo.is_folder(folder)):
                        yield command
                    else:
                        ours = slug is None or (folder or "").rpartition("/")[2] == slug
                        yield replace(command, folder=None, caller="page" if ours else PAGE_ON_ANOTHER_FOLDER)
            for number, line_text in _prose(source.lines):
                for match in INLINE.finditer(line_text):
                    for command in script_commands_of(path, "page", match[1], number):
                        yield command if _names_own_folder(repo, command) else replace(command, folder=None)


def _prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a Markdown page outside its code blocks, with their numbers."""
    opened = ""
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line) if "```" in line or "~~~" in line else None
        if match and not opened:
            opened = match[2]
        elif match and match[2].startswith(opened) and not match[3]:
            opened = ""
        elif not opened and "`" in line:
            yield number, line


def _names_own_folder(repo: Repo, command: Command) -> bool:
    """Return whether the files that a command in running text names are in folders of this repository.

    Prose also mentions other places and examples (``instead of `python train.py` ``).
    """
    return all("/" in use.target and repo.is_folder(use.target.split("/")[0]) for use in file_uses(command))


def fenced(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the shell blocks of a Markdown page with their first line; of a session only the typed commands."""
    opened: tuple[str, str, int] | None = None  # fence, language, line
    body: list[str] = []
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line) if "```" in line or "~~~" in line else None
        if opened is None:
            if match:
                opened, body = (match[2], match[3].lower(), number), []
        elif match and match[2].startswith(opened[0]) and not match[3]:
            if opened[1] in SHELLS:
                yield _typed(body), opened[2] + 1
            opened = None
        else:
            body.append(line)


def _typed(body: list[str]) -> str:
    prompt = any(line.lstrip().startswith(("$ ", "> ")) for line in body if line.lstrip().startswith("$ "))
    if not prompt:
        return "\n".join(body)
    kept, continued = [], False
    for line in body:
        bare = line.lstrip()
        typed = bare.startswith("$ ") or continued
        kept.append(bare.removeprefix("$ ") if typed else "")
        continued = typed and bare.endswith("\\")
    return "\n".join(kept)
