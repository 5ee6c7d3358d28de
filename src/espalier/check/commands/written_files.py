"""The files that commands and workflow steps write for later commands."""

import os
import re
from collections.abc import Iterator

from ..file_tree import path_from_root
from ..repo import Repo
from ..workflows import workflows
from .command import UNKNOWN
from .every_command import commands


def written_files(repo: Repo) -> dict[str, set[str]]:
    """Return, by the file that contains the commands, the paths that its commands and workflow steps write."""
    return repo.once(_written_files)


def _written_files(repo: Repo) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for command in commands(repo):
        if command.folder is not None or command.caller == "Dockerfile":
            for name in [*command.writes, *_outputs(command.words)]:
                path = None if UNKNOWN.search(name) else path_from_root(command.folder or "", name)
                if path:
                    found.setdefault(command.path, set()).add(path)
    for workflow in workflows(repo):
        for step in workflow.steps:
            if re.search(r"checkout|download-artifact|cache", step.action):
                for name in str(step.inputs.get("path") or "").split():
                    found.setdefault(workflow.path, set()).add(path_from_root("", name) or "")
    return {path: names - {""} for path, names in found.items()}


def _outputs(words: tuple[str, ...]) -> Iterator[str]:
    """Yield the files that a command of a well-known program writes."""
    name, rest = os.path.basename(words[0]), words[1:]
    plain = [word for word in rest if not word.startswith("-")]
    if name in ("mkdir", "touch", "tee", "virtualenv"):
        yield from plain
    elif name in ("cp", "mv", "ln", "install") and len(plain) > 1:
        yield plain[-1]
        yield from (f"{plain[-1].rstrip('/')}/{os.path.basename(word)}" for word in plain[:-1])
    elif name == "git" and rest[:1] in (("clone",), ("worktree",)) and len(plain) > 1:
        yield plain[-1].rstrip("/").rpartition("/")[2].removesuffix(".git") if "://" in plain[-1] else plain[-1]
    for position, word in enumerate(rest):
        following = rest[position + 1] if position + 1 < len(rest) else ""
        if name in ("curl", "wget") and re.fullmatch(r"-[A-Za-z]*O", word) and name == "curl":
            yield from (other.rpartition("/")[2] for other in plain if "://" in other)
        elif re.fullmatch(r"-[A-Za-z]*o|--out(?:put)?(?:-file|-dir)?|-O", word) and following:
            yield following
        elif match := re.fullmatch(r"--out(?:put)?(?:-file|-dir)?=(.+)", word):
            yield match[1]
