"""GATE: model_gates.yaml names metrics, attributes, test cases and keys that exist."""

import ast
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..file_tree import path_from_root
from ..finding import Finding
from ..parse.yaml_ import Map, Seq, Text, as_map, texts
from ..pipeline_outputs import is_produced
from ..registry import rule
from ..repo import Repo
from ..suggestion import suggestion

GATES = "model_gates.yaml"

METRICS_FILE = "mlops/gates/metrics/{task}.py"

FAIRNESS_FILE = "mlops/gates/kinds/fairness.py"

SCHEMA = "mlops/gates/schemas/mlgates-v1.schema.json"

DEEPEST = 20  # levels of a gate file that are checked; it has four


def gates(repo: Repo) -> Map:
    """Return the gate file, empty if there is none."""
    return as_map(repo.yaml(GATES).first)


@rule("GATE101", title="a gate is set on a metric that evaluation does not produce")
def metric_is_produced(repo: Repo) -> Iterator[Finding]:
    """Every metric that ``performance`` or ``regression: metrics`` names is one of the engine's for this task, in
    ``mlops/gates/metrics/<task>.py``, or a key that ``metrics()`` in the team's model.py returns; the metric in
    ``fairness: metric`` is one that compares groups for this task, in ``mlops/gates/kinds/fairness.py``.

    Why: the gate fails closed, so that no model passes, but only after a whole training run.
    Fix: name a metric that evaluation produces, or return it from metrics() in src/<package>/model.py.
    Blind spot: metrics whose names the team's function builds.
    """
    known = metrics(repo)
    if known is None:
        return
    performance = as_map(gates(repo).get("performance"))
    named = [(performance.line_of(name), name) for name in performance]
    compared = as_map(gates(repo).get("regression")).get("metrics")
    named += [(as_map(compared).line_of(name), name) for name in as_map(compared)]
    named += [(name.line, str(name)) for name in texts(compared)]
    for line, name in named:
        if name not in known:
            yield Finding(GATES, line, f"evaluation produces no metric '{name}': {suggestion(name, known)}")
    of_groups = group_metrics(repo)
    for name in texts(as_map(gates(repo).get("fairness")).get("metric")):
        if of_groups and name not in of_groups:
            yield Finding(GATES, name.line, f"no metric '{name}' compares groups: {suggestion(name, of_groups)}")


def task(repo: Repo) -> str:
    """Return the task of the repository."""
    return str(repo.settings.get("task") or repo.answers.get("task"))


def group_metrics(repo: Repo) -> set[str]:
    """Return the metrics that compare groups for this task; empty if the module has an unexpected form."""
    tree = repo.python(FAIRNESS_FILE)
    tables = {name: _literal(tree, name) for name in ("BY_TASK", "OTHER_SPELLINGS")}
    known = tables["BY_TASK"].get(task(repo), ())
    return {*known, *(other for other, name in tables["OTHER_SPELLINGS"].items() if name in known)}


def _literal(tree: ast.Module | None, name: str) -> dict[str, Any]:
    """Return the dictionary that a module assigns to ``name``; empty if there is none, or it is computed."""
    for node in tree.body if tree else ():
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            try:
                found = ast.literal_eval(node.value)
            except (ValueError, TypeError, RecursionError):
                return {}
            return found if isinstance(found, dict) else {}
    return {}


def metrics(repo: Repo) -> set[str] | None:
    """Return the metrics that evaluation produces, None if the engine is missing or has an unexpected form."""
    found = _table(repo, METRICS_FILE.format(task=task(repo)), "METRICS")
    if not found:
        return None
    _, team = _team_function(repo, "model", "metrics")
    return found | (_strings(_named_keys(team)) | _keywords(team) if team else set())


def _table(repo: Repo, path: str, name: str) -> set[str]:
    """Return the string keys of the dictionary that a module assigns to ``name``."""
    tree = repo.python(path)
    for node in tree.body if tree else ():
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return {
                key.value
                for inner in ast.walk(node)
                if isinstance(inner, ast.Dict)
                for key in inner.keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
    return set()


def _team_function(repo: Repo, module: str, function: str) -> tuple[ast.Module, ast.FunctionDef | None]:
    """Return a module of the team's package, and one of its functions."""
    tree = (repo.python(f"src/{repo.package}/{module}.py") if repo.package else None) or ast.Module([], [])
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function)
    return tree, next(found, None)


