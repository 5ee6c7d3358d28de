"""Find files of the repository that do not fit together: the validation that also ran after generating."""

from argparse import REMAINDER, ArgumentParser, Namespace

from mlops import check


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("rest", nargs=REMAINDER, help="path (default: here) and options of the check; see check --help")


def run(arguments: Namespace) -> int:
    return check.main(arguments.rest or ["."])
