"""Commands in shell scripts."""

import re
from collections.abc import Iterator

from ..repo import Repo
from .command import Command, script_commands_of


def script_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every shell script, known by its suffix or its first line."""
    for path, source in repo.texts():
        name = path.rpartition("/")[2]
        shebang = source.lines[0] if source.text and source.text.startswith("#!") else ""
        if name.endswith((".sh", ".bash")) or re.search(r"\b(?:ba|da|z|k)?sh\b", shebang):
            yield from script_commands_of(path, "script", source.text or "", 1)
