"""Compare ``dvc repro`` with nothing to do in a generated repository and in a repository of trivial stages.

The trivial repository has the stages of the generated dvc.yaml with their dependencies, params and outputs, but each is
one small file, and the commands write a line. For scale, a third repository has as many stages in a chain, each with
one input and one output. The target is a ratio of at most 1.2 to the trivial repository.

Usage: ``python benchmarks/repro_nothing_to_do.py [--runs N]``; the exit code is 1 if the target is not met.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml
from scratch_repository import commit_all, generate, seconds

AIM = 1.2


def same_stages(folder: Path, repository: Path) -> Path:
    """Return a DVC repository with the stages of ``repository``, but small files and trivial commands."""
    document = yaml.safe_load((repository / "dvc.yaml").read_text())
    package = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["mlops"]["package"]
    made = set()
    for stage in document["stages"].values():
        outs = [path for kind in ("outs", "metrics", "plots") for item in stage.get(kind, []) for path in names(item)]
        made.update(outs)
        folders = "data/split" in outs  # the only output of which one file is a dependency
        files = ["data/split/train.parquet"] if folders else outs
        stage["cmd"] = "; ".join(f"mkdir -p $(dirname {path}); echo nothing > {path}" for path in files)
    folder.mkdir()
    sources = f"src/{package}"
    for dependency in {dependency for stage in document["stages"].values() for dependency in stage["deps"]}:
        path = dependency.replace("${tool.mlops.package}", package)
        if not any(path == out or path.startswith(f"{out}/") for out in made):
            write(folder / path, "nothing\n", inside=path in {sources, "docs", "mlops", "releases"})
    for name in ("params.yaml", "pyproject.toml"):
        shutil.copyfile(repository / name, folder / name)
    return initialized(folder, document)


def names(item: str | dict[str, object]) -> list[str]:
    """Return the paths of one entry under outs, metrics or plots."""
    return [item] if isinstance(item, str) else list(item)


def write(path: Path, text: str, *, inside: bool) -> None:
    """Write one small file at ``path``, or inside a folder of that name."""
    path = path / "file.txt" if inside else path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def chain(folder: Path, stages: list[str]) -> Path:
    """Return a DVC repository with a chain of stages that copy one file to the next."""
    folder.mkdir()
    (folder / "0.txt").write_text("nothing\n")
    steps = {
        name: {"cmd": f"cp {number}.txt {number + 1}.txt", "deps": [f"{number}.txt"], "outs": [f"{number + 1}.txt"]}
        for number, name in enumerate(stages)
    }
    return initialized(folder, {"stages": steps})


def initialized(folder: Path, document: dict[str, object]) -> Path:
    """Write dvc.yaml, commit everything, initialize DVC, and return the folder."""
    (folder / "dvc.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    commit_all(folder)
    seconds([sys.executable, "-m", "dvc", "init", "--quiet"], folder)
    seconds([sys.executable, "-m", "dvc", "config", "core.analytics", "false"], folder)
    return folder


def main() -> int:
    """Print the medians and their ratio; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=9, help="of each kind (%(default)s)")
    runs = parser.parse_args().runs
    command = [sys.executable, "-m", "dvc", "repro"]
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        repository = generate(Path(scratch, "repository"))
        stages = list(yaml.safe_load((repository / "dvc.yaml").read_text())["stages"])
        folders = [repository, same_stages(Path(scratch, "same"), repository), chain(Path(scratch, "chain"), stages)]
        for folder in folders:
            seconds(command, folder)  # the first run executes the stages
            seconds(command, folder)  # once to warm up
        rounds = [[seconds(command, folder) for folder in folders] for _ in range(runs)]
    ours, theirs, least = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(our / their for our, their, _ in rounds)
    print(f"dvc repro, generated repository, nothing to do   {ours:.2f} s (median of {runs}, {len(stages)} stages)")
    print(f"dvc repro, the same stages doing nothing         {theirs:.2f} s")
    print(f"dvc repro, as many stages in a chain of files    {least:.2f} s")
    print(f"ratio to the same stages                         {ratio:.2f} (target: at most {AIM})")
    return int(ratio > AIM)


if __name__ == "__main__":
    sys.exit(main())