def _strings(nodes: Iterable[ast.AST | None]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _named_keys(tree: ast.AST) -> Iterator[ast.AST | None]:
    """Yield keys of dictionaries, and subscripts that are assigned to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from node.keys
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield node.slice


def _keywords(tree: ast.AST) -> set[str]:
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}


def _columns(module: ast.Module, function: ast.FunctionDef) -> set[str]:
    """Return the columns that a function names; not those that it only uses to compute another column."""
    body = ast.Module(function.body, [])
    values: list[ast.expr] = []
    for node in ast.walk(body):
        if isinstance(node, ast.Dict):
            values += node.values
        elif isinstance(node, ast.Assign) and all(isinstance(target, ast.Subscript) for target in node.targets):
            values.append(node.value)
    # a constant is a name: rename(columns={"old": "new"}) gives a column of that name
    made_of = {inner for value in values if not isinstance(value, ast.Constant) for inner in ast.walk(value)}
    nodes = [node for node in ast.walk(body) if node not in made_of]
    found = _strings(nodes) | {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    for node in module.body:  # PROTECTED = ["sex", "age_group"]
        names = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(name, ast.Name) and name.id in used for name in names):
            found |= _strings(ast.walk(node))
    return found


@rule("GATE102", title="a fairness gate names an attribute that evaluation does not produce")
def attribute_is_produced(repo: Repo) -> Iterator[Finding]:
    """Every entry of ``fairness: protected_attributes`` is a column that ``protected_attributes()`` in the team's
    features.py returns.

    Why: the gate fails closed on an attribute that is not in the evidence, after a whole training run.
    Fix: return the column from protected_attributes() in src/<package>/features.py, or correct the name.
    Blind spot: the columns are read from the function's text, and every name in it counts; a function without
    names is not checked.
    """
    fairness = as_map(gates(repo).get("fairness"))
    path = f"src/{repo.package}/features.py"
    if not repo.package or path not in repo.files or repo.python(path) is None:
        return
    module, function = _team_function(repo, "features", "protected_attributes")
    known = _columns(module, function) if function else set()
    if function and not known:
        return
    named = fairness.get("protected_attributes")
    combined = [texts(item) for item in named if isinstance(item, Seq)] if isinstance(named, Seq) else []
    for name in [*texts(named), *(name for names in combined for name in names)]:
        if name not in known:
            hint = suggestion(name, known) if function else f"{path} has no function protected_attributes()"
            yield Finding(GATES, name.line, f"evaluation produces no attribute '{name}': {hint}")


@rule("GATE103", title="a behavioral gate has no cases")
def cases_exist(repo: Repo) -> Iterator[Finding]:
    """``behavioral: test_cases`` names a file of the repository with at least one row under its header.

    Why: a gate without cases fails closed.
    Fix: correct the path, or write the first case: the model's inputs, and the expected prediction.
    Blind spot: whether the columns are those of the model; the gate checks that.
    """
    behavioral = as_map(gates(repo).get("behavioral"))
    name = behavioral.get("test_cases")
    if not isinstance(name, Text):
        return
    path = path_from_root("", name)
    if path is None or not (repo.is_file(path) or is_produced(repo, path)):
        close = [other for other in repo.files if other.endswith(".csv")]
        yield Finding(GATES, name.line, f"the file of test cases '{name}' does not exist: {suggestion(name, close)}")
    elif path in repo.files:
        source = repo.source(path)
        rows = [line for line in source.lines if line.strip(", \t\r") and not line.startswith("#")] if source else []
        if source and source.text is not None and len(rows) < 2:
            yield Finding(GATES, name.line, f"'{name}' contains no case: a header and at least one row are needed")


@rule("GATE104", title="the gate file has an unknown key")
def key_is_known(repo: Repo) -> Iterator[Finding]:
    """Every gate in model_gates.yaml, every key of a gate, and every choice is allowed by the schema
    ``mlops/gates/schemas/mlgates-v1.schema.json``, which is generated from the engine's reader.

    Why: a misspelled threshold would never be applied; the engine rejects the whole file.
    Fix: correct the spelling; the message lists the known keys.
    Blind spot: numbers; ``python -m mlops gate lint`` validates whether a threshold is in range.
    """
    schema = repo.once(_schema)
    if schema:
        yield from _unknown(gates(repo), schema, schema, ())


def _schema(repo: Repo) -> dict[str, Any]:
    """Return the schema of the gate file, empty if there is none."""
    try:
        found = json.loads(repo.text(SCHEMA) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _unknown(value: Any, schema: Any, root: dict[str, Any], place: tuple[str, ...]) -> Iterator[Finding]:
    """Yield keys and choices below ``place`` that are not in the schema."""
    schema = _fitting(value, schema, root)
    where = ": ".join(place) or GATES
    if len(place) > DEEPEST or not schema:
        return
    if isinstance(value, Map):
        properties, others = as_dict(schema.get("properties")), schema.get("additionalProperties", True)
        for key, item in value.items():
            if key in properties or isinstance(others, dict):
                yield from _unknown(item, properties.get(key, others), root, (*place, key))
            elif others is False:
                message = f"{where} has no key '{key}': {suggestion(key, properties)}"
                yield Finding(GATES, value.line_of(key), message)
    elif isinstance(value, Seq):
        for item in value:
            yield from _unknown(item, schema.get("items"), root, place)
    elif isinstance(value, Text) and isinstance(offered := schema.get("enum"), list) and value not in offered:
        yield Finding(GATES, value.line, f"{where} does not allow '{value}': {suggestion(value, map(str, offered))}")


def _fitting(value: Any, schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """Return the schema for ``value``: references are followed, and of several the one of its kind is chosen."""
    found = as_dict(schema)
    for _ in range(DEEPEST):
        if "$ref" in found:
            name = str(found["$ref"]).removeprefix("#/$defs/")
            found = as_dict(as_dict(root.get("$defs")).get(name))
        elif isinstance(found.get("anyOf"), list) and "properties" not in found:
            kind = "object" if isinstance(value, Map) else "array" if isinstance(value, Seq) else "scalar"
            found = next((as_dict(option) for option in found["anyOf"] if _kind(as_dict(option)) == kind), {})
        else:
            return found
    return {}


def _kind(schema: dict[str, Any]) -> str:
    """Return the kind of value that a schema describes; a reference is always to a mapping."""
    found = "object" if "$ref" in schema else schema.get("type")
    return found if found in ("object", "array") else "scalar"


def as_dict(value: Any) -> dict[str, Any]:
    """Return the value if it is a dictionary, otherwise an empty one."""
    return value if isinstance(value, dict) else {}
