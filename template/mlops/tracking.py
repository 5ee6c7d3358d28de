"""The tracking store and the model registry: MLflow, by default with a SQLite file in the repository."""

import importlib
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlops import model
from mlops.errors import MlopsError
from mlops.paths import CANDIDATE
from mlops.project import Project

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient

CHAMPION = "champion"  # the alias in the registry; set from releases/production.yaml
DIGEST_TAG = "digest"
MODEL = "model"  # name of the logged model and of the run's artifact


@contextmanager
def mlflow_errors(uri: str, run_id: str | None = None) -> Iterator[None]:
    """Turn an error of MLflow or its database into one line that names the store, or the run that is missing in it."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError) as error:
        if run_id and isinstance(error, MlflowException) and error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise missing_run(run_id, uri) from error
        raise MlopsError(f"the tracking store {uri} reports an error: {str(error).splitlines()[0]}") from error


def missing_run(run_id: str, uri: str) -> MlopsError:
    """Return the error about a run that the store does not contain."""
    return MlopsError(
        f"the tracking store {uri} does not have the run {run_id} of models/candidate with its model: run "
        "`dvc repro --force evaluate`, then `make pipeline`, to log it again"
    )


def load_mlflow() -> ModuleType:
    """Import MLflow with the settings that every verb needs and return the module."""
    # Report a server that is down after seconds, not after MLflow's seven retries.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    # Send nothing to any server except the store that the project names.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow = importlib.import_module("mlflow")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


@dataclass(frozen=True, slots=True)
class Tracking:
    """The runs and registered models of one project."""

    project: Project
    client: "MlflowClient"

    @classmethod
    def open(cls, project: Project) -> "Tracking":
        """Connect to the store that the project names.

        Raises:
            MlopsError: The store cannot be reached.
        """
        mlflow = load_mlflow()
        uri = project.tracking_uri
        mlflow.set_tracking_uri(uri)
        with mlflow_errors(uri):
            client = mlflow.tracking.MlflowClient()
            found = client.get_experiment_by_name(project.settings.model_name)
        tracking = cls(project, client)
        if found is not None and tracking.artifacts not in (None, found.artifact_location):
            from mlops.tracking_relocation import rewrite_artifact_paths

            with mlflow_errors(uri):
                rewrite_artifact_paths(uri, found.artifact_location, tracking.artifacts)
        return tracking

    @property
    def uri(self) -> str:
        """Return the address of the store."""
        return self.project.tracking_uri

    @property
    def name(self) -> str:
        """Return the model's name, which the experiment has too."""
        return self.project.settings.model_name

    @property
    def artifacts(self) -> str | None:
        """Return the URI of the artifact folder of a store in the repository; None for any other store."""
        root = self.project.root.absolute()
        in_repository = self.uri.startswith("sqlite:///") and Path(self.uri.removeprefix("sqlite:///")).is_relative_to(
            root
        )
        return (root / "mlartifacts").as_uri() if in_repository else None

    def experiment(self) -> str:
        """Return the id of the project's experiment; create the experiment if it does not exist."""
        with mlflow_errors(self.uri):
            found = self.client.get_experiment_by_name(self.name)
            if found is not None:
                return str(found.experiment_id)
            return str(self.client.create_experiment(self.name, artifact_location=self.artifacts))

    def log_training(
        self,
        directory: Path,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        example: pd.DataFrame,
    ) -> str:
        """Log one training with its model, signature and input example; return the run's id.

        If a training with the same params and tags was logged before, return the id of that run.
        """
        import mlflow

        if (known := self.run_of(params, tags)) is not None:
            return known
        predictor = model.load(directory)
        lock = self.project.root / "constraints.txt"
        with mlflow_errors(self.uri), mlflow.start_run(experiment_id=self.experiment(), tags=dict(tags)) as run:
            mlflow.log_params(dict(params))
            mlflow.pyfunc.log_model(
                name=MODEL,
                loader_module="mlops.pyfunc",
                data_path=str(directory),
                code_paths=[
                    str(self.project.root / "mlops"),
                    str(self.project.root / "src" / self.project.settings.package),
                ],
                signature=mlflow_signature(predictor.signature),
                input_example=example,
                pip_requirements=serving_requirements(lock),
                metadata={DIGEST_TAG: predictor.digest},
            )
            return str(run.info.run_id)

    def run_of(self, params: Mapping[str, Any], tags: Mapping[str, str]) -> str | None:
        """Return the id of the latest run with exactly these params and at least these tags, or None."""
        wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        with mlflow_errors(self.uri):
            runs = self.client.search_runs([self.experiment()], filter_string=wanted)
        texts = {name: str(value) for name, value in params.items()}
        return next((str(run.info.run_id) for run in runs if run.data.params == texts), None)

    def run(self, run_id: str) -> "Run":
        """Return the run with this id."""
        with mlflow_errors(self.uri):
            return self.client.get_run(run_id)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Add metrics and tags to a run."""
        import time

        from mlflow.entities import Metric, RunTag

        now = int(time.time() * 1000)

        with mlflow_errors(self.uri, run_id):
            self.client.log_batch(
                run_id,
                metrics=[Metric(name, value, timestamp=now, step=0) for name, value in metrics.items()],
                tags=[RunTag(name, value) for name, value in tags.items()],
            )

    def log_files(self, run_id: str, files: Mapping[Path, str]) -> None:
        """Add files to a run, each under a folder of its artifacts."""
        with mlflow_errors(self.uri, run_id):
            for path, folder in files.items():
                self.client.log_artifact(run_id, str(path), folder)

    def version_of(self, digest: str) -> "ModelVersion | None":
        """Return the registered version of the model with this digest, or None."""
        with mlflow_errors(self.uri):
            versions = self.client.search_model_versions(f"name = '{self.name}'")
        matching = [version for version in versions if version.tags.get(DIGEST_TAG) == digest]
        return min(matching, key=lambda version: int(version.version)) if matching else None

    def register(self, run_id: str, digest: str, tags: Mapping[str, str]) -> tuple[str, bool]:
        """Register the model of a run, once per digest; return its version and whether it is new."""
        if (known := self.version_of(digest)) is not None:
            return str(known.version), False
        from mlflow.exceptions import MlflowException

        with mlflow_errors(self.uri):
            models = self.client.search_logged_models(
                experiment_ids=[self.experiment()], filter_string=f"source_run_id = '{run_id}'"
            )
            if not models:
                raise missing_run(run_id, self.uri)
            try:
                self.client.create_registered_model(self.name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            version = self.client.create_model_version(
                self.name,
                source=models[0].model_uri,
                run_id=run_id,
                tags={**tags, DIGEST_TAG: digest},
                model_id=models[0].model_id,
            )
        return str(version.version), True

    def fetch(self, digest: str, directory: Path) -> str:
        """Download the registered model with this digest into ``directory``; return its version.

        Raises:
            MlopsError: No version has this digest, or the files in the registry have another digest.
        """
        import shutil
        import tempfile

        import mlflow

        version = self.version_of(digest)
        if version is None:
            raise MlopsError(f"the registry at {self.uri} has no version of '{self.name}' with the digest {digest}")
        if directory.is_dir() and model.digest(directory) == digest:
            return str(version.version)
        with mlflow_errors(self.uri), tempfile.TemporaryDirectory() as folder:
            # MLflow stores log_model's data_path there
            uri = f"models:/{self.name}/{version.version}/data/{CANDIDATE.name}"
            artifact = Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))
            found = model.digest(artifact)
            if found != digest:
                raise MlopsError(
                    f"version {version.version} of '{self.name}' has the digest {found}, not {digest}: "
                    "its files may have been tampered with"
                )
            shutil.rmtree(directory, ignore_errors=True)
            shutil.copytree(artifact, directory)
        return str(version.version)

    def set_champion(self, version: str) -> None:
        """Set the registry's alias to a version; idempotent."""
        with mlflow_errors(self.uri):
            self.client.set_registered_model_alias(self.name, CHAMPION, version)

    def clear_champion(self) -> None:
        """Remove the registry's alias; idempotent."""
        if self.champion_version() is not None:
            with mlflow_errors(self.uri):
                self.client.delete_registered_model_alias(self.name, CHAMPION)

    def champion_version(self) -> str | None:
        """Return the version that the registry's alias points to, or None."""
        from mlflow.exceptions import MlflowException

        try:
            return str(self.client.get_model_version_by_alias(self.name, CHAMPION).version)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise MlopsError(f"the tracking store {self.uri} reports an error: {str(error).splitlines()[0]}") from error


def mlflow_signature(signature: model.Signature) -> "ModelSignature":
    """Return a signature in MLflow's format."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    label = (
        {int: DataType.long, str: DataType.string}[type(signature.positive_label)]
        if signature.labels
        else DataType.double
    )
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType[column.type], column.name, required=not column.nullable) for column in signature.inputs
    ]
    return ModelSignature(Schema(inputs), Schema([ColSpec(label, "label"), ColSpec(DataType.double, "score")]))


def serving_requirements(lock: Path) -> list[str]:
    """Return the locked versions of the packages that loading a model needs, with their environment markers."""
    needed = ("numpy==", "pandas==", "scikit-learn==", "pydantic==", "joblib==", "pyyaml==")
    return [line for line in lock.read_text(encoding="utf-8").splitlines() if line.startswith(needed)]
