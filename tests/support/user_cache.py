"""Where tests keep what takes minutes to make: a folder of the user's cache, outside every clone."""

import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path


def user_cache() -> Path:
    """The folder; it may not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "espalier"


def digest_of(files: Iterable[Path], *more: str) -> str:
    """A short digest of files' contents, of this Python and machine, and of what else decides the result."""
    found = hashlib.sha256(repr((platform.machine(), platform.python_version(), *more)).encode())
    for path in sorted(files):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]
