"""The folder of the user's cache in which tests keep results that take minutes to compute, outside every clone."""

import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path


def user_cache() -> Path:
    """Return the folder, which may not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "espalier"


def digest_of(files: Iterable[Path], *more: str) -> str:
    """Return a short digest of the contents of files, of this Python and machine, and of anything else in ``more``."""
    found = hashlib.sha256(repr((platform.machine(), platform.python_version(), *more)).encode())
    for path in sorted(files):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]
