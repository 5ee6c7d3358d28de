"""Each file for itself: it can be read, its format is valid, its mode, line ends and name are sound."""

import ast
import json
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..finding import Finding, Severity
from ..parse import hcl
from ..registry import rule
from ..repo import Kind, Repo
from ..syntax import top_names

FILES_BY_NAME = (
    "pyproject.toml",
    "params.yaml",
    "model_gates.yaml",
    "dvc.yaml",
    "constraints.txt",
    "Makefile",
    "README.md",
)
# comments and trailing commas are the rule there
JSON_WITH_COMMENTS = re.compile(r"(?:^|/)(?:\.vscode|\.devcontainer)/|(?:^|/)tsconfig[^/]*\.json$")
LINE_ENDS_OF_OTHERS = (".bat", ".cmd", ".ps1", ".csv", ".tsv")


@rule("FILE101", title="a Python file does not compile")
def python_compiles(repo: Repo) -> Iterator[Finding]:
    """Every ``.py`` file compiles with the Python that runs this check.

    Why: nothing that imports it works.
    Fix: correct the syntax at the line.
    Blind spot: errors that only running shows, and syntax newer or older than this Python's.
    """
    for path, (error, _) in repo.once(_compiled).items():
        if error:
            yield Finding(path, error[0], f"is not valid Python: {error[1]}")


@rule("FILE102", title="Python warns about the syntax of a file")
def python_is_free_of_warnings(repo: Repo) -> Iterator[Finding]:
    r"""No Python file gives a SyntaxWarning or DeprecationWarning when it is compiled, as ``"\d"`` or ``x is 1`` do.

    Why: later versions of Python turn these into errors, and most of them are mistakes today.
    Fix: do what the warning says; a pattern wants a raw string.
    Blind spot: warnings that only newer versions of Python give.
    """
    for path, (_, warned) in repo.once(_compiled).items():
        for line, message in warned:
            yield Finding(path, line, f"Python warns: {message}")


def _compiled(repo: Repo) -> dict[str, tuple[tuple[int, str] | None, list[tuple[int, str]]]]:
    """For each Python file the error, and the warnings, of compiling it."""
    result: dict[str, tuple[tuple[int, str] | None, list[tuple[int, str]]]] = {}
    for path in repo.of_kind(Kind.PYTHON):
        source = repo.source(path)
        if source is None or source.text is None:
            continue
        error = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                # the bytes, so that a declared encoding counts
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


@rule("FILE103", title="a YAML file cannot be read")
def yaml_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every YAML file can be read to its end: each document, aliases with their anchors, at most 100 levels deep.

    Why: every tool that reads it stops there.
    Fix: correct the file at the line; indentation and unquoted ``:`` are the usual reasons.
    Blind spot: what the values should be; schema linters judge that. Charts' templates are not YAML and left out.
    """
    for path in _yaml_files(repo):
        error = repo.yaml(path).error
        if error:
            yield Finding(path, error[0], f"is not valid YAML: {error[1]}")


@rule("FILE104", title="a YAML mapping has the same key twice")
def yaml_keys_are_unique(repo: Repo) -> Iterator[Finding]:
    """No mapping in a YAML file has a key twice.

    Why: most readers silently keep the last one, so that a setting that stands there does not hold.
    Fix: delete one of the two, or bring their contents together.
    Blind spot: keys that are themselves mappings or lists.
    """
    for path in _yaml_files(repo):
        for line, key, first in repo.yaml(path).duplicates:
            yield Finding(path, line, f"key '{key}' stands here and on line {first}: only one of them counts")


def _yaml_files(repo: Repo) -> Iterator[str]:
    charts = {path.rpartition("/")[0] for path in repo.named("Chart.yaml")}
    for path in repo.of_kind(Kind.YAML):
        if not any(path.startswith(f"{chart}/templates/" if chart else "templates/") for chart in charts):
            yield path


@rule("FILE105", title="a TOML file cannot be read")
def toml_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every ``.toml`` file is valid TOML, which includes that no key stands twice.

    Why: pip, ruff, pytest and the engine all read pyproject.toml and stop at it.
    Fix: correct the file at the line.
    Blind spot: what the keys mean to their tools.
    """
    for path in repo.of_kind(Kind.TOML):
        error = repo.toml_or_error(path)[1]
        if error:
            at = re.search(r"at line (\d+)", error)
            end = repo.text(path).count("\n") + 1 if "at end of document" in error else 1
            yield Finding(path, int(at[1]) if at else end, f"is not valid TOML: {error}")


