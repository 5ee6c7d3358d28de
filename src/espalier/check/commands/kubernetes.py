"""Commands of containers in Kubernetes manifests and compose files."""

from collections.abc import Iterator

from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..repo import Repo
from ..source import Kind
from .command import Command, list_commands_of, script_commands_of


def manifest_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every container."""
    for path in repo.of_kind(Kind.YAML):
        if path.startswith(".github/") or path.endswith((".gitlab-ci.yml", "dvc.yaml", ".dvc", "dvc.lock")):
            continue
        text = repo.text(path)
        if "command:" not in text and "args:" not in text and "source:" not in text and '"command"' not in text:
            continue
        for document in repo.yaml(path).documents:
            if "kind" not in as_map(document) and "services" not in as_map(document):
                continue
            for container in mappings(document):
                yield from _container(path, container)


def _container(path: str, container: Map) -> Iterator[Command]:
    command, arguments = container.get("command"), container.get("args")
    words = tuple(str(word) for value in (command, arguments) for word in as_list(value))
    line = container.line_of("command" if command is not None else "args")
    if words:
        yield from list_commands_of(path, "manifest", words, line)
    elif isinstance(command, Text):  # compose
        yield from script_commands_of(path, "manifest", command, command.line, None)
    source = container.get("source")
    if isinstance(source, Text) and "image" in container:  # a script template of Argo Workflows
        yield from script_commands_of(path, "manifest", source, source.line, None)
