"""The command ``espalier``: one subcommand for each task with generated repositories."""

import argparse
import sys
from collections.abc import Sequence

from . import __version__
from .check import cli as check_cli


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code (0: success, 1: findings, 2: unusable input)."""
    parser = argparse.ArgumentParser(prog="espalier", description="Check machine-learning repositories.")
    parser.add_argument("--version", action="version", version=f"espalier {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    check = commands.add_parser("check", help=check_cli.SUMMARY, description=check_cli.SUMMARY)
    check_cli.add_arguments(check)
    check.set_defaults(run=check_cli.execute)
    arguments = parser.parse_args(argv)
    return int(arguments.run(arguments))


if __name__ == "__main__":
    sys.exit(main())
