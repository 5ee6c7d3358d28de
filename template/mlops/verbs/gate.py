"""Judge the evidence by model_gates.yaml: exit 0 pass, 1 fail, 2 unusable, 3 hold. ``gate lint`` checks the file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import paths
from mlops.evidence import freshness
from mlops.gates.cli import commands
from mlops.gates.evidence.contract import Evidence

LINT_HELP = "report everything that is wrong with the gate file and its cases; exit 1 if anything is"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of judging, and the subcommand ``lint``."""
    commands.add_judge_arguments(parser, paths.EVIDENCE, paths.GATES, paths.VERDICT)
    parser.add_argument("--commit", help="commit that the evidence must be of; by default HEAD or an earlier one")
    subcommands = parser.add_subparsers(dest="subcommand", metavar="lint [FILE]", help=LINT_HELP)
    commands.add_lint_arguments(subcommands.add_parser("lint", description=LINT_HELP), paths.GATES)


def run(arguments: Namespace) -> int:
    """Judge, or check the gate file; return the exit code."""
    if arguments.subcommand == "lint":
        return commands.lint(arguments)

    def refuse_other(document: Evidence) -> None:
        freshness.require_fresh(document, Path.cwd(), arguments.commit)

    return commands.judge(arguments, refuse_other)
