"""The champion's record in Git: ``releases/production.yaml``, ``mlrelease/v1``."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from mlops import yaml_lines
from mlops.errors import MlopsError
from mlops.evidence.contract import Data, Digest
from mlops.project import explain


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReleasedModel(Part):
    name: str
    digest: Digest
    registry_version: str


class Judgement(Part):
    """What allowed the release."""

    verdict: Literal["PASS"]
    gates_digest: Digest
    evidence_digest: Digest
    metrics: dict[str, float]


class Release(Part):
    """One environment's model."""

    apiVersion: Literal["mlrelease/v1"] = "mlrelease/v1"
    kind: Literal["Release"] = "Release"
    environment: str
    model: ReleasedModel
    commit: str | None
    data: Data
    lock_digest: Digest
    judgement: Judgement
    previous: Digest | None  # digest of the model that this one replaced


def read(path: Path) -> Release | None:
    """The release that ``path`` records; None when there is no such file: nothing was released yet.

    Raises:
        MlopsError: the file is there and is no release.
    """
    if not path.exists():
        return None
    try:
        return Release.model_validate(yaml_lines.load(path)[0])
    except ValidationError as error:
        raise MlopsError(f"{path} is no mlrelease/v1: {explain(error)}") from error


def write(release: Release, path: Path) -> None:
    """Write a release whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(yaml.safe_dump(release.model_dump(), sort_keys=False, allow_unicode=True), encoding="utf-8")
    unfinished.replace(path)
