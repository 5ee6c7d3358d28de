"""The files of the champion, the model that ``releases/production.yaml`` names."""

from dataclasses import dataclass
from pathlib import Path

from mlops import model, paths, release
from mlops.errors import MlopsError
from mlops.project import Project
from mlops.tracking import Tracking


@dataclass(frozen=True, slots=True)
class ChampionModel:
    """The champion: its folder with the model's files, and its entries in release record and registry."""

    directory: Path
    name: str
    digest: str
    registry_version: str


def find_champion(project: Project, tracking: Tracking | None = None) -> ChampionModel | None:
    """Return the champion, fetched from the registry by its digest; None before the first release.

    Raises:
        MlopsError: the registry does not have it.
    """
    record = release.read(project.root / paths.PRODUCTION)
    if record is None:
        return None
    tracking = tracking or Tracking.open(project)
    directory = paths.CHAMPIONS / record.model.digest.removeprefix("sha256:")
    try:
        version = tracking.fetch(record.model.digest, directory)
    except MlopsError as error:
        local = tracking.uri.startswith("sqlite:")
        hint = "; this store is on one machine: a server, set as tracking_uri, is shared" if local else ""
        raise MlopsError(f"{paths.PRODUCTION} names a champion that cannot be found: {error}{hint}") from error
    return ChampionModel(directory, record.model.name, record.model.digest, version)


def load_champion(champion: ChampionModel) -> model.Predictor:
    """Return the champion, ready to predict.

    Raises:
        MlopsError: its files do not have the digest that the release record names.
    """
    return model.load(champion.directory, expected_digest=champion.digest)
