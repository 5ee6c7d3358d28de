"""``make demo``: generate a repository, let one model pass its gates and a worse one fail.

Needs git, make and Python 3.11 to 3.13; everything else is installed below ``build/``. What is printed by the
tools goes to ``build/demo.log``. The repository in ``build/demo`` is made anew each time; the one before it waits in
``build/demo-earlier``, its environment is used again.
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
    """Return the installer of the template, which stops a Python that is too old with one sentence.

    It is loaded from its file: the packages that the engine imports are not installed yet.
    """
    path = ROOT / "template" / "mlops" / "environment.py"
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module  # its dataclasses look their module up
    specification.loader.exec_module(module)
    return module


environment = installer()
BUILD = ROOT / "build"
TOOLS = BUILD / "tools"  # the environment that generates: copier
REPOSITORY = BUILD / "demo"
EARLIER = BUILD / "demo-earlier"
REPORTS = BUILD / "demo-reports"
LOG = BUILD / "demo.log"
VENV = Path(".venv")
PYTHON = str(REPOSITORY / VENV / "bin" / "python")
# Trained on 8 patients in place of 266: what a broken data query would bring.
WORSE = "train.fraction=0.03"
# The demo's commits are nobody's in particular, and no setting of this machine decides about them.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "Espalier demo" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "demo@localhost" for role in ("AUTHOR", "COMMITTER")},
}

Shown = Callable[[str], bool]


class DemoError(Exception):
    """The demo cannot go on; the message is one line."""


class Clock:
    """Seconds since the demo began, and since the present step did."""

    def __init__(self) -> None:
        self.began = self.step = time.monotonic()
        self.times: list[tuple[str, float]] = []
        self.name = ""

    def start(self, name: str) -> None:
        """End the step before and say which one begins."""
        self.stop()
        self.name, self.step = name, time.monotonic()
        print(f"[{self.step - self.began:4.0f} s] {name}", flush=True)

    def stop(self) -> None:
        if self.name:
            self.times.append((self.name, time.monotonic() - self.step))
        self.name = ""


def run(command: Sequence[str], *, folder: Path, expected: int = 0, show: Shown = lambda line: False) -> str:
    """Run a tool: everything it prints goes to the log, lines that ``show`` picks to the screen; returns the text.

    Raises:
        DemoError: it is not there, or ended with another exit code than the expected one.
    """
    # No environment that happens to be active may answer in place of the ones made here.
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
        said = environment.last_line("".join(lines))
        raise DemoError(f"`{' '.join(command[-4:])}` ended with {code} where {expected} is right: {said}")
    return "".join(lines)


def everything(line: str) -> bool:
    return bool(line.strip())


def stages_and_failures(line: str) -> bool:
    """What a person wants to see of a pipeline: the stages, gates that do not pass, and the verdict."""
    return re.match(r"Running stage|FAIL |HOLD |VERDICT \w+:", line) is not None


def mlops(*arguments: str, expected: int = 0, show: Shown = lambda line: False) -> str:
    return run([PYTHON, "-m", "mlops", *arguments], folder=REPOSITORY, expected=expected, show=show)


def commit(message: str) -> None:
    run(["git", "add", "--all"], folder=REPOSITORY)
    run(["git", "commit", "--quiet", "--message", message], folder=REPOSITORY)


def make_room() -> Path | None:
    """Put the repository of an earlier demo aside; returns the environment in it, which can be used again."""
    if not REPOSITORY.exists():
        return None
    if EARLIER.exists():
        shutil.rmtree(EARLIER)
    REPOSITORY.rename(EARLIER)
    return EARLIER / VENV if (EARLIER / VENV).is_dir() else None


def generate() -> None:
    """``copier copy`` of the working tree, the environment of an earlier demo kept."""
    kept = make_room()
    answers = ["--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    command = [str(TOOLS / "bin" / "python"), "-W", "ignore", "-m", "copier", "copy", *answers]
    run([*command, str(ROOT), str(REPOSITORY)], folder=ROOT)
    if kept:
        kept.rename(REPOSITORY / VENV)


def keep_report(name: str) -> None:
    shutil.copy2(REPOSITORY / "reports" / "report.html", REPORTS / f"{name}.html")
    shutil.copy2(REPOSITORY / "reports" / "verdict.json", REPORTS / f"{name}.verdict.json")


def champion() -> str:
    """What production runs, as the repository and its registry say."""
    return mlops("champion")


def demo(clock: Clock) -> None:
    """The whole demo.

    Raises:
        DemoError: a step failed, or a model got another verdict than it deserves.
        environment.SetupError: the environment that generates cannot be made.
    """
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    clock.start("Install copier, which generates (build/tools)")
    tools = environment.Environment(ROOT, TOOLS, ("generate",), with_project=False)
    environment.install(tools)
    clock.start("Generate a repository with all defaults, and check it (build/demo)")
    generate()
    clock.start("make setup: its locked environment")
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
    clock.start("It failed: it cannot be registered, and the champion stays")
    mlops("register", expected=1, show=everything)
    if champion() != before:
        raise DemoError("the rejected model changed the champion")
    print(f"         {before.splitlines()[0]}")
    clock.stop()


def summary(clock: Clock) -> str:
    """What was made and where to look."""
    shown = {path: os.path.relpath(path, Path.cwd()) for path in (REPOSITORY, REPORTS, LOG)}
    return f"""
One model passed its gates and became champion, a worse one was refused. {time.monotonic() - clock.began:.0f} s in all.

  {shown[REPORTS]}/first.html   report of the model that passed
  {shown[REPORTS]}/worse.html   report of the model that was refused
  {shown[REPOSITORY]}                      the repository, with both models' history; its README.md says what to try
  {shown[LOG]}                  everything that the tools printed

In {shown[REPOSITORY]}, params.yaml still asks for the worse model: `git checkout params.yaml && make pipeline`
brings back the first.
"""


def main() -> int:
    """Run the demo; 1 with one line when something fails."""
    clock = Clock()
    try:
        BUILD.mkdir(exist_ok=True)
        LOG.write_text("", encoding="utf-8")
        demo(clock)
    except environment.SetupError as error:  # names a log of its own
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except (DemoError, OSError) as error:
        print(f"demo: {error} (everything that was printed: {LOG})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ndemo: interrupted; the next run starts over, with what is installed (log: {LOG})", file=sys.stderr)
        return 130
    print(summary(clock), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
