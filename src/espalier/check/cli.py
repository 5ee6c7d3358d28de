"""The command line of the check, for ``espalier check`` and ``python -m mlops check``."""

import argparse
import sys
from collections.abc import Sequence

from . import formats
from .file_tree import UnusableRepositoryError
from .finding import Severity
from .runner import UnknownRuleError, run

SUMMARY = "Check the files of a generated repository against each other. Exit 0: clean, 1: findings, 2: unusable input."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the check."""
    parser.add_argument("path", nargs="?", default=".", help="root of the repository (default: the current folder)")
    parser.add_argument("--format", choices=formats.FORMATS, default="text", help="output format of the findings")
    parser.add_argument("--select", action="append", default=[], metavar="RULE", help="run only these: CMD101, or FILE")
    parser.add_argument("--ignore", action="append", default=[], metavar="RULE", help="skip these")
    parser.add_argument("--tools", action="store_true", help="also run the linters that are installed")
    parser.add_argument("--allow-missing", action="store_true", help="with --tools: do not fail if a linter is missing")


def main(argv: Sequence[str] | None = None) -> int:
    """Check one repository, print the findings and return the exit code."""
    parser = argparse.ArgumentParser(prog="check", description=SUMMARY)
    add_arguments(parser)
    return execute(parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Run the check; return 0: clean, 1: findings, 2: unusable input or a missing linter."""
    select, ignore = (
        [name.strip() for value in values for name in value.split(",") if name.strip()]
        for values in (arguments.select, arguments.ignore)
    )
    missing = False
    try:
        findings = run(arguments.path, select, ignore)
        if arguments.tools:
            from . import tools

            report = tools.run(arguments.path)
            findings = [*findings, *report.findings]
            for line in report.notes:
                print(f"check: {line}", file=sys.stderr)
            missing = bool(report.missing) and not arguments.allow_missing
    except (UnusableRepositoryError, UnknownRuleError) as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(formats.FORMATS[arguments.format](findings))
    if missing:
        return 2
    return int(any(finding.severity is Severity.ERROR for finding in findings))
