"""DVC: dependencies, outputs, parameters and results of the DVC pipeline."""

from collections.abc import Iterator

from ..file_tree import path_from_root
from ..finding import Finding
from ..parse.yaml_ import Map, Text, as_list, as_map
from ..pipeline_outputs import (
    MISSING,
    Stage,
    entries,
    has_unreadable_variables,
    is_produced,
    lookup,
    parameters,
    resolve,
    stages,
    variables,
)
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean, suggestion


@rule("DVC101", title="a stage depends on a file that no stage produces")
def dependency_is_made(repo: Repo) -> Iterator[Finding]:
    """Every ``deps`` entry of a stage is in the repository, or is an output of a stage or of a .dvc file.

    Why: ``dvc repro`` stops at the stage, after the previous stages have run.
    Fix: correct the path, or add the stage that produces it.
    Blind spot: dependencies outside the repository, those with a ``${…}`` that ``vars`` does not load, and an ignored
    file that happens to exist in this working tree.
    """
    outputs = [path for stage in stages(repo) for _, path in stage.outs]
    for stage in stages(repo):
        for line, path in stage.deps:
            if stage.repeated and "${" in path:
                continue
            if not is_produced(repo, path) and not repo.exists(path):
                otherwise = "; it is not the output of a stage and not in git"
                hint = did_you_mean(path, [*outputs, *repo.files, *repo.folders], otherwise)
                yield Finding(
                    stage.path, line, f"stage '{stage.name}' depends on '{path}', which no stage produces{hint}"
                )


@rule("DVC102", title="two stages produce the same output")
def output_is_made_once(repo: Repo) -> Iterator[Finding]:
    """No two ``outs``, ``metrics`` or ``plots`` entries have the same path, and none is inside another.

    Why: DVC rejects the whole pipeline, for every stage.
    Fix: give each output one stage; a folder that is an output belongs to its stage as a whole.
    Blind spot: outputs whose ``${…}`` cannot be resolved from files.
    """
    outputs: dict[str, tuple[str, Stage, int]] = {}
    around: dict[str, tuple[str, Stage, int]] = {}  # folders that contain an output
    for stage in stages(repo):
        for line, path in stage.outs:
            parents = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 1)]
            clash = outputs.get(path) or around.get(path) or next((outputs[p] for p in parents if p in outputs), None)
            if clash:
                other, first, at = clash
                message = f"output '{path}' of '{stage.name}' overlaps '{other}' of '{first.name}' (line {at})"
                if path == other:
                    message = f"'{path}' is an output of '{stage.name}' and, on line {at}, of '{first.name}'"
                yield Finding(stage.path, line, message)
            outputs.setdefault(path, (path, stage, line))
            for parent in parents:
                around.setdefault(parent, (path, stage, line))


@rule("DVC103", title="a stage names a parameter that is not in its file")
def parameter_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``params`` entry of a stage is a key of params.yaml, or of the named file, and so is every ``${…}``.

    Why: the stage fails, or does not run again when the value that it uses changes.
    Fix: correct the spelling, or add the key with a value.
    Blind spot: parameter files in Python.
    """
    for stage in stages(repo):
        for item in as_list(stage.body.get("params")):
            if isinstance(item, Text):
                yield from _parameter(repo, stage, "params.yaml", item, item.line)
            elif isinstance(item, Map):
                for name, keys in item.items():
                    if keys is None and not name.endswith(".py"):
                        yield from _parameter(repo, stage, name, None, item.line_of(name))
                    for key in as_list(keys):
                        if isinstance(key, Text):
                            yield from _parameter(repo, stage, name, key, key.line)
    yield from _interpolations(repo)


def _parameter(repo: Repo, stage: Stage, file: str, key: str | None, line: int) -> Iterator[Finding]:
    scope = variables(repo, stage.path)
    file_name, wanted = resolve(file, scope), resolve(key, scope) if key else None
    path = path_from_root(stage.folder, file_name) if file_name else None
    if path is None or (key and wanted is None):
        return
    if path not in repo.files:
        if not repo.exists(path) and not is_produced(repo, path):
            yield Finding(
                stage.path, line, f"stage '{stage.name}' reads parameters from '{path}', which does not exist"
            )
        return
    values = parameters(repo, path)
    if values is not None and wanted and lookup(values, wanted) is MISSING:
        hint = suggestion(wanted, _keys(values))
        yield Finding(
            stage.path, line, f"stage '{stage.name}' names the parameter '{wanted}', which is not in {path}: {hint}"
        )


def _interpolations(repo: Repo) -> Iterator[Finding]:
    import re

    for path in repo.named("dvc.yaml"):
        document = as_map(repo.yaml(path).first)
        if any("vars" in as_map(stage) for stage in as_map(document.get("stages")).values()):
            continue  # variables of one stage: rare, left to DVC
        if has_unreadable_variables(repo, path):
            continue  # other rules report the file that cannot be parsed
        scope = variables(repo, path)
        repeated = any(
            {"foreach", "matrix"} & as_map(stage).keys() for stage in as_map(document.get("stages")).values()
        )
        for number, line in enumerate(repo.text(path).split("\n"), 1):
            for match in re.finditer(r"(?<![\\$])\$\{\s*([A-Za-z_][\w.\[\]-]*)\s*\}", line.split(" #")[0]):
                name = match[1]
                if line.lstrip().startswith("#") or (repeated and name.split(".")[0] in ("item", "key")):
                    continue
                if lookup(scope, name) is MISSING:
                    hint = suggestion(name, _keys(scope))
                    yield Finding(
                        path, number, f"'${{{name}}}' is in no parameter file that this pipeline loads: {hint}"
                    )


def _keys(values: object, prefix: str = "", depth: int = 0) -> list[str]:
    found: list[str] = []
    if isinstance(values, dict) and depth < 4:
        for key, value in values.items():
            found += [f"{prefix}{key}", *_keys(value, f"{prefix}{key}.", depth + 1)]
    return found


@rule("DVC104", title="a plot or metric is listed that no stage produces")
def listed_result_is_made(repo: Repo) -> Iterator[Finding]:
    """Every file that the top-level ``plots``, ``metrics`` and ``artifacts`` of a dvc.yaml name is the output of a
    stage or in the repository.

    Why: ``dvc plots show`` and ``dvc metrics diff`` then skip it with a warning that is easily missed.
    Fix: correct the path, or add it to the stage that writes it.
    Blind spot: a plot's columns.
    """
    for path in repo.named("dvc.yaml"):
        base = path.rpartition("/")[0]
        document = as_map(repo.yaml(path).first)
        scope = variables(repo, path)
        named = [*entries(document, "metrics"), *_plots(document)]
        named += [
            (as_map(artifact).line_of("path"), str(as_map(artifact).get("path", "")))
            for artifact in as_map(document.get("artifacts")).values()
        ]
        for line, raw in named:
            resolved = resolve(raw, scope)
            place = path_from_root(base, resolved) if resolved else None
            if place and not is_produced(repo, place) and not repo.exists(place):
                yield Finding(path, line, f"'{place}' is listed, but it is not the output of a stage and not in git")


def _plots(document: Map) -> Iterator[tuple[int, str]]:
    """Yield the paths of the top-level plots: an entry's name, unless ``x`` or ``y`` name files."""
    for item in as_list(document.get("plots")):
        for name, settings in as_map(item).items():
            files = [
                (as_map(as_map(settings).get(axis)).line_of(file), file)
                for axis in ("x", "y")
                for file in as_map(as_map(settings).get(axis))
            ]
            yield from files or [(as_map(item).line_of(name), name)]
        if isinstance(item, Text):
            yield item.line, item
