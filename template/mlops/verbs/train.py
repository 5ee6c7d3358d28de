"""Fit the candidate model on the training rows."""

import shutil
from argparse import ArgumentParser, Namespace

from mlops import model, params, paths, table_io, training_record
from mlops.gates.core import digests
from mlops.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    settings = project.settings
    chosen = params.load(project.root)
    rows = table_io.read(paths.TRAINING, made_by="split")
    data_digest = digests.of_file(paths.TRAINING)
    if chosen.train.fraction < 1:
        rows = rows.sample(frac=chosen.train.fraction, random_state=chosen.seed).sort_index()
        data_digest = digests.of_bytes(rows.to_parquet(index=False))
    features, labels = rows[project.team("features").FEATURES], rows[settings.target]
    signature = model.describe(features, labels, settings.task, settings.package, settings.positive_label)
    estimator = project.team("model").build(chosen.train.of_the_model, chosen.seed)
    estimator.fit(features, labels)
    shutil.rmtree(paths.CANDIDATE, ignore_errors=True)
    digest = model.save(paths.CANDIDATE, estimator, signature)
    training_record.write(
        training_record.TrainingRecord(model_digest=digest, data_digest=data_digest, rows=len(rows)), paths.TRAINED
    )
    print(f"fitted on {len(rows)} rows: {digest} -> {paths.CANDIDATE}")
    return 0
