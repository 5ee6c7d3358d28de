"""FILE113: relative imports and imports of mlops name modules that exist."""

import ast
import re
from collections.abc import Iterator

from ..finding import Finding
from ..parse.python import top_names
from ..registry import rule
from ..repo import Repo
from ..source import Kind


@rule("FILE113", title="a module imports a module that does not exist")
def relative_import_exists(repo: Repo) -> Iterator[Finding]:
    """Every relative import in the team's package and in ``mlops/``, and every ``import mlops.…``, names a module of
    the repository, or a name that the package's ``__init__.py`` defines.

    Why: the first verb that imports it fails with ModuleNotFoundError.
    Fix: correct the import, or add the module.
    Blind spot: imports inside ``try``, and names that modules create at run time.
    """
    tops = {"mlops", *([repo.package] if repo.package else [])}
    for path in repo.of_kind(Kind.PYTHON):
        if not path.startswith(("src/", "mlops/", "tests/")) or path.startswith("mlops/check/"):
            continue
        # most imports are fine, and building a syntax tree is slow: read the lines first
        if not any(_suspicious(repo, path, match, tops) for match in IMPORT.finditer(repo.text(path))):
            continue
        tree = repo.python(path)
        for node in _imports(tree) if tree else ():
            yield from _missing_modules(repo, path, node, tops)


IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]+))", re.MULTILINE
)


def _suspicious(repo: Repo, path: str, match: re.Match[str], tops: set[str]) -> bool:
    """Return whether this line may import a missing module; the syntax tree decides."""
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
                yield Finding(path, node.lineno, f"imports '{name}', which does not exist")
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
        yield Finding(path, node.lineno, f"imports from '{spelled}', which does not exist")
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
