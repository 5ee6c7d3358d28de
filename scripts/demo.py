"""``make demo``: generate a repository, let one model pass its gates and a worse one fail.

Needs git, make and Python 3.11 to 3.13; everything else is installed below ``build/``. The output of the tools goes to
``build/demo.log``. Each run generates the repository in ``build/demo`` again; the previous one moves to
``build/demo-earlier``, and its environment is reused.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def installer() -> ModuleType:
    """Return the template's installer module, which exits with one sentence if this Python is too old.

    It is loaded from its file, because the packages that the engine imports are not installed yet.
    """
    path = ROOT / "template" / "mlops" / "environment.py"
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module  # dataclasses look up the module that they are defined in
    specification.loader.exec_module(module)
    return module


environment = installer()
BUILD = ROOT / "build"
TOOLS = BUILD / "tools"  # the environment with copier
REPOSITORY = BUILD / "demo"
EARLIER = BUILD / "demo-earlier"
REPORTS = BUILD / "demo-reports"
LOG = BUILD / "demo.log"
VENV = Path(".venv")
PYTHON = str(REPOSITORY / VENV / "bin" / "python")
# Train on 8 patients instead of 266, as after a broken data query.
WORSE = "train.fraction=0.03"
# The demo's commits have a fixed author, and git reads no configuration of this machine.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "Espalier demo" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "demo@localhost" for role in ("AUTHOR", "COMMITTER")},
}

Shown = Callable[[str], bool]


class DemoError(Exception):
    """The demo cannot continue; the message is one line."""


class Clock:
    """Measure the seconds since the start of the demo and of the current step."""

    def __init__(self) -> None:
        self.began = self.step = time.monotonic()
        self.times: list[tuple[str, float]] = []
        self.name = ""

    def start(self, name: str) -> None:
        """End the previous step and print the name of the next one."""
        self.stop()
        self.name, self.step = name, time.monotonic()
        print(f"[{self.step - self.began:4.0f} s] {name}", flush=True)

    def stop(self) -> None:
        """End the current step and keep its duration."""
        if self.name:
            self.times.append((self.name, time.monotonic() - self.step))
        self.name = ""


def run(command: Sequence[str], *, folder: Path, expected: int = 0, show: Shown = lambda line: False) -> str:
    """Run a tool and return its output, which also goes to the log; print the lines that ``show`` selects.

    Raises:
        DemoError: it is not installed, or ended with another exit code than the expected one.
    """
    # An environment that is active in the caller's shell must not replace those of the demo.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "VIRTUAL_ENV", "PYTHONHOME", "MAKE"))}
    inherited.pop("MFLAGS", None)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**inherited, **GIT, "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError as error:
            raise DemoError(f"{command[0]} is not installed: the demo needs git and make") from error
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            log.write(line)
            log.flush()
            if show(line):
                print(f"         {line.rstrip()}", flush=True)
        code = process.wait()
    if code != expected:
        last = environment.last_line("".join(lines))
        raise DemoError(f"`{' '.join(command[-4:])}` ended with {code} instead of {expected}: {last}")
    return "".join(lines)


def everything(line: str) -> bool:
    """Return whether a line is not blank."""
    return bool(line.strip())


def stages_and_failures(line: str) -> bool:
    """Return whether a line of a pipeline's output names a stage, a gate that does not pass, or the verdict."""
    return re.match(r"Running stage|FAIL |HOLD |VERDICT \w+:", line) is not None


def mlops(*arguments: str, expected: int = 0, show: Shown = lambda line: False) -> str:
    """Run a verb in the generated repository and return its output."""
    return run([PYTHON, "-m", "mlops", *arguments], folder=REPOSITORY, expected=expected, show=show)


def commit(message: str) -> None:
    """Commit everything in the generated repository."""
    run(["git", "add", "--all"], folder=REPOSITORY)
    run(["git", "commit", "--quiet", "--message", message], folder=REPOSITORY)


