"""The old name of ``gate lint``; it works for one release, with a notice."""

import sys
from argparse import ArgumentParser, Namespace

from mlops import paths
from mlops.gates.cli import commands
from mlops.gates.core.text_output import show
from mlops.verbs.gate import LINT_HELP


def add_arguments(parser: ArgumentParser) -> None:
    """Add the subcommand ``lint``."""
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="lint [FILE]", help=LINT_HELP)
    commands.add_lint_arguments(subcommands.add_parser("lint", description=LINT_HELP), paths.GATES)


def run(arguments: Namespace) -> int:
    """Check the gate file; return the exit code."""
    show("mlops gates lint: the name is now `mlops gate lint`; the old one goes with the next release", sys.stderr)
    return commands.lint(arguments)
