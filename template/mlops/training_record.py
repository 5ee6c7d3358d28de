"""``reports/training.json``: what the stage ``train`` leaves for the later ones to know."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops.errors import MlopsError
from mlops.project import explain


class TrainingRecord(BaseModel):
    """One training."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model_digest: str
    data_digest: str  # of exactly the rows that were fitted on
    rows: int


def read(path: Path) -> TrainingRecord:
    """Read what ``write`` wrote.

    Raises:
        MlopsError: nothing was trained, or the file is none of ours.
    """
    try:
        return TrainingRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MlopsError(f"{path} does not exist: `make train` fits a model and writes it") from error
    except (ValidationError, UnicodeDecodeError) as error:
        reason = explain(error) if isinstance(error, ValidationError) else str(error)
        raise MlopsError(f"{path} does not describe a training: {reason}; run `make train` again") from error


def write(record: TrainingRecord, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
