"""Write template/mlops/managed.json: the digest of each managed file that copier copies unchanged.

`check` compares a repository with it and reports managed files that were edited by hand as notices. The file contains
no digests of files that end in .jinja, which differ between renders, and of seeded files, which belong to the team.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

from ownership import ownership

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template"
MANIFEST = TEMPLATE / "mlops" / "managed.json"


def managed_files() -> list[str]:
    """Return the unchanged managed files, relative to template/, including those behind links, which copier follows."""
    found = []
    table = ownership()
    for folder, folders, names in os.walk(TEMPLATE, followlinks=True):
        folders[:] = [
            name for name in folders if name not in {"__pycache__", ".mypy_cache", ".ruff_cache", "tmp", "cache"}
        ]
        for name in names:
            path = (Path(folder) / name).relative_to(TEMPLATE).as_posix()
            is_seeded = table.owner_of(f"/{path}") == "seeded"
            varies = path.endswith(".jinja") or "[[" in path
            if not (is_seeded or varies or path.endswith(".pyc") or TEMPLATE / path == MANIFEST):
                found.append(path)
    return sorted(found)


def manifest() -> str:
    """Return the text of managed.json."""
    files = {path: hashlib.sha256((TEMPLATE / path).read_bytes()).hexdigest() for path in managed_files()}
    return json.dumps({"files": files}, indent=1) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv and MANIFEST.read_text(encoding="utf-8") != manifest():
        sys.exit(f"{MANIFEST.relative_to(ROOT)} is stale: run python scripts/write_managed_digests.py")
    if "--check" not in sys.argv:
        MANIFEST.write_text(manifest(), encoding="utf-8")
