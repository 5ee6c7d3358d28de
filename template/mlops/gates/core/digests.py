"""Content digests of bytes, of a file and of a folder."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def of_file(path: Path) -> str:
    """Return ``sha256:<hex>`` of a file's bytes."""
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def of_bytes(content: bytes) -> str:
    """Return ``sha256:<hex>`` of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def of_files(root: Path, files: Iterable[Path]) -> str:
    """Return ``sha256:<hex>`` over names and contents, independent of the order of the files.

    To compute it by hand: ``sha256sum`` of each file, with names relative to ``root`` and sorted by name, then
    ``sha256sum`` of that list.
    """
    names = sorted(path.relative_to(root).as_posix() for path in files)
    lines = [f"{of_file(root / name).removeprefix('sha256:')}  {name}\n" for name in names]
    return of_bytes("".join(lines).encode("utf-8", "surrogateescape"))  # a name need not be UTF-8


def of_folder(folder: Path) -> str:
    """Return ``of_files`` over every file below ``folder`` except bytecode caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return of_files(folder, files)
