"""Command line of this folder when it is used on its own: ``python -m gates judge | lint | plan-sample``.

Needs Python 3.11 or later, numpy, pyarrow and PyYAML. Exit codes of ``judge``: 0 pass, 1 fail, 2 unusable, 3 hold.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from .cli import commands
from .cli.release_identity import check_identity
from .core.errors import CorrectableError
from .core.text_output import clean, show
from .evidence.contract import Evidence


def parser() -> ArgumentParser:
    """Return the parser of the command line."""
    found = ArgumentParser(prog="python -m gates", description="Judge a model by its evidence.")
    verbs = found.add_subparsers(dest="verb", required=True, metavar="judge | lint | plan-sample")
    judge = verbs.add_parser("judge", help="judge evidence: exit 0 pass, 1 fail, 2 unusable, 3 hold")
    commands.add_judge_arguments(judge, Path("evidence"), Path("model_gates.yaml"), Path("verdict.json"))
    judge.add_argument("--commit", required=True, help="commit that the evidence must be of")
    judge.add_argument("--candidate", metavar="DIGEST", help="digest of the model that is to be released")
    judge.add_argument(
        "--champion", metavar="DIGEST", required=True, help="digest of the model in production, or 'none'"
    )
    lint = verbs.add_parser("lint", help="print all errors of a gate file; exit 1 if there are any")
    commands.add_lint_arguments(lint, Path("model_gates.yaml"))
    plan = verbs.add_parser("plan-sample", help="print how many rows a gate file needs")
    commands.add_plan_arguments(plan, Path("model_gates.yaml"))
    return found


def run(arguments: Namespace) -> int:
    """Run one verb and return the exit code."""
    if arguments.verb == "lint":
        return commands.lint(arguments)
    if arguments.verb == "plan-sample":
        return commands.plan(arguments)

    def refuse_other(document: Evidence) -> None:
        check_identity(document, arguments.commit, arguments.candidate, arguments.champion)

    return commands.judge(arguments, refuse_other)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; an error that a user can correct is printed as one line on standard error."""
    arguments = parser().parse_args(argv)
    try:
        return run(arguments)
    except CorrectableError as error:
        show(f"gates {arguments.verb}: {clean(str(error))}", sys.stderr)
        return error.exit_code
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        show(f"gates {arguments.verb}: {message}", sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
