"""Validate the rows against the team's schema and the engine's checks; invalid rows stop the training."""

import json
from argparse import ArgumentParser, Namespace

from mlops import params, paths, table_io, validation
from mlops.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    settings = project.settings
    rows = table_io.read(paths.RAW, made_by="data")
    found = validation.problems(
        rows,
        schema=project.team("schema").SCHEMA,
        features=project.team("features").FEATURES,
        target=settings.target,
        task=settings.task,
        limits=params.load(project.root).validate_,
    )
    paths.VALIDATION.parent.mkdir(parents=True, exist_ok=True)
    result = {"rows": len(rows), "problems": [problem.as_dict() for problem in found]}
    paths.VALIDATION.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if found:
        print(f"{len(found)} problems in {paths.RAW}; nothing is trained on it:\n{validation.summary(found)}")
        return 1
    print(f"{len(rows)} rows match the schema -> {paths.VALIDATION}")
    return 0
