"""A generated repository for benchmarks: the working tree rendered with default answers and committed."""

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import copier
from copier.errors import DirtyLocalWarning

ROOT = Path(__file__).resolve().parent.parent
# The stages start `python`, which must be this one. Bytecode is cached, as on a laptop.
ENVIRONMENT = {
    **{
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONDONTWRITEBYTECODE", "MLFLOW_TRACKING_URI"}
    },
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
}


def generate(folder: Path) -> Path:
    """Render the template with the default answers into ``folder``, commit the result and return the folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DirtyLocalWarning)
        copier.run_copy(str(ROOT), folder, defaults=True, skip_tasks=True, vcs_ref="HEAD", quiet=True)
    commit_all(folder)
    return folder


def commit_all(folder: Path) -> None:
    """Turn a folder into a git repository with one commit."""
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org"]
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "add", "--all"], check=True)
    subprocess.run(["git", "-C", str(folder), *identity, "commit", "--quiet", "--message", "benchmark"], check=True)


def seconds(command: Sequence[str], folder: Path) -> float:
    """Return the wall time of one command; exit if it fails."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took
