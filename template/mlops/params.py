"""``params.yaml`` with types: a misspelled key is an error instead of a silent default."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.errors import MlopsError
from mlops.gates.gate_file import yaml_lines
from mlops.project import explain

Share = Annotated[float, Field(gt=0, le=1)]
Whole = Annotated[int, Field(strict=True)]  # `true` is not a number


class Strict(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ValidateParams(Strict):
    """Limits of the checks that the engine adds to the team's schema."""

    max_single_feature_score: Share  # AUC or absolute rank correlation of a single feature; more is leakage
    min_class_share: Annotated[float, Field(ge=0, le=0.5)]  # share of the rarer label
    max_overlap: Annotated[float, Field(ge=0, le=1)]  # share of held-out rows that are also training rows


class SplitParams(Strict):
    """The split into training rows and held-out rows."""

    held_out: Annotated[float, Field(gt=0, lt=1)]  # share of rows that are never used for training


class TrainParams(BaseModel):
    """``fraction`` is an option of the engine; every other key is an option of the team's model."""

    model_config = ConfigDict(extra="allow", frozen=True)

    fraction: Share = 1.0  # share of the training rows that are used; CI uses less

    @property
    def of_the_model(self) -> dict[str, Any]:
        """Return the options of the team's model."""
        return dict(self.__pydantic_extra__ or {})


class EvaluateParams(Strict):
    """The measurement of the latency."""

    latency_requests: Annotated[Whole, Field(ge=1)]
    latency_warmup: Annotated[Whole, Field(ge=0)]


class Params(Strict):
    """The content of ``params.yaml``."""

    seed: Annotated[Whole, Field(ge=0, lt=2**32)]
    validate_: ValidateParams = Field(alias="validate")
    split: SplitParams
    train: TrainParams
    evaluate: EvaluateParams


def load(root: Path) -> Params:
    """Read ``params.yaml``.

    Raises:
        MlopsError: it is missing or not valid YAML, or a key is unknown, missing or out of its range.
    """
    path = root / "params.yaml"
    try:
        return Params.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml_lines.Loader))
    except FileNotFoundError as error:
        raise MlopsError(f"{path} does not exist: run this at the root of the repository") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MlopsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise MlopsError(f"{path}: {explain(error)}") from error
