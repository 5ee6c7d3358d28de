"""The tracking store and the model registry: MLflow, by default one sqlite file beside the code."""

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
from mlops.gates.core import digests
from mlops.paths import CANDIDATE
from mlops.project import Project

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient

CHAMPION = "champion"  # the registry's alias; derived from releases/production.yaml
DIGEST_TAG = "digest"
MODEL = "model"  # name of the logged model, and of the run's artifact


@contextmanager
def reachable(uri: str, run_id: str | None = None) -> Iterator[None]:
    """Turn what MLflow and its database raise into one line that names the store, or the run that it has lost."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError) as error:
        if run_id and isinstance(error, MlflowException) and error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise lost(run_id, uri) from error
        raise MlopsError(f"the tracking store {uri} answered: {str(error).splitlines()[0]}") from error


def lost(run_id: str, uri: str) -> MlopsError:
    return MlopsError(
        f"the tracking store {uri} does not have the run {run_id} of models/candidate with its model: "
        "`dvc repro --force evaluate`, then `make pipeline`, make it again"
    )


def load_mlflow() -> ModuleType:
    """MLflow, set up as every verb wants it before its first import."""
    # A server that is down is said after seconds, not after MLflow's seven retries.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    # Nothing leaves the machine but to the store that the project names.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow = importlib.import_module("mlflow")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


@dataclass(frozen=True, slots=True)
class Tracking:
    """One project's runs and registered models."""

    project: Project
    client: "MlflowClient"

    @classmethod
    def open(cls, project: Project) -> "Tracking":
        """Connect to the store that the project names.

        Raises:
            MlopsError: it cannot be reached.
        """
        mlflow = load_mlflow()
        uri = project.tracking_uri
        mlflow.set_tracking_uri(uri)
        with reachable(uri):
            client = mlflow.tracking.MlflowClient()
            found = client.get_experiment_by_name(project.settings.model_name)
        tracking = cls(project, client)
        if found is not None and tracking.artifacts not in (None, found.artifact_location):
            from mlops.tracking_relocation import rewrite_artifact_paths

            with reachable(uri):
                rewrite_artifact_paths(uri, found.artifact_location, tracking.artifacts)
        return tracking

    @property
    def uri(self) -> str:
        return self.project.tracking_uri

    @property
    def name(self) -> str:
        return self.project.settings.model_name

    @property
    def artifacts(self) -> str | None:
        """Where the store beside the code keeps artifacts; None for any other, which knows by itself."""
        root = self.project.root.absolute()
        inside = self.uri.startswith("sqlite:///") and Path(self.uri.removeprefix("sqlite:///")).is_relative_to(root)
        return (root / "mlartifacts").as_uri() if inside else None

    def experiment(self) -> str:
        """Id of the project's experiment, made on first use."""
        with reachable(self.uri):
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
        """Log one training with its model, signature and input example; returns the run's id.

        A training that was logged before, with the same params and tags, keeps its run.
        """
        import mlflow

        if (known := self.run_of(params, tags)) is not None:
            return known
        predictor = model.load(directory)
        lock = self.project.root / "constraints.txt"
        with reachable(self.uri), mlflow.start_run(experiment_id=self.experiment(), tags=dict(tags)) as run:
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
        """Id of the latest run with exactly these params and at least these tags, or None."""
        wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        with reachable(self.uri):
            runs = self.client.search_runs([self.experiment()], filter_string=wanted)
        texts = {name: str(value) for name, value in params.items()}
        return next((str(run.info.run_id) for run in runs if run.data.params == texts), None)

    def run(self, run_id: str) -> "Run":
        with reachable(self.uri):
            return self.client.get_run(run_id)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Add metrics and tags to a run."""
        import time

        from mlflow.entities import Metric, RunTag

        now = int(time.time() * 1000)

        with reachable(self.uri, run_id):
            self.client.log_batch(
                run_id,
                metrics=[Metric(name, value, timestamp=now, step=0) for name, value in metrics.items()],
                tags=[RunTag(name, value) for name, value in tags.items()],
            )

    def log_files(self, run_id: str, files: Mapping[Path, str]) -> None:
        """Add files to a run, each under a folder of its artifacts."""
        with reachable(self.uri, run_id):
            for path, folder in files.items():
                self.client.log_artifact(run_id, str(path), folder)

    def version_of(self, digest: str) -> "ModelVersion | None":
        """The registered version that holds exactly the model of this digest, or None."""
        with reachable(self.uri):
            versions = self.client.search_model_versions(f"name = '{self.name}'")
        matching = [version for version in versions if version.tags.get(DIGEST_TAG) == digest]
        return min(matching, key=lambda version: int(version.version)) if matching else None

    def register(self, run_id: str, digest: str, tags: Mapping[str, str]) -> tuple[str, bool]:
        """Put the model of a run into the registry, once per digest; returns its version and whether it is new."""
        if (known := self.version_of(digest)) is not None:
            return str(known.version), False
        from mlflow.exceptions import MlflowException

        with reachable(self.uri):
            models = self.client.search_logged_models(
                experiment_ids=[self.experiment()], filter_string=f"source_run_id = '{run_id}'"
            )
            if not models:
                raise lost(run_id, self.uri)
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
        """Make ``directory`` hold the registered model of this digest; returns its version.

        Raises:
            MlopsError: it is not registered, or what the registry holds has another digest.
        """
        import shutil
        import tempfile

        import mlflow

        version = self.version_of(digest)
        if version is None:
            raise MlopsError(f"the registry at {self.uri} has no version of '{self.name}' with the digest {digest}")
        if directory.is_dir() and model.digest(directory) == digest:
            return str(version.version)
        with reachable(self.uri), tempfile.TemporaryDirectory() as folder:
            # where MLflow keeps log_model's data_path
            uri = f"models:/{self.name}/{version.version}/data/{CANDIDATE.name}"
            artifact = Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))
            found = model.digest(artifact)
            if found != digest:
                raise MlopsError(
                    f"version {version.version} of '{self.name}' has the digest {found}, not {digest}: tampered with?"
                )
            shutil.rmtree(directory, ignore_errors=True)
            shutil.copytree(artifact, directory)
        return str(version.version)

    def set_champion(self, version: str) -> None:
        """Point the registry's alias at a version; idempotent."""
        with reachable(self.uri):
            self.client.set_registered_model_alias(self.name, CHAMPION, version)

    def clear_champion(self) -> None:
        """Remove the registry's alias; idempotent."""
        if self.champion_version() is not None:
            with reachable(self.uri):
                self.client.delete_registered_model_alias(self.name, CHAMPION)

    def champion_version(self) -> str | None:
        """The version that the registry's alias points at, or None."""
        from mlflow.exceptions import MlflowException

        try:
            return str(self.client.get_model_version_by_alias(self.name, CHAMPION).version)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise MlopsError(f"the tracking store {self.uri} answered: {str(error).splitlines()[0]}") from error


def mlflow_signature(signature: model.Signature) -> "ModelSignature":
    """Our signature in MLflow's words."""
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
    """The exact versions that loading a model needs, from the lock; markers are kept for pip to judge."""
    needed = ("numpy==", "pandas==", "scikit-learn==", "pydantic==", "joblib==", "pyyaml==")
    return [line for line in lock.read_text(encoding="utf-8").splitlines() if line.startswith(needed)]


def data_digest(path: Path) -> str:
    """Digest of a data file as the evidence records it."""
    return digests.of_file(path)
