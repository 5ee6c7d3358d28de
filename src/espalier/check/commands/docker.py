"""Dockerfiles and the commands in their instructions."""

import re
from collections.abc import Iterator

from ..parse import dockerfile
from ..repo import Repo
from .command import Command, list_commands_of, script_commands_of


def dockerfiles(repo: Repo) -> dict[str, dockerfile.Dockerfile]:
    """Return every Dockerfile by its path."""
    return repo.once(_dockerfiles)


def _dockerfiles(repo: Repo) -> dict[str, dockerfile.Dockerfile]:
    found = {}
    for path in repo.files:
        name = path.rpartition("/")[2]
        if name.endswith((".dockerignore", ".md", ".jinja")):
            continue
        if re.fullmatch(r"(?:Docker|Container)file(?:\..+)?|.+\.(?:[Dd]ocker|[Cc]ontainer)file", name):
            found[path] = dockerfile.parse(repo.text(path))
    return found


def dockerfile_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands in RUN, CMD, ENTRYPOINT and HEALTHCHECK."""
    for path, parsed in dockerfiles(repo).items():
        entrypoint: tuple[str, ...] = ()
        for instruction in parsed.instructions:
            words = tuple(instruction.words)
            if instruction.name == "HEALTHCHECK" and "CMD" in words:
                words = words[words.index("CMD") + 1 :]
            elif instruction.name not in ("RUN", "CMD", "ENTRYPOINT"):
                continue
            if instruction.exec_form:
                if instruction.name == "ENTRYPOINT":
                    entrypoint = words
                joined = entrypoint + words if instruction.name == "CMD" else words
                yield from list_commands_of(path, "Dockerfile", joined, instruction.line)
            else:
                text = re.sub(r"^(?:\s*--\S+)+", "", instruction.text)
                if instruction.name == "HEALTHCHECK":
                    text = re.sub(r"^\s*CMD\s", "", text)
                yield from script_commands_of(path, "Dockerfile", text, instruction.line, None)
            for body in instruction.heredocs:
                if instruction.name == "RUN":
                    yield from script_commands_of(path, "Dockerfile", body, instruction.line + 1, None)
