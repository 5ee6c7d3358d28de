"""Copies of the working tree with the files that a commit of it would contain."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The files that copier and the links in the generated repository need; a copy of only these is fast.
TEMPLATE = (
    "copier.yml",
    "hooks",
    "infra",
    "macros",
    "ownership.generated.yml",
    "reserved_names.yml",
    "src",
    "template",
)


def copy_working_tree(target: Path, *only: str) -> Path:
    """Copy tracked files, and new ones that git does not ignore, into a new folder.

    Args:
        target: the folder to create.
        only: names at the root of the working tree; everything if none is given.
    """
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run([*command, "--", *only], capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, copy = ROOT / name, target / name
        if source.is_symlink() or source.exists():  # git also lists deletions that are not committed
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    return target
