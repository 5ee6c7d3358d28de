"""The DVC stages and the files that they produce; the other files that a run may create."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .file_tree import path_from_root
from .parse.yaml_ import Map, Text, as_list, as_map, texts
from .repo import Repo
from .source import Kind

INTERPOLATION = re.compile(r"\$\{\s*([^}]+?)\s*\}")


@dataclass(slots=True)
class Stage:
    """One stage of a dvc.yaml, its ``${…}`` resolved if files contain the values."""

    path: str
    name: str
    line: int
    folder: str  # its working directory
    body: Map
    repeated: bool  # foreach or matrix: one entry defines several stages
    outs: list[tuple[int, str]] = field(default_factory=list)  # line, path from the root
    deps: list[tuple[int, str]] = field(default_factory=list)


def stages(repo: Repo) -> list[Stage]:
    """Return every stage of every dvc.yaml."""
    return repo.once(_stages)


def _stages(repo: Repo) -> list[Stage]:
    found = []
    for path in repo.named("dvc.yaml"):
        document = as_map(repo.yaml(path).first)
        base = path.rpartition("/")[0]
        scope = variables(repo, path)
        for name, value in as_map(document.get("stages")).items():
            repeated = "foreach" in as_map(value) or "matrix" in as_map(value)
            body = as_map(as_map(value).get("do", value))
            folder = path_from_root(base, resolve(str(body.get("wdir") or ""), scope) or "")
            if folder is None:
                continue
            stage = Stage(path, name, as_map(document.get("stages")).line_of(name), folder, body, repeated)
            stage.deps = list(_paths(stage, "deps", scope))
            for key in ("outs", "metrics", "plots"):
                stage.outs += _paths(stage, key, scope)
            found.append(stage)
    return found


def _paths(stage: Stage, key: str, scope: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for line, raw in entries(stage.body, key):
        path = resolve(raw, scope)
        if path and "://" not in path and not path.startswith(("/", "~", "\\")):
            place = path_from_root(stage.folder, path)
            if place:
                yield line, place


def entries(body: Map, key: str) -> Iterator[tuple[int, str]]:
    """Yield line and path of the items of ``deps``, ``outs``, ``metrics`` or ``plots``."""
    value = body.get(key)
    if isinstance(value, Map):  # plots may be a mapping
        for name in value:
            yield value.line_of(name), name
    for item in as_list(value):
        if isinstance(item, Text):
            yield item.line, item
        elif isinstance(item, Map):
            for name in item:
                yield item.line_of(name), name


def variables(repo: Repo, path: str) -> dict[str, Any]:
    """Return the values that ``${…}`` may name in this dvc.yaml: from params.yaml next to it, and from ``vars``."""
    base = path.rpartition("/")[0]
    scope: dict[str, Any] = {}
    sources: list[Any] = [Text("params.yaml"), *as_list(as_map(repo.yaml(path).first).get("vars"))]
    for source in sources:
        if isinstance(source, Map):
            scope.update(source)
            continue
        name, _, keys = str(source).partition(":")
        values = parameters(repo, path_from_root(base, name) or "")
        if isinstance(values, dict):
            chosen = {key.strip() for key in keys.split(",")} if keys else values.keys()
            scope.update({key: value for key, value in values.items() if key in chosen})
    return scope


def has_unreadable_variables(repo: Repo, path: str) -> bool:
    """Return whether a file that this dvc.yaml loads cannot be parsed, so that the names for ``${…}`` are unknown."""
    base = path.rpartition("/")[0]
    sources = [Text("params.yaml"), *as_list(as_map(repo.yaml(path).first).get("vars"))]
    names = [
        path_from_root(base, str(source).partition(":")[0]) or "" for source in sources if not isinstance(source, Map)
    ]
    return any(name in repo.files and parameters(repo, name) is None for name in names)


def parameters(repo: Repo, path: str) -> Any:
    """Return the content of a parameter file, None if it is absent or its format is unknown here."""
    if path not in repo.files:
        return None
    if path.endswith((".yaml", ".yml")):
        document = repo.yaml(path)
        return None if document.error else as_map(document.first)
    if path.endswith(".toml"):
        return None if repo.toml_or_error(path)[1] else repo.toml(path)
    if path.endswith(".json"):
        return as_map(repo.yaml(path).first)  # JSON is YAML here
    return None


MISSING = object()


def lookup(values: Any, dotted: str) -> Any:
    """Return the value at ``a.b.0``, or MISSING."""
    for part in re.sub(r"\[(\d+)\]", r".\1", dotted).split("."):
        if isinstance(values, dict) and part in values:
            values = values[part]
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return MISSING
    return values


def resolve(text: str, scope: dict[str, Any]) -> str | None:
    """Return the text with every ``${…}`` replaced, None if one has no value."""
    resolved = text
    for match in INTERPOLATION.finditer(text):
        value = lookup(scope, match[1])
        if value is MISSING or isinstance(value, dict | list):
            return None
        resolved = resolved.replace(match[0], str(value))
    return resolved


def dvc_tracked(repo: Repo) -> set[str]:
    """Return the paths that ``.dvc`` files track."""
    return repo.once(_dvc_tracked)


def _dvc_tracked(repo: Repo) -> set[str]:
    found = set()
    for path in repo.of_kind(Kind.YAML):
        if path.endswith(".dvc"):
            for out in as_list(as_map(repo.yaml(path).first).get("outs")):
                for name in texts(as_map(out).get("path")):
                    found.add(path_from_root(path.rpartition("/")[0], name) or "")
    return found - {""}


def is_produced(repo: Repo, path: str) -> bool:
    """Return whether a stage or a .dvc file produces the path, a path in it, or a folder that contains it."""
    outputs, around = repo.once(_outputs)
    parts = path.split("/")
    return path in around or any("/".join(parts[:depth]) in outputs for depth in range(1, len(parts) + 1))


def _outputs(repo: Repo) -> tuple[set[str], set[str]]:
    """Return all outputs, and the folders that contain one."""
    outputs = {path for stage in stages(repo) for _, path in stage.outs} | dvc_tracked(repo)
    return outputs, {"/".join(path.split("/")[:depth]) for path in outputs for depth in range(1, path.count("/") + 1)}


def may_exist(repo: Repo, path: str, folder: bool = False) -> bool:
    """Return whether the path exists, or a run may create it."""
    there = repo.is_folder(path) if folder else repo.exists(path)
    return there or is_produced(repo, path) or repo.is_ignored(path)
