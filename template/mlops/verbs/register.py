"""Put the judged candidate into the model registry, once per model digest."""

from argparse import ArgumentParser, Namespace

from mlops import paths, trained
from mlops.errors import MlopsError
from mlops.passed import passed_verdict
from mlops.project import Project
from mlops.tracking import Tracking


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    judgement = passed_verdict(project.root)
    training = trained.read(paths.RUN)
    if training.model_digest != judgement.candidate:
        raise MlopsError(
            f"{paths.RUN} is about the model {training.model_digest}, the verdict about {judgement.candidate}"
        )
    tags = {"verdict": judgement.verdict.value, "commit": judgement.commit or "none"}
    version, new = Tracking.open(project).register(training.run_id, judgement.candidate, tags)
    print(
        f"{project.settings.model_name} version {version} {'registered' if new else 'was registered before'}: "
        f"{judgement.candidate}"
    )
    return 0
