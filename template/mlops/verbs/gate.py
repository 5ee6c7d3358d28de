"""Judge the evidence by model_gates.yaml: exit 0 pass, 1 fail, 2 unusable, 3 hold."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import paths
from mlops.evidence import freshness
from mlops.gates.cli import commands
from mlops.gates.evidence.contract import Evidence


def add_arguments(parser: ArgumentParser) -> None:
    commands.add_judge_arguments(parser, paths.EVIDENCE, paths.GATES, paths.VERDICT)
    parser.add_argument("--commit", help="the commit that the evidence must be of; by default HEAD or one before it")


def run(arguments: Namespace) -> int:
    def current(document: Evidence) -> None:
        freshness.require_fresh(document, Path.cwd(), arguments.commit)

    return commands.judge(arguments, current)
