"""Commands in the ``sh`` steps of a Jenkinsfile."""

import re
from collections.abc import Iterator

from ..repo import Repo
from .command import Command, script_commands_of

SH_STEP = re.compile(r"\bsh\s*\(?\s*(?:script:\s*)?('''|\"\"\"|'|\")(.*?)(?<!\\)\1", re.DOTALL)


def jenkins_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every ``sh`` step."""
    for path in repo.named("Jenkinsfile"):
        text = repo.text(path)
        for match in SH_STEP.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            yield from script_commands_of(path, "pipeline", match[2], line)
