"""FILE101 to FILE108: Python, YAML, TOML, JSON and HCL files are valid."""

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..finding import Finding
from ..parse import hcl
from ..registry import rule
from ..repo import Repo
from ..source import Kind

# files in which comments and trailing commas are usual
JSON_WITH_COMMENTS = re.compile(r"(?:^|/)(?:\.vscode|\.devcontainer)/|(?:^|/)tsconfig[^/]*\.json$")


@rule("FILE101", title="a Python file does not compile")
def python_compiles(repo: Repo) -> Iterator[Finding]:
    """Every ``.py`` file compiles with the Python that runs this check.

    Why: every import of it fails.
    Fix: correct the syntax at the line.
    Blind spot: errors that occur only at run time, and syntax of other Python versions.
    """
    for path, (error, _) in repo.once(_compiled).items():
        if error:
            yield Finding(path, error[0], f"is not valid Python: {error[1]}")


@rule("FILE102", title="Python warns about the syntax of a file")
def python_is_free_of_warnings(repo: Repo) -> Iterator[Finding]:
    r"""Compiling a Python file gives no SyntaxWarning or DeprecationWarning, as ``"\d"`` or ``x is 1`` do.

    Why: later versions of Python turn these into errors, and most of them are mistakes today.
    Fix: follow the warning; write a regular expression as a raw string.
    Blind spot: warnings of newer Python versions.
    """
    for path, (_, warned) in repo.once(_compiled).items():
        for line, message in warned:
            yield Finding(path, line, f"Python warns: {message}")


def _compiled(repo: Repo) -> dict[str, tuple[tuple[int, str] | None, list[tuple[int, str]]]]:
    """Return for each Python file the error and the warnings of compiling it."""
    result: dict[str, tuple[tuple[int, str] | None, list[tuple[int, str]]]] = {}
    for path in repo.of_kind(Kind.PYTHON):
        source = repo.source(path)
        if source is None or source.text is None:
            continue
        error = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                # the bytes, so that a declared encoding is used
                compile(
                    source.data,
                    path.encode("utf-8", "backslashreplace").decode(),
                    "exec",
                    dont_inherit=True,
                    optimize=0,
                )
            except SyntaxError as failure:
                error = (failure.lineno or 1, failure.msg or "invalid syntax")
            except (RecursionError, MemoryError):
                error = (1, "nested too deeply to be compiled")
            except (ValueError, OverflowError) as failure:
                error = (1, str(failure))
        result[path] = (error, [(w.lineno or 1, str(w.message)) for w in caught])
    return result


@rule("FILE103", title="a YAML file is invalid")
def yaml_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every YAML file can be parsed to its end: all documents, aliases with their anchors, at most 100 levels deep.

    Why: every tool that reads it stops there.
    Fix: correct the file at the line; indentation and unquoted ``:`` are the usual reasons.
    Blind spot: the values; schema linters check them. Templates of Helm charts are not YAML and not checked.
    """
    for path in _yaml_files(repo):
        error = repo.yaml(path).error
        if error:
            yield Finding(path, error[0], f"is not valid YAML: {error[1]}")


@rule("FILE104", title="a YAML mapping has the same key twice")
def yaml_keys_are_unique(repo: Repo) -> Iterator[Finding]:
    """No mapping in a YAML file has a key twice.

    Why: most parsers silently keep the last one, so that the first setting has no effect.
    Fix: delete one of the two, or merge their contents.
    Blind spot: keys that are themselves mappings or lists.
    """
    for path in _yaml_files(repo):
        for line, key, first in repo.yaml(path).duplicates:
            yield Finding(path, line, f"key '{key}' is here and on line {first}: only one of them is used")


def _yaml_files(repo: Repo) -> Iterator[str]:
    charts = {path.rpartition("/")[0] for path in repo.named("Chart.yaml")}
    for path in repo.of_kind(Kind.YAML):
        if not any(path.startswith(f"{chart}/templates/" if chart else "templates/") for chart in charts):
            yield path


@rule("FILE105", title="a TOML file is invalid")
def toml_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every ``.toml`` file is valid TOML, without duplicate keys.

    Why: pip, ruff, pytest and the engine read pyproject.toml and fail on it.
    Fix: correct the file at the line.
    Blind spot: the meaning of the keys.
    """
    for path in repo.of_kind(Kind.TOML):
        error = repo.toml_or_error(path)[1]
        if error:
            at = re.search(r"at line (\d+)", error)
            end = repo.text(path).count("\n") + 1 if "at end of document" in error else 1
            yield Finding(path, int(at[1]) if at else end, f"is not valid TOML: {error}")


@rule("FILE106", title="a JSON file is invalid")
def json_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every ``.json`` file and notebook is valid JSON; NaN and Infinity are not JSON.

    Why: every strict parser rejects it.
    Fix: correct the file at the line.
    Blind spot: settings of editors, in which comments are allowed, are not checked.
    """
    for path, (error, _) in repo.once(_json).items():
        if error:
            yield Finding(path, error[0], f"is not valid JSON: {error[1]}")


@rule("FILE107", title="a JSON object has the same key twice")
def json_keys_are_unique(repo: Repo) -> Iterator[Finding]:
    """No object in a JSON file has a key twice.

    Why: parsers silently keep one of the two.
    Fix: delete one of them.
    Blind spot: the reported line is the second occurrence of the key in the file, which may be in another object.
    """
    for path, (_, repeated) in repo.once(_json).items():
        for key in repeated:
            spelled = json.dumps(key)
            first = repo.text(path).find(spelled)
            line = repo.text(path).count("\n", 0, max(repo.text(path).find(spelled, first + 1), 0)) + 1
            yield Finding(path, line, f"key '{key}' is twice in one object: only one of them is used")


def _json(repo: Repo) -> dict[str, tuple[tuple[int, str] | None, list[str]]]:
    result: dict[str, tuple[tuple[int, str] | None, list[str]]] = {}
    for path in repo.of_kind(Kind.JSON):
        source = repo.source(path)
        if source is None or source.text is None or JSON_WITH_COMMENTS.search(path):
            continue
        repeated: list[str] = []

        def pairs(items: list[tuple[str, Any]], repeated: list[str] = repeated) -> dict[str, Any]:
            value = dict(items)
            if len(value) < len(items):
                counted = Counter(name for name, _ in items)
                repeated.extend(sorted(name for name, count in counted.items() if count > 1))
            return value

        error = None
        try:
            json.loads(source.text, object_pairs_hook=pairs, parse_constant=_no_constant)
        except json.JSONDecodeError as failure:
            error = (failure.lineno, failure.msg)
        except RecursionError:
            error = (1, "nested too deeply")
        except ValueError as failure:
            error = (1, str(failure))
        result[path] = (error, repeated)
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


@rule("FILE108", title="an HCL file is invalid")
def hcl_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every Terraform file has the structure of HCL: strings, heredocs, comments and brackets are closed, a body
    contains ``name = value`` and ``block "label" {``, and an operator separates two values.

    Why: terraform reads all files of a folder or none.
    Fix: correct the file at the line; ``terraform fmt`` reports it too.
    Blind spot: the grammar inside brackets, types, references and schemas; with ``--tools`` terraform checks them.
    """
    for path in repo.of_kind(Kind.HCL):
        try:
            hcl.check(repo.text(path))
        except hcl.HclError as error:
            yield Finding(path, error.line, f"is not valid HCL: {error.reason}")
