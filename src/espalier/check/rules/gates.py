"""Gates: what model_gates.yaml names is what evaluation produces."""

import ast
import re
from collections.abc import Iterable, Iterator

from ..finding import Finding
from ..hints import instead
from ..parse.yaml_ import Map, Text, as_map, texts
from ..registry import rule
from ..repo import Repo, join
from .made import made

GATES = "model_gates.yaml"
METRICS_FILE = "mlops/metrics.py"
CONFIG = "mlops/gates/config.py"


def gates(repo: Repo) -> Map:
    """The gate file, empty where there is none."""
    return as_map(repo.yaml(GATES).first)


@rule("GATE101", title="a gate is set on a metric that evaluation does not produce")
def metric_is_produced(repo: Repo) -> Iterator[Finding]:
    """Every metric that ``performance``, ``regression: metrics`` or ``fairness: metric`` names is one of the engine's
    for this task, in ``mlops/metrics.py``, or one that ``metrics()`` in the team's model.py returns.

    Why: the gate fails closed, so that no model passes any more, and says so only after a whole training run.
    Fix: name a metric that is produced, or return it from metrics() in src/<package>/model.py.
    Blind spot: metrics whose names the team's function puts together.
    """
    known = metrics(repo)
    if known is None:
        return
    performance = as_map(gates(repo).get("performance"))
    named = [(performance.line_of(name), name) for name in performance]
    for gate, key in (("fairness", "metric"), ("regression", "metrics")):
        named += [(name.line, str(name)) for name in texts(as_map(gates(repo).get(gate)).get(key))]
    for line, name in named:
        if name not in known:
            yield Finding(GATES, line, f"evaluation produces no metric '{name}': {instead(name, known)}")


def metrics(repo: Repo) -> set[str] | None:
    """The metrics that evaluation produces, None where the engine is not there or is not written as expected."""
    task = repo.settings.get("task") or repo.answers.get("task")
    found = _table(repo, str(task).upper())
    if not found:
        return None
    _, team = _team_function(repo, "model", "metrics")
    return found | (_strings(_named_keys(team)) | _keywords(team) if team else set())


def _table(repo: Repo, name: str) -> set[str]:
    """The string keys of the dictionary that is assigned to ``name`` in mlops/metrics.py."""
    tree = repo.python(METRICS_FILE)
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
    """A module of the team's package, and one of its functions."""
    tree = (repo.python(f"src/{repo.package}/{module}.py") if repo.package else None) or ast.Module([], [])
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function)
    return tree, next(found, None)


def _strings(nodes: Iterable[ast.AST | None]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _named_keys(tree: ast.AST) -> Iterator[ast.AST | None]:
    """Keys of dictionaries, and subscripts that are assigned to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from node.keys
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield node.slice


def _keywords(tree: ast.AST) -> set[str]:
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}


def _columns(module: ast.Module, function: ast.FunctionDef) -> set[str]:
    """The columns that a function names in whatever way; not those of which it only makes another one."""
    body = ast.Module(function.body, [])
    values: list[ast.expr] = []
    for node in ast.walk(body):
        if isinstance(node, ast.Dict):
            values += node.values
        elif isinstance(node, ast.Assign) and all(isinstance(target, ast.Subscript) for target in node.targets):
            values.append(node.value)
    # a constant counts: rename(columns={"old": "new"}) gives a column of that name
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

    Why: the gate fails closed on an attribute that the evidence lacks, after a whole training run.
    Fix: return the column from protected_attributes() in src/<package>/features.py, or correct the name.
    Blind spot: the columns are read off the function's text, where whatever it names counts; a function that
    names none is not judged.
    """
    fairness = as_map(gates(repo).get("fairness"))
    path = f"src/{repo.package}/features.py"
    if not repo.package or path not in repo.files or repo.python(path) is None:
        return
    module, function = _team_function(repo, "features", "protected_attributes")
    known = _columns(module, function) if function else set()
    if function and not known:
        return
    for name in texts(fairness.get("protected_attributes")):
        if name not in known:
            hint = instead(name, known) if function else f"{path} has no function protected_attributes()"
            yield Finding(GATES, name.line, f"evaluation produces no attribute '{name}': {hint}")


@rule("GATE103", title="a behavioral gate has no cases")
def cases_exist(repo: Repo) -> Iterator[Finding]:
    """``behavioral: test_cases`` names a file of the repository with at least one row under its header.

    Why: a gate without cases cannot be judged, and fails closed.
    Fix: correct the path, or write the first case: the model's inputs, and what is expected.
    Blind spot: whether the columns are the model's; the gate says that.
    """
    behavioral = as_map(gates(repo).get("behavioral"))
    name = behavioral.get("test_cases")
    if not isinstance(name, Text):
        return
    path = join("", name)
    if path is None or not (repo.is_file(path) or made(repo, path)):
        close = [other for other in repo.files if other.endswith(".csv")]
        yield Finding(GATES, name.line, f"test cases '{name}' are not there: {instead(name, close)}")
    elif path in repo.files:
        source = repo.source(path)
        rows = [line for line in source.lines if line.strip(", \t\r") and not line.startswith("#")] if source else []
        if source and source.text is not None and len(rows) < 2:
            yield Finding(GATES, name.line, f"'{name}' holds no case: a header and at least one row are needed")


@rule("GATE104", title="the gate file has a key that no gate knows")
def key_is_known(repo: Repo) -> Iterator[Finding]:
    """Every gate in model_gates.yaml, every key of a gate, and every fact that ``policy: require`` asks for, is one
    that the classes in ``mlops/gates/config.py`` know, which read the file.

    Why: a misspelled threshold would be a threshold that nobody applies; the engine refuses the whole file.
    Fix: correct the spelling; the message names the keys that there are.
    Blind spot: values; the gate itself judges whether a threshold is a number in range.
    """
    classes = repo.once(_fields)
    top = next((fields for fields in classes.values() if {"performance", "fairness"} <= fields.keys()), None)
    if top is None:
        return
    yield from _unknown_keys(gates(repo), "model_gates.yaml", top)
    for name, value in gates(repo).items():
        annotation = top.get(name, "")
        below = next((fields for cls, fields in classes.items() if re.search(rf"\b{cls}\b", annotation)), None)
        if below is None:
            continue
        for field, kind in below.items():  # a list whose items are spelled out: list[Literal["a", "b"]]
            items = re.search(r"\blist\[Literal\[([^\]]*)\]", kind)
            offered = re.findall(r"'([^']*)'", items[1]) if items else []
            for item in texts(as_map(value).get(field)) if offered else ():
                if item not in offered:
                    message = f"{name}: {field} has no item '{item}': {instead(item, offered)}"
                    yield Finding(GATES, item.line, message)
        if re.search(r"\b[Dd]ict\[", annotation):  # by the name of a metric
            for metric, limits in as_map(value).items():
                yield from _unknown_keys(as_map(limits), f"{name}: {metric}", below)
        else:
            yield from _unknown_keys(as_map(value), name, below)


def _unknown_keys(found: Map, where: str, known: dict[str, str]) -> Iterator[Finding]:
    for key in found:
        if key not in known:
            yield Finding(GATES, found.line_of(key), f"{where} has no key '{key}': {instead(key, known)}")


def _fields(repo: Repo) -> dict[str, dict[str, str]]:
    """Class, field and annotation of the models that read the gate file."""
    tree = repo.python(CONFIG)
    return {
        node.name: {
            field.target.id: ast.unparse(field.annotation)
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        }
        for node in (tree.body if tree else ())
        if isinstance(node, ast.ClassDef)
    }
