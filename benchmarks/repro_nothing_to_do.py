"""``dvc repro`` with nothing to do, against the same command in a repository whose stages do nothing.

The peer has the same number of stages, one after the other, each with one small file in and one out. The aim is a
ratio of at most 1.2.

Usage: ``python benchmarks/repro_nothing_to_do.py [--runs N]``; exit 1 when the ratio misses the aim.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import yaml
from scratch_repository import commit_all, generate, seconds

AIM = 1.2


def bare(folder: Path, stages: list[str]) -> Path:
    """A DVC repository with a chain of stages that copy one file to the next."""
    folder.mkdir()
    (folder / "0.txt").write_text("nothing\n")
    chain = {
        name: {"cmd": f"cp {number}.txt {number + 1}.txt", "deps": [f"{number}.txt"], "outs": [f"{number + 1}.txt"]}
        for number, name in enumerate(stages)
    }
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": chain}, sort_keys=False))
    commit_all(folder)
    seconds([sys.executable, "-m", "dvc", "init", "--quiet"], folder)
    seconds([sys.executable, "-m", "dvc", "config", "core.analytics", "false"], folder)
    return folder


def main() -> int:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=9, help="of each kind (%(default)s)")
    runs = parser.parse_args().runs
    command = [sys.executable, "-m", "dvc", "repro"]
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        repository = generate(Path(scratch, "repository"))
        stages = list(yaml.safe_load((repository / "dvc.yaml").read_text())["stages"])
        peer = bare(Path(scratch, "bare"), stages)
        for folder in (repository, peer):
            seconds(command, folder)  # once for real
            seconds(command, folder)  # once to warm up
        pairs = [(seconds(command, repository), seconds(command, peer)) for _ in range(runs)]
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(our / their for our, their in pairs)
    print(f"dvc repro, generated repository, nothing to do   {ours:.2f} s (median of {runs}, {len(stages)} stages)")
    print(f"dvc repro, {len(stages)} stages that do nothing               {theirs:.2f} s")
    print(f"ratio                                            {ratio:.2f} (aim: at most {AIM})")
    return int(ratio > AIM)


if __name__ == "__main__":
    sys.exit(main())
