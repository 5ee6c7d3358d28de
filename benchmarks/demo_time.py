"""Where the time of ``make demo`` goes: from nothing with an empty package cache, then from nothing with a warm one.

Each is a fresh clone of the present commit, with an empty home and no environment. The peer of each is the bare
installation of the same lock in the same run: what any project with these dependencies has to pay. The aim is at
most three minutes with a warm cache on two cores.

Usage: ``python benchmarks/demo_time.py``; exit 1 when the aim is missed.
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
KEPT = ("PIP_", "UV_", "SSL_", "HTTP", "HTTPS", "REQUESTS_", "LANG")  # how this machine reaches the package index
STEP = re.compile(r"\[ *(\d+) s\] (.+)")


def run(command: list[str], folder: Path, home: Path, cache: Path) -> tuple[float, str]:
    """Seconds and output of a command that must succeed, as a newcomer with this package cache would run it."""
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    caches = {"PIP_CACHE_DIR": str(cache / "pip"), "UV_CACHE_DIR": str(cache / "uv")}
    environment = {**passed_on, **caches, "HOME": str(home), "PATH": os.environ["PATH"]}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began, done.stdout


def steps(output: str, whole: float) -> list[tuple[str, float]]:
    """What ``make demo`` says that it began, and how long it took until the next."""
    began = [(float(match[1]), match[2]) for match in STEP.finditer(output)]
    ends = [start for start, _ in began[1:]] + [whole]
    return [(name, end - start) for (start, name), end in zip(began, ends, strict=True)]


def main() -> int:
    """Print both runs, step by step, and the bare installation of the repository's lock."""
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
    print(f"bare installation of the same lock, warm cache: {bare:.0f} s; the demo takes {warm / bare:.1f} times that")
    print(f"aim: at most {AIM:.0f} s with a warm cache")
    return int(warm > AIM)


if __name__ == "__main__":
    sys.exit(main())
