"""The champion's record in Git: ``releases/production.yaml``, ``mlrelease/v1``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from mlops.errors import MlopsError
from mlops.gates.core import dataclass_schema
from mlops.gates.evidence.contract import Commit, Data, Digest, Text
from mlops.gates.gate_file import reader, yaml_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedModel:
    """The model and its version in the registry."""

    name: Text
    digest: Digest
    registry_version: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedVerdict:
    """The verdict that allowed the release."""

    verdict: Literal["PASS"]
    gates_digest: Digest
    evidence_digest: Digest
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The release record of an environment."""

    apiVersion: Literal["mlrelease/v1"] = "mlrelease/v1"
    kind: Literal["Release"] = "Release"
    environment: Text
    model: ReleasedModel
    commit: Commit | None
    data: Data
    lock_digest: Digest
    judgement: ReleasedVerdict
    previous: Digest | None  # digest of the model that this one replaced


def read(path: Path) -> Release | None:
    """Return the release record at ``path``, or None if the file does not exist because nothing was released yet.

    Raises:
        MlopsError: the file exists and is not a release record.
    """
    if not path.exists():
        return None
    document, lines = yaml_lines.load(path)
    found, misfits = dataclass_schema.parse(Release, document)
    if found is None:
        raise MlopsError(f"{reader.located(path, lines, misfits[0])} This is not a valid mlrelease/v1.")
    return found


def write(release: Release, path: Path) -> None:
    """Write a release record completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(
        yaml.safe_dump(dataclass_schema.plain(release), sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    unfinished.replace(path)
