"""Load the rows with the team's data.py and write them to data/raw."""

from argparse import ArgumentParser, Namespace

import pandas as pd

from mlops import paths, table_io, validation
from mlops.errors import MlopsError
from mlops.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    rows = project.team("data").load()
    if not isinstance(rows, pd.DataFrame):
        raise MlopsError(f"load() in the team's data.py returned {type(rows).__name__}; a pandas DataFrame is expected")
    if found := list(validation.mixed_type_problems(rows)):  # a table file cannot store such a column
        print(f"{len(found)} problems in what load() returned; nothing was written:\n{validation.summary(found)}")
        return 1
    table_io.write(rows, paths.RAW)
    print(f"{len(rows)} rows, {len(rows.columns)} columns -> {paths.RAW}")
    return 0
