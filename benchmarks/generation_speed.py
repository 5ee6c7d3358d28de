"""Compare the time of generation with validation with that of ``copier copy --skip-tasks`` of the same template.

Both run as the command that a user types, alternating, on a committed copy of the template, so that they have the same
warm caches. The target is a ratio of at most 1.5.

Usage: ``python benchmarks/generation_speed.py [--runs N]``; exit 1 if the ratio is above the target.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = 1.5


def scratch_template(folder: Path) -> Path:
    """Return the working tree as one commit: copier would otherwise spend time on committing open changes."""
    template = folder / "espalier"
    subprocess.run(["git", "clone", "--quiet", "--no-tags", str(ROOT), str(template)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, template / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org"]
    subprocess.run(["git", "-C", str(template), "add", "--all"], check=True)
    commit = ["commit", "--quiet", "--allow-empty", "--no-verify", "--message", "working tree"]
    subprocess.run(["git", "-C", str(template), *identity, *commit], check=True)
    subprocess.run(["git", "-C", str(template), "tag", "v0.0.1"], check=True)
    return template


def seconds(template: Path, target: Path, option: str) -> float:
    """Return the wall time of one generation, in seconds."""
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", option, str(template), str(target)]
    begin = time.perf_counter()
    subprocess.run(command, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    return time.perf_counter() - begin


def main() -> int:
    """Print both medians and their ratio; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=9, help="of each kind (%(default)s)")
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {"--skip-tasks": [], "--trust": []}
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        template = scratch_template(Path(scratch))
        for run in range(-1, runs):  # the first pair warms the file cache and does not count
            for option, measured in times.items():
                took = seconds(template, Path(scratch, f"{option.strip('-')}{run}"), option)
                if run >= 0:
                    measured.append(took)
    bare, validated = (statistics.median(measured) for measured in times.values())
    ratio = statistics.median(v / b for b, v in zip(*times.values(), strict=True))
    print(f"copier copy --skip-tasks   {bare:.2f} s (median of {runs})")
    print(f"copier copy --trust        {validated:.2f} s, validation included")
    print(f"ratio                      {ratio:.2f} (target: at most {TARGET})")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
