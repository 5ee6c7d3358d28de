"""Split the rows into training rows and held-out rows, which are never used for training."""

from argparse import ArgumentParser, Namespace

import pandas as pd

from mlops import params, paths, table_io, validation
from mlops.errors import MlopsError
from mlops.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    chosen = params.load(project.root)
    rows = table_io.read(paths.RAW, made_by="data").sort_values(validation.ROW_ID, ignore_index=True)
    label = rows[project.settings.target] if project.settings.task == "classification" else None
    training, held_out = divide(rows, label, chosen.split.held_out, chosen.seed)
    if found := list(validation.overlap_problems(training, held_out, chosen.validate_.max_overlap)):
        print(f"{len(found)} problems; nothing is trained on this split:\n{validation.summary(found)}")
        return 1
    table_io.write(training, paths.TRAINING)
    table_io.write(held_out, paths.HELD_OUT)
    print(f"{len(training)} training rows -> {paths.TRAINING}, {len(held_out)} held-out rows -> {paths.HELD_OUT}")
    return 0


def divide(rows: pd.DataFrame, label: pd.Series | None, share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training rows and held-out rows, in the order of ``rows``; the same ``share`` of each label is held out.

    Raises:
        MlopsError: a part would be empty, or would lack a label.
    """
    groups = rows.groupby(label) if label is not None else rows
    chosen = rows.index.isin(groups.sample(frac=share, random_state=seed).index)
    for name, part in (("training", ~chosen), ("held-out", chosen)):
        wanted = 1 if label is None else label.nunique()
        found = int(part.sum()) if label is None else label[part].nunique()
        if found < wanted:
            what = "row" if label is None else "label"
            raise MlopsError(
                f"split.held_out {share} leaves {found} of at least {wanted} {what}s to the {name} rows: "
                f"{len(rows)} rows are too few for it"
            )
    return rows[~chosen], rows[chosen]