@rule("FILE106", title="a JSON file cannot be read")
def json_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every ``.json`` file and notebook is valid JSON; NaN and Infinity are not JSON.

    Why: every strict reader stops at it.
    Fix: correct the file at the line.
    Blind spot: editors' settings, where comments are allowed, are left out.
    """
    for path, (error, _) in repo.once(_json).items():
        if error:
            yield Finding(path, error[0], f"is not valid JSON: {error[1]}")


@rule("FILE107", title="a JSON object has the same key twice")
def json_keys_are_unique(repo: Repo) -> Iterator[Finding]:
    """No object in a JSON file has a key twice.

    Why: readers silently keep one of the two.
    Fix: delete one of them.
    Blind spot: the line is that of the key's second appearance in the file, which may be in another object.
    """
    for path, (_, repeated) in repo.once(_json).items():
        for key in repeated:
            spelled = json.dumps(key)
            first = repo.text(path).find(spelled)
            line = repo.text(path).count("\n", 0, max(repo.text(path).find(spelled, first + 1), 0)) + 1
            yield Finding(path, line, f"key '{key}' stands twice in one object: only one of them counts")


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
    raise ValueError(f"{name} is no JSON number")


@rule("FILE108", title="an HCL file cannot be read")
def hcl_is_valid(repo: Repo) -> Iterator[Finding]:
    """Every Terraform file has the structure of HCL: strings, heredocs, comments and brackets are closed, a body
    holds ``name = value`` and ``block "label" {``, and two values do not stand side by side.

    Why: terraform reads all files of a folder or none.
    Fix: correct the file at the line; ``terraform fmt`` names it too.
    Blind spot: the grammar inside brackets, types, references and every schema; with ``--tools`` terraform judges.
    """
    for path in repo.of_kind(Kind.HCL):
        try:
            hcl.check(repo.text(path))
        except hcl.HclError as error:
            yield Finding(path, error.line, f"is not valid HCL: {error.reason}")


@rule("FILE109", title="a file cannot be used")
def file_is_usable(repo: Repo) -> Iterator[Finding]:
    """Every file can be opened, is the text that its name says, and every symbolic link leads to something inside
    the repository. A file over 1 MiB is told as a notice: it was not checked.

    Why: a clone on another machine lacks what a link outside points to, and no tool reads a text with NUL bytes.
    Fix: put the file itself into the repository, save it as UTF-8, or keep large data in DVC.
    Blind spot: files whose name does not say what they are.
    """
    for problem in repo.problems:
        yield Finding(problem.path, problem.line, problem.message)
    for path in repo.files:
        source = repo.source(path)
        if source is not None and source.problem is not None:
            if not source.problem.notice:
                yield Finding(path, source.problem.line, source.problem.message)
            elif repo.files[path].kind is not Kind.OTHER:
                yield Finding(
                    path,
                    1,
                    source.problem.message,
                    "Keep large data in DVC; a large source file is better divided.",
                    "FILE109",
                    Severity.NOTICE,
                )
    for name in FILES_BY_NAME:
        if name in repo.folders:
            yield Finding(name, 1, f"'{name}' is a folder, where a file is expected")


@rule("FILE110", title="a file is executable and is no program, or the other way round")
def mode_is_right(repo: Repo) -> Iterator[Finding]:
    """A file that starts with ``#!`` is executable, and a text file that is executable starts with ``#!``.

    Why: ``./script.sh`` fails with "permission denied" on the runner, or the shell guesses an interpreter.
    Fix: ``git update-index --chmod=+x FILE`` and ``chmod +x FILE`` (or ``-x``), or add the first line.
    Blind spot: binary programs, and file systems that keep no modes, where every file looks executable.
    """
    entries = [entry for entry in repo.files.values() if entry.link is None]
    if len(entries) > 3 and all(entry.executable for entry in entries):
        return  # a mount without modes: nothing can be said
    for entry in entries:
        source = repo.source(entry.path)
        if source is None or source.text is None:
            continue
        program = source.data.startswith(b"#!")
        if program and not entry.executable:
            yield Finding(entry.path, 1, f"starts with '{source.lines[0].strip()[:60]}' but is not executable")
        elif entry.executable and not program:
            yield Finding(entry.path, 1, "is executable but does not start with '#!'")


@rule("FILE111", title="a file has CRLF line ends")
def line_ends_are_unix(repo: Repo) -> Iterator[Finding]:
    """No text file has a carriage return before its line feeds.

    Why: a shell looks for the interpreter "bash\\r", make for a file of that name, and digests differ.
    Fix: save it with LF line ends (``git add --renormalize FILE`` after ``* text=auto eol=lf`` in .gitattributes).
    Blind spot: tables (.csv, .tsv) and Windows scripts, where CRLF is usual, are left out.
    """
    for path, source in repo.texts():
        at = source.data.find(b"\r\n")
        if at >= 0 and not path.lower().endswith(LINE_ENDS_OF_OTHERS):
            line = source.data.count(b"\n", 0, at) + 1
            yield Finding(path, line, "line ends with CRLF; this repository's files end their lines with LF")


@rule("FILE112", title="two paths differ only in case")
def paths_differ_on_every_system(repo: Repo) -> Iterator[Finding]:
    """No two files or folders have paths that are equal when upper and lower case, or the two ways to write an
    accented letter, count as the same.

    Why: on macOS and Windows one of the two overwrites the other at checkout.
    Fix: rename one of them.
    Blind spot: files that git ignores.
    """
    seen: dict[str, str] = {}
    for path in sorted([*repo.files, *repo.folders]):
        folded = unicodedata.normalize("NFC", path).casefold() if not path.isascii() else path.lower()
        other = seen.setdefault(folded, path)
        parents_clash = other.rpartition("/")[0] != path.rpartition("/")[0]
        if other != path and not parents_clash:
            yield Finding(path, 1, f"'{path}' and '{other}' are one path where case does not count")


@rule("FILE113", title="a module imports a sibling that is not there")
def relative_import_exists(repo: Repo) -> Iterator[Finding]:
    """Every relative import in the team's package and in ``mlops/``, and every ``import mlops.…``, names a module of
    the repository, or a name that the package's ``__init__.py`` defines.

    Why: the first verb that imports it ends with ModuleNotFoundError.
    Fix: correct the import, or add the module.
    Blind spot: imports inside ``try``, and names that modules make at run time.
    """
    tops = {"mlops", *([repo.package] if repo.package else [])}
    for path in repo.of_kind(Kind.PYTHON):
        if not path.startswith(("src/", "mlops/", "tests/")) or path.startswith("mlops/check/"):
            continue
        # most imports are fine, and building a syntax tree is slow: look at the lines first
        if not any(_suspicious(repo, path, match, tops) for match in IMPORT.finditer(repo.text(path))):
            continue
        tree = repo.python(path)
        for node in _imports(tree) if tree else ():
            yield from _missing_modules(repo, path, node, tops)


IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]+))", re.MULTILINE
)


def _suspicious(repo: Repo, path: str, match: re.Match[str], tops: set[str]) -> bool:
    """Whether this line may import what is not there; the tree decides."""
    if match[3]:
        return any(name.strip().split(".")[0] in tops for name in match[3].split(","))
    module = match[1]
    level = len(module) - len(module.lstrip("."))
    rest = module.lstrip(".").split(".") if module.lstrip(".") else []
    if level:
        base = "/".join([*path.split("/")[:-level], *rest])
    elif rest[0] in tops:
        base = _base(repo, rest[0]) + "/".join(rest)
    else:
        return False
    if f"{base}.py" in repo.files:
        return False
    names = re.findall(r"\w+", re.sub(r"\bas\s+\w+|#[^\n]*", "", match[2]))
    return not all(f"{base}/{name}.py" in repo.files or f"{base}/{name}" in repo.folders for name in names)


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    queue: list[ast.stmt] = list(tree.body)
    while queue:
        node = queue.pop(0)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.If | ast.With):
            queue.extend(node.body)


def _missing_modules(repo: Repo, path: str, node: ast.Import | ast.ImportFrom, tops: set[str]) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names if alias.name.split(".")[0] in tops]
        for name in names:
            base = _base(repo, name.split(".")[0]) + name.replace(".", "/")
            if not _is_module(repo, base):
                yield Finding(path, node.lineno, f"imports '{name}', which is not there")
        return
    if node.level:
        parts = path.split("/")[: -node.level]
        spelled = "." * node.level + (node.module or "")
        base = "/".join([*parts, *(node.module.split(".") if node.module else [])])
    elif node.module and node.module.split(".")[0] in tops:
        base, spelled = _base(repo, node.module.split(".")[0]) + node.module.replace(".", "/"), node.module
    else:
        return
    if not _is_module(repo, base):
        yield Finding(path, node.lineno, f"imports from '{spelled}', which is not there")
        return
    package = f"{base}/__init__.py"
    if repo.is_folder(base) and not repo.is_file(f"{base}.py"):
        defined = top_names(repo.python(package))
        for alias in node.names:
            if alias.name != "*" and alias.name not in defined and not _is_module(repo, f"{base}/{alias.name}"):
                yield Finding(
                    path, node.lineno, f"imports '{alias.name}' from '{spelled}', which has no such module or name"
                )


def _base(repo: Repo, top: str) -> str:
    return "src/" if repo.is_folder(f"src/{top}") else ""


def _is_module(repo: Repo, base: str) -> bool:
    return repo.is_file(f"{base}.py") or repo.is_folder(base)
