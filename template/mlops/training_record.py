"""``reports/training.json``: the facts about a training that later stages need."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops.errors import MlopsError
from mlops.project import explain


class TrainingRecord(BaseModel):
    """The facts about one training."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model_digest: str
    data_digest: str  # of the rows that the model was fitted on
    rows: int


def read(path: Path) -> TrainingRecord:
    """Read a training record.

    Raises:
        MlopsError: The file does not exist or is not a training record.
    """
    try:
        return TrainingRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MlopsError(f"{path} does not exist: `make train` fits a model and writes it") from error
    except (ValidationError, UnicodeDecodeError) as error:
        reason = explain(error) if isinstance(error, ValidationError) else str(error)
        raise MlopsError(f"{path} is not a training record: {reason}; run `make train` again") from error


def write(record: TrainingRecord, path: Path) -> None:
    """Write a training record; create its folder if it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
