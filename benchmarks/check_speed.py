"""Measure ``espalier check`` on 1, 10 and 100 generated repositories, compared with parsing the same files.

    python benchmarks/check_speed.py [--repository PATH] [--runs 5]

Each time is that of a whole process, including the start of Python. The comparison program reads the same files and
only parses them (PyYAML with libyaml, ``compile``, ``tomllib``, ``json``), without any rule: the minimum for a check.
Without ``--repository`` the template is rendered with its default answers. The best of ``--runs`` is printed.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 0.5  # seconds that one default repository may take
PEER = """
import json, os, sys, tomllib, warnings, yaml
warnings.simplefilter("ignore")
for root in sys.argv[1:]:
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in {".git", ".venv", "__pycache__"}]
        for name in files:
            data = open(os.path.join(folder, name), "rb").read()
            if name.endswith(".py"): compile(data, name, "exec")
            elif name.endswith((".yml", ".yaml")): list(yaml.parse(data, Loader=yaml.CSafeLoader))
            elif name.endswith(".toml"): tomllib.loads(data.decode())
            elif name.endswith(".json"): json.loads(data)
"""
CHECK = "import sys; from espalier.check import run; [run(path) for path in sys.argv[1:]]"


def seconds(words: list[str], runs: int) -> float:
    """Return the best time of a whole process; exit if it fails."""
    times = []
    for _ in range(runs):
        before = time.perf_counter()
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT / "src")})
        times.append(time.perf_counter() - before)
        if done.returncode:
            output = (done.stdout + done.stderr)[-400:]
            raise SystemExit(f"{' '.join(words[:4])} … ended with {done.returncode}: {output}")
    return min(times)


def render(target: Path) -> None:
    """Render the template with its default answers."""
    import copier

    copier.run_copy(str(ROOT), target, defaults=True, vcs_ref="HEAD", skip_tasks=True, quiet=True)


def main() -> int:
    """Print the figures and the ratio; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repository", type=Path, help="a generated repository; default: render one")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch) / "0"
        if arguments.repository:
            shutil.copytree(arguments.repository, first, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv"))
        else:
            render(first)
        repositories = [first]
        for number in range(1, 100):
            repositories.append(first.parent / str(number))
            shutil.copytree(first, repositories[-1], symlinks=True)
        files = sum(1 for path in first.rglob("*") if path.is_file())
        start = seconds([sys.executable, "-c", "import yaml"], arguments.runs)
        command = seconds([sys.executable, "-m", "espalier", "check", str(first)], arguments.runs)
        print(f"one repository of {files} files, as a command: {command:.3f} s (limit {LIMIT} s)")
        print(f"Python and only `import yaml`: {start:.3f} s")
        print(f"{'repositories':>12} {'check':>9} {'bare parse':>11} {'ratio':>6} {'each':>9}")
        each = {}
        for count in (1, 10, 100):
            paths = [str(path) for path in repositories[:count]]
            runs = arguments.runs if count < 100 else 1
            ours = seconds([sys.executable, "-c", CHECK, *paths], runs)
            peer = seconds([sys.executable, "-c", PEER, *paths], runs)
            each[count] = (ours - start) / count
            print(f"{count:>12} {ours:>7.3f} s {peer:>9.3f} s {ours / peer:>6.2f} {each[count] * 1000:>6.0f} ms")
        print(f"linear: one of a hundred costs {each[100] / each[10]:.2f} times one of ten")
    return int(command > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
