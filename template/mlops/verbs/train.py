"""Fit the candidate model on the training rows and log the run."""

import shutil
from argparse import ArgumentParser, Namespace

from mlops import model, params, paths, tables, trained
from mlops.gates import digests
from mlops.project import Project
from mlops.repository import Repository
from mlops.tracking import Tracking


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    settings = project.settings
    chosen = params.load(project.root)
    rows = tables.read(paths.TRAINING)
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
    repository = Repository(project.root)
    run_id = Tracking.open(project).log_training(
        paths.CANDIDATE,
        params={"seed": chosen.seed, **chosen.train.model_dump()},
        tags={
            "mlops.model_digest": digest,
            "mlops.training_data_digest": data_digest,
            "mlops.code_digest": repository.code_digest,
            "mlops.commit": repository.commit or "none",
            "mlops.dirty": str(repository.dirty).lower(),
            "mlops.lock_digest": digests.of_file(project.root / "constraints.txt"),
        },
        example=features.head(3),
    )
    facts = trained.Trained(run_id=run_id, model_digest=digest, data_digest=data_digest, rows=len(rows))
    trained.write(facts, paths.RUN)
    print(f"fitted on {len(rows)} rows: {digest} -> {paths.CANDIDATE}, run {run_id} in {project.tracking_uri}")
    return 0
