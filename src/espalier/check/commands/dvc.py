"""Commands in the stages of dvc.yaml."""

from collections.abc import Iterator

from ..file_tree import path_from_root
from ..parse.yaml_ import as_map, texts
from ..repo import Repo
from .command import Command, script_commands_of


def stage_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every stage."""
    for path in repo.named("dvc.yaml"):
        base = path.rpartition("/")[0]
        for name, stage in as_map(as_map(repo.yaml(path).first).get("stages")).items():
            body = as_map(as_map(stage).get("do", stage))
            folder = path_from_root(base, str(body.get("wdir", "")))
            for text in texts(body.get("cmd")):
                yield from script_commands_of(path, f"stage '{name}'", text, text.line, folder)
