"""Compile the programs of the control plane, once for each set of versions: ``python -m control_plane.build``.

What to build, and which versions, is in ``go/*/go.mod`` next to this file. The result is in a folder of the user's
cache whose name is a digest of those files: a second run finds it, and a new version of a module builds it again. Once
it is built, Go and a network are not needed. This module needs nothing but Python's standard library.
"""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from control_plane.system_programs import ProgramMissingError, require

GO = Path(__file__).resolve().parent / "go"
MODULES = ("cluster", "kwok")
# Go names a program after the last part of its path, which is too general for these two.
RENAMED = {"cmd": "argocd", "server": "etcd"}
# The manifests that a controller needs in the cluster before it runs, in the module that it is built from.
MANIFESTS = {
    "argo-cd": ("github.com/argoproj/argo-cd/v3", ("manifests/crds", "manifests/base/config")),
    "argo-rollouts": ("github.com/argoproj/argo-rollouts", ("manifests/crds",)),
}
HOW_TO_BUILD = "make control-plane-build"
SHOW_EVERY_SECONDS = 10.0

Show = Callable[[str], None]


class BuildError(Exception):
    """The programs are not built or cannot be built; the message is one line with the reason."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The compiled programs in their folder."""

    folder: Path

    def path(self, name: str) -> str:
        """Return the path of a program.

        Raises:
            BuildError: it was not built, which happens if the caller and go.mod disagree.
        """
        found = self.folder / "bin" / name
        if not found.is_file():
            there = sorted(path.name for path in found.parent.glob("*"))
            raise BuildError(f"program '{name}' was not built; the programs are {there}")
        return str(found)

    def manifests(self, project: str) -> list[Path]:
        """Return the manifests that a controller's project ships: its custom resource definitions and settings."""
        return sorted((self.folder / "manifests" / project).rglob("*.yaml"))

    @property
    def seconds(self) -> float:
        """Return how long the build took, with the contents of Go's own caches at the time."""
        return float(json.loads((self.folder / "built.json").read_text(encoding="utf-8"))["seconds"])


def place(module: str) -> str:
    """Return the folder of a Go module, for a message."""
    return f"tools/control_plane/go/{module}"


def flags() -> list[str]:
    """Return the build flags for small programs that contain their version and no path of this machine.

    Debug information is not compiled: the linker drops it, and generating it takes a seventh of the build.
    """
    text = (GO / "cluster" / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)", text)
    if found is None:
        raise BuildError(f"{place('cluster')}/go.mod does not require k8s.io/kubernetes: add it with its version")
    version, major, minor = found.groups()
    names = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    stamps = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in names.items()]
    return ["-mod=readonly", "-trimpath", "-gcflags=all=-dwarf=false", f"-ldflags=-s -w {' '.join(stamps)}"]


def target() -> Path:
    """Return the folder of the programs of these versions, built or not.

    Comments in go.mod and the paths of the files do not change it, because a build takes ten minutes.
    """
    digest = hashlib.sha256(" ".join([*flags(), platform.system(), platform.machine()]).encode())
    for module in MODULES:
        lines = (GO / module / "go.mod").read_text(encoding="utf-8").splitlines()
        digest.update("\n".join(line for line in lines if not line.lstrip().startswith("//")).encode())
        digest.update((GO / module / "go.sum").read_bytes())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "espalier" / "control-plane" / digest.hexdigest()[:16]


def built() -> Programs:
    """Return the programs of an earlier build.

    Raises:
        BuildError: these versions are not built yet.
    """
    folder = target()
    if not folder.is_dir():
        raise BuildError(
            f"the control plane is not built: run {HOW_TO_BUILD} (about ten minutes on two cores, the first time)"
        )
    return Programs(folder)


def build(show: Show) -> Programs:
    """Return the programs, and compile them first if they are not built yet.

    Args:
        show: is called with a line of progress from time to time.

    Raises:
        ProgramMissingError: Go is not installed.
        BuildError: a module cannot be downloaded, or something does not compile. Nothing is left behind.
    """
    folder = target()
    if folder.is_dir():
        show(f"already built: {folder}")
        return Programs(folder)
    require("build", compiled=False)
    began = time.monotonic()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as temporary:
        made = Path(temporary) / "made"
        (made / "bin").mkdir(parents=True)
        for module in MODULES:
            _compile(GO / module, made / "bin", show)
        for name, better in RENAMED.items():
            (made / "bin" / name).rename(made / "bin" / better)
        _copy_manifests(made / "manifests")
        (made / "built.json").write_text(json.dumps({"seconds": round(time.monotonic() - began, 1)}), encoding="utf-8")
        if not folder.is_dir():  # another build may have finished first
            made.rename(folder)
    show(f"built in {Programs(folder).seconds:.0f} s: {folder}")
    return Programs(folder)


def _compile(module: Path, folder: Path, show: Show) -> None:
    command = ["go", "build", "-v", *flags(), "-o", f"{folder}/", "tool"]
    log = folder.parent / f"{module.name}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=module, stdout=output, stderr=output)
    try:
        while True:
            try:
                process.wait(SHOW_EVERY_SECONDS)
                break
            except subprocess.TimeoutExpired:
                done = progress(_lines(log), len(list(folder.iterdir())))
                show(f"{module.name}: {done}, {time.monotonic() - began:.0f} s")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise BuildError(f"{reason(_lines(log), module.name)}; nothing was built")


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()


def progress(lines: list[str], programs: int) -> str:
    """Return what Go has done so far, from the output of ``go build -v``."""
    downloaded = sum(line.startswith("go: downloading ") for line in lines)
    compiled = sum(re.fullmatch(r"[\w.-]+(/[\w.+~-]+)*", line) is not None for line in lines)
    return f"{downloaded} modules downloaded, {compiled} packages compiled, {programs} programs linked"


def reason(lines: list[str], module: str) -> str:
    """Return the reason why Go failed, from its output, and what would help."""
    for line in lines:
        if refused := re.match(r"(?:\S+: |go: )*(?P<name>[\w./~-]+@v[\w.+-]+): (?P<why>.*)", line):
            return (
                f"the Go module {refused['name']} cannot be downloaded: {refused['why']}. "
                f"{place(module)} needs exactly this version: use a module proxy that has it (see `go env GOPROXY`)"
            )
    # without progress and the names of packages before their errors
    errors = [line for line in lines if not re.match(r"go: downloading |# |[\w.-]+(/[\w.+~-]+)*$", line)]
    return f"`go build` in {place(module)} failed: {errors[0] if errors else 'it printed no reason'}"


def _copy_manifests(folder: Path) -> None:
    for project, (module, places) in MANIFESTS.items():
        command = ["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
        done = subprocess.run(command, cwd=GO / "cluster", capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"{reason(done.stderr.splitlines(), 'cluster')}; nothing was built")
        for place in places:
            (folder / project).mkdir(parents=True, exist_ok=True)
            for path in (Path(done.stdout.strip()) / place).glob("*.yaml"):
                if path.name != "kustomization.yaml":
                    # not shutil.copy: the module cache is read-only, and this folder must be removable
                    (folder / project / path.name).write_bytes(path.read_bytes())


def main() -> int:
    """Run ``make control-plane-build``; return 1 after one line on stderr if the programs cannot be built."""
    try:
        build(lambda line: print(f"control plane: {line}", flush=True))
    except (BuildError, ProgramMissingError) as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("control plane: stopped; nothing was built", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
