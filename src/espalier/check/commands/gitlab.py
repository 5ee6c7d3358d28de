"""Commands in the jobs of .gitlab-ci.yml."""

from collections.abc import Iterator

from ..parse.yaml_ import as_map, texts
from ..repo import Repo
from .command import Command, script_commands_of


def gitlab_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every job."""
    for path in repo.named(".gitlab-ci.yml"):
        for job in as_map(repo.yaml(path).first).values():
            for key in ("before_script", "script", "after_script"):
                for text in texts(as_map(job).get(key)):
                    yield from script_commands_of(path, "pipeline", text, text.line)
