"""Install the locked environment into .venv; runs before anything is installed."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import environment
from mlops.errors import MlopsError

EXTRAS = ["train", "serve", "dev"]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--venv", default=".venv", help="virtual environment to create or update")


def run(arguments: Namespace) -> int:
    extras = [part for extra in EXTRAS for part in ("--extra", extra)]
    code = environment.main(["--venv", arguments.venv, *extras])
    if code == 0 and not Path(".git").exists():
        try:  # the branch by configuration: an older git has no option for it
            environment.run(["git", "-c", "init.defaultBranch=main", "init", "--quiet"], None)
        except (environment.SetupError, OSError) as error:
            raise MlopsError(f"git init failed, and DVC works only inside a git repository: {error}") from error
        print("git: a new repository; commit what was generated before you change it")
    return code
