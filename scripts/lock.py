"""Write the two locks: ``template/constraints.txt`` for generated repositories, ``constraints.txt`` for this one.

A lock contains exact versions for every option and for Python 3.11 to 3.13, with markers if those differ. It does not
name an index: every install uses the index that its user configured. Locked versions stay unless ``--upgrade`` selects
the newest; for packages in both locks, the root's lock takes the version of the template's lock.

Usage: ``python scripts/lock.py [--upgrade] [--check]``; needs uv, which the extra dev installs. ``--check`` resolves
for each Python and writes nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import warnings
from pathlib import Path

from copier import run_copy
from copier.errors import DirtyLocalWarning

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "constraints.txt"
TEMPLATE_LOCK = ROOT / "template" / "constraints.txt"
PYTHONS = ("3.11", "3.12", "3.13")
# From this environment (extra dev), or from PATH.
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]))
# Answers that together select every dependency of the template.
EVERYTHING = {"data_remote": "s3", "data_remote_url": "s3://example-org-data/model"}


def direct_dependencies(pyproject: str) -> list[str]:
    """Return the requirements of a ``pyproject.toml``: dependencies, every extra, and the build system."""
    document = tomllib.loads(pyproject)
    project = document["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    builds = document.get("build-system", {}).get("requires", [])
    return sorted({*project.get("dependencies", []), *extras, *builds})


def template_dependencies(folder: Path) -> list[str]:
    """Return the direct dependencies of a generated repository with every option."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DirtyLocalWarning)  # the working tree is rendered on purpose
        run_copy(str(ROOT), folder, EVERYTHING, defaults=True, quiet=True, skip_tasks=True, vcs_ref="HEAD")
    return direct_dependencies((folder / "pyproject.toml").read_text(encoding="utf-8"))


def uv(*arguments: str) -> None:
    """Run uv; exit with its error output if it fails."""
    done = subprocess.run([UV or "uv", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"lock: uv {' '.join(arguments[:2])} failed, nothing was written:\n{done.stderr.strip()}")


def resolve(requirements: list[str], target: Path, *, old: Path, constraint: Path | None, upgrade: bool) -> None:
    """Write exact versions for ``requirements`` to ``target``; start from ``old`` unless ``upgrade``."""
    source = target.with_suffix(".in")
    source.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    if old.exists() and not upgrade:
        shutil.copyfile(old, target)  # uv keeps the versions that it finds in its output file
    options = ["--universal", "--python-version", PYTHONS[0], "--no-header", "--no-annotate", "--quiet"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    if constraint is not None:
        options += ["--constraints", str(constraint)]
    uv("pip", "compile", str(source), "--output-file", str(target), *options)


def check(requirements: list[str], lock: Path, scratch: Path) -> None:
    """Resolve ``requirements`` under ``lock`` for each Python, as an install would."""
    source = scratch / "check.in"
    source.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    for python in PYTHONS:
        target = ["--python-version", python, "--output-file", str(scratch / f"{python}.txt"), "--quiet"]
        uv("pip", "compile", str(source), "--constraints", str(lock), *target)
        print(f"{lock.relative_to(ROOT)}: resolves for Python {python}")


def main() -> int:
    """Write or check both locks."""
    parser = argparse.ArgumentParser(description="Write the two locks.")
    parser.add_argument("--upgrade", action="store_true", help="select the newest versions that fit")
    parser.add_argument("--check", action="store_true", help="only resolve both locks for each Python")
    arguments = parser.parse_args()
    if UV is None:
        sys.exit("lock: uv is not installed, and only uv resolves for several Pythons at once: pip install uv")
    root = direct_dependencies((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        template = template_dependencies(scratch / "repository")
        if arguments.check:
            check(template, TEMPLATE_LOCK, scratch)
            check(root, LOCK, scratch)
            return 0
        first, second = scratch / "template.txt", scratch / "root.txt"
        resolve(template, first, old=TEMPLATE_LOCK, constraint=None, upgrade=arguments.upgrade)
        resolve(root, second, old=LOCK, constraint=first, upgrade=arguments.upgrade)
        for made, lock in ((first, TEMPLATE_LOCK), (second, LOCK)):
            shutil.copyfile(made, lock)
            print(f"{lock.relative_to(ROOT)}: {len(made.read_text(encoding='utf-8').splitlines())} exact versions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
