"""Measure the steps of ``make demo`` in a fresh clone, first with an empty package cache and then with a warm one.

Each run is a fresh clone of the current commit, with an empty home and no environment. The reference for each is the
plain installation of the same lock in the same run, which every project with these dependencies needs. The target is
at most three minutes with a warm cache on two cores.

Usage: ``python benchmarks/demo_time.py``; the exit code is 1 if the target is not met.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AIM = 180.0
KEPT = ("PIP_", "UV_", "SSL_", "HTTP", "HTTPS", "REQUESTS_", "LANG")  # settings for access to the package index
STEP = re.compile(r"\[ *(\d+) s\] (.+)")


def run(command: list[str], folder: Path, home: Path, cache: Path) -> tuple[float, str]:
    """Run a command with this home and package cache; return its seconds and output, or exit if it fails."""
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    caches = {"PIP_CACHE_DIR": str(cache / "pip"), "UV_CACHE_DIR": str(cache / "uv")}
    environment = {**passed_on, **caches, "HOME": str(home), "PATH": os.environ["PATH"]}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began, done.stdout


def steps(output: str, whole: float) -> list[tuple[str, float]]:
    """Return the steps that ``make demo`` printed, each with its seconds."""
    began = [(float(match[1]), match[2]) for match in STEP.finditer(output)]
    ends = [start for start, _ in began[1:]] + [whole]
    return [(name, end - start) for (start, name), end in zip(began, ends, strict=True)]


def main() -> int:
    """Print both runs step by step, and the plain installation of the repository's lock; return the exit code."""
    python = str(Path(sys.base_prefix) / "bin" / "python3")
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        folder, warm = Path(scratch), 0.0
        for name in ("empty", "warm"):
            clone, home = folder / name / "espalier", folder / name / "home"
            home.mkdir(parents=True)
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
            warm, output = run(["make", f"PYTHON3={python}", "demo"], clone, home, folder / "cache")
            print(f"make demo, {name} package cache: {warm:.0f} s")
            for step, took in steps(output, warm):
                print(f"  {took:5.0f} s  {step}")
        repository = folder / "warm" / "espalier" / "build" / "demo"
        install = [python, "mlops/environment.py", "--venv", str(folder / "bare")]
        extras = [part for extra in ("train", "serve", "dev") for part in ("--extra", extra)]
        bare, _ = run([*install, *extras], repository, folder / "warm" / "home", folder / "cache")
    print(f"plain installation of the same lock, warm cache: {bare:.0f} s; the demo takes {warm / bare:.1f} times that")
    print(f"target: at most {AIM:.0f} s with a warm cache")
    return int(warm > AIM)


if __name__ == "__main__":
    sys.exit(main())
