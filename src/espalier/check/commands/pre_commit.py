"""Commands of the local hooks in .pre-commit-config.yaml."""

from collections.abc import Iterator

from ..parse.yaml_ import Text, as_list, as_map
from ..repo import Repo
from .command import Command, script_commands_of


def hook_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every local hook."""
    for path in repo.named(".pre-commit-config.yaml"):
        for source in as_list(as_map(repo.yaml(path).first).get("repos")):
            if as_map(source).get("repo") == "local":
                for hook in as_list(as_map(source).get("hooks")):
                    entry = as_map(hook).get("entry")
                    if isinstance(entry, Text):
                        yield from script_commands_of(path, "hook", entry, entry.line)
