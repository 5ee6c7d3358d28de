"""List the practices that this repository has and lacks, by the four levels of MLOps maturity."""

from argparse import ArgumentParser, Namespace

from mlops import maturity
from mlops.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    found = maturity.assess(Project.load())
    for level in sorted({item.level for item in found}):
        print(f"level {level}: {maturity.LEVELS[level]}")
        for item in (item for item in found if item.level == level):
            print(f"  {'has  ' if item.present else 'lacks'}  {item.name}: {item.reason}")
    reached = maturity.reached(found)
    print(f"\nThis repository is at level {reached} ({maturity.LEVELS[reached]}).")
    return 0