def make_room() -> Path | None:
    """Move the repository of an earlier demo away and return its environment, which can be reused, or None."""
    if not REPOSITORY.exists():
        return None
    if EARLIER.exists():
        shutil.rmtree(EARLIER)
    REPOSITORY.rename(EARLIER)
    return EARLIER / VENV if (EARLIER / VENV).is_dir() else None


def generate() -> None:
    """Run ``copier copy`` on the working tree, and keep the environment of an earlier demo."""
    kept = make_room()
    answers = ["--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    command = [str(TOOLS / "bin" / "python"), "-W", "ignore", "-m", "copier", "copy", *answers]
    run([*command, str(ROOT), str(REPOSITORY)], folder=ROOT)
    if kept:
        kept.rename(REPOSITORY / VENV)


def keep_report(name: str) -> None:
    """Copy the report and the verdict to the folder of the demo's reports."""
    shutil.copy2(REPOSITORY / "reports" / "report.html", REPORTS / f"{name}.html")
    shutil.copy2(REPOSITORY / "reports" / "verdict.json", REPORTS / f"{name}.verdict.json")


def champion() -> str:
    """Return the output of ``mlops champion``."""
    return mlops("champion")


def demo(clock: Clock) -> None:
    """Run all steps of the demo.

    Raises:
        DemoError: a step failed, or a model got an unexpected verdict.
        environment.SetupError: the environment with copier cannot be created.
    """
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    clock.start("Install copier, the generator (build/tools)")
    tools = environment.Environment(ROOT, TOOLS, ("generate",), with_project=False)
    environment.install(tools)
    clock.start("Generate a repository with all defaults and check it (build/demo)")
    generate()
    clock.start("make setup: install its locked environment")
    run(["make", f"PYTHON3={sys.executable}", "setup"], folder=REPOSITORY, show=everything)
    commit("Generated from the template")
    clock.start("First model: data, validation, split, training, evaluation, gates, report")
    mlops("pipeline", show=stages_and_failures)
    keep_report("first")
    clock.start("It passed: register it, make it the champion, commit")
    mlops("register", show=everything)
    mlops("champion", "--set")
    commit("First champion")
    before = champion()
    clock.start(f"Worse model: the same pipeline with {WORSE}, 8 patients to learn from")
    mlops("pipeline", "--set", WORSE, expected=1, show=stages_and_failures)
    keep_report("worse")
    clock.start("It failed: it cannot be registered, and the champion does not change")
    mlops("register", expected=1, show=everything)
    if champion() != before:
        raise DemoError("the rejected model changed the champion")
    print(f"         {before.splitlines()[0]}")
    clock.stop()


def summary(clock: Clock) -> str:
    """Return the closing text: the result, and the places of reports, repository and log."""
    shown = {path: os.path.relpath(path, Path.cwd()) for path in (REPOSITORY, REPORTS, LOG)}
    seconds = time.monotonic() - clock.began
    return f"""
One model passed its gates and became champion, a worse one was rejected. {seconds:.0f} s in total.

  {shown[REPORTS]}/first.html   report of the model that passed
  {shown[REPORTS]}/worse.html   report of the model that was rejected
  {shown[REPOSITORY]}                      the repository, with both models' history; see its README.md for what to try
  {shown[LOG]}                  everything that the tools printed

In {shown[REPOSITORY]}, params.yaml still describes the worse model: `git checkout params.yaml && make pipeline`
restores the first.
"""


def main() -> int:
    """Run the demo; return 1 after one line on stderr if something fails, 130 if it is interrupted."""
    clock = Clock()
    try:
        BUILD.mkdir(exist_ok=True)
        LOG.write_text("", encoding="utf-8")
        demo(clock)
    except environment.SetupError as error:  # its message names another log
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except (DemoError, OSError) as error:
        print(f"demo: {error} (full output: {LOG})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            f"\ndemo: interrupted; the next run starts over and reuses what is installed (log: {LOG})", file=sys.stderr
        )
        return 130
    print(summary(clock), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
