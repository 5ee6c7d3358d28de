"""Look after model_gates.yaml itself: ``gates lint`` says all that is wrong with it, without any evidence."""

from argparse import ArgumentParser, Namespace

from mlops import paths
from mlops.gates.cli import commands


def add_arguments(parser: ArgumentParser) -> None:
    says = "say all that is wrong with the gate file and its cases; exit 1 if anything is"
    what = parser.add_subparsers(dest="what", required=True, metavar="lint [FILE]", help=says)
    lint = what.add_parser("lint", help=says)
    commands.add_lint_arguments(lint, paths.GATES)


def run(arguments: Namespace) -> int:
    return commands.lint(arguments)
