"""Time of judging the example's evidence, including the start of Python, compared with importing its libraries.

The aim is at most 1.5 times ``python -c 'import numpy, pyarrow.parquet, yaml'`` plus 0.1 s, so that a verdict is fast
enough to be used often.

Usage: ``python benchmarks/judge_time.py``; exit 1 if it takes longer than the aim.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scratch_repository import ENVIRONMENT, generate, seconds

ROUNDS = 15
IMPORTS = [sys.executable, "-c", "import numpy, pyarrow.parquet, yaml"]
JUDGE = [sys.executable, "-m", "mlops", "gate"]
STAGES = ("data", "validate", "split", "train", "evaluate")


def main() -> int:
    """Print both medians of runs in turn, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        repository = generate(Path(scratch) / "repository")
        for stage in STAGES:
            command = [sys.executable, "-m", "mlops", stage]
            subprocess.run(command, cwd=repository, env=ENVIRONMENT, check=True, capture_output=True)
        seconds(JUDGE, repository)  # the first one writes bytecode
        runs = [(seconds(IMPORTS, repository), seconds(JUDGE, repository)) for _ in range(ROUNDS)]
    imports, judge = (statistics.median(times) for times in zip(*runs, strict=True))
    aim = 1.5 * imports + 0.1
    print(f"import numpy, pyarrow.parquet, yaml   {imports:.3f} s (median of {ROUNDS}, in turn)")
    print(f"python -m mlops gate                  {judge:.3f} s")
    print(f"ratio                                 {judge / imports:.2f}; aim: at most {aim:.3f} s")
    return int(judge > aim)


if __name__ == "__main__":
    sys.exit(main())
