"""MAN: managed files are unchanged since the template's release wrote them."""

import hashlib
import json
from collections.abc import Iterator

from ..finding import Finding
from ..registry import rule
from ..repo import Repo

MANIFEST = "mlops/managed.json"


@rule("MAN101", title="a managed file was edited by hand", severity="notice")
def managed_file_is_untouched(repo: Repo) -> Iterator[Finding]:
    """Every managed file has the digest that ``mlops/managed.json`` records for it, and no file of the engine in
    ``mlops/`` was deleted.

    Why: the next update of the template merges into the file, and may conflict.
    Fix: revert the change, or propose it to the template; if it must stay, expect to merge it at each update.
    Blind spot: files that are rendered from answers are not recorded; a deleted file outside ``mlops/`` is not found.
    """
    version, files = _manifest(repo)
    for path, digest in files.items():
        source = repo.source(path)
        if source is None and path.startswith("mlops/") and not repo.exists(path):
            yield Finding(path, 1, f"was deleted since {version} wrote it")
        if source is None or (source.problem is not None and source.problem.notice):
            continue
        if hashlib.sha256(source.data).hexdigest() != digest.removeprefix("sha256:"):
            yield Finding(path, 1, f"was edited since {version} wrote it")


def _manifest(repo: Repo) -> tuple[str, dict[str, str]]:
    try:
        value = json.loads(repo.text(MANIFEST) or "{}")
    except (ValueError, RecursionError):
        return "", {}  # FILE106 reports it
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(files, dict):
        return "", {}
    version = value.get("template") or repo.answer("_commit")
    return f"template {version}" if version else "the template", {
        str(p): d for p, d in files.items() if isinstance(d, str)
    }
