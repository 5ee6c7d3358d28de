"""Print how many evaluation rows the gate file needs for a model of a given true quality."""

from argparse import ArgumentParser, Namespace

from mlops import paths
from mlops.gates.cli import commands


def add_arguments(parser: ArgumentParser) -> None:
    commands.add_plan_arguments(parser, paths.GATES)


def run(arguments: Namespace) -> int:
    return commands.plan(arguments)
