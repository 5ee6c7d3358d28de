"""Facts about a Python file that can be read from its syntax tree without running it."""

import ast
from collections.abc import Iterator

ALWAYS = frozenset(["__name__", "__file__", "__path__", "__doc__"])


def top_statements(tree: ast.Module | None) -> Iterator[ast.stmt]:
    """Yield the statements that run at import, including those in ``if``, ``with`` and ``try``."""
    queue: list[ast.stmt] = list(tree.body) if tree else []
    while queue:
        node = queue.pop(0)
        yield node
        if isinstance(node, ast.If | ast.With | ast.Try):
            queue.extend(node.body)
            queue.extend(getattr(node, "orelse", []))
            queue.extend(s for handler in getattr(node, "handlers", []) for s in handler.body)


def top_names(tree: ast.Module | None) -> set[str]:
    """Return the names that a module has after its import."""
    names = set(ALWAYS)
    for node in top_statements(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names
