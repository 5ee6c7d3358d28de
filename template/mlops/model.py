"""A model on disk: what it is made of, its digest, and how it predicts.

Serving stands on this module alone, so it needs nothing but numpy, pandas, scikit-learn, pydantic and joblib.

A model directory holds ``model.joblib`` (a fitted scikit-learn pipeline) and ``signature.json``. Both hold no
time, path or host name: the same data, parameters and lock give the same bytes, hence the same digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import joblib
import numpy as np
import pandas as pd
from joblib.numpy_pickle import NumpyPickler
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from mlops.errors import MlopsError
from mlops.gates.core import digests

Task = Literal["classification", "regression"]
ColumnType = Literal["double", "long", "string", "boolean"]

ARTIFACT = "model.joblib"
SIGNATURE = "signature.json"
PROTOCOL = 4  # of pickle; named, because the default depends on the version of Python
DTYPES: dict[ColumnType, Any] = {"double": "float64", "long": "int64", "string": "object", "boolean": "bool"}


class Column(BaseModel):
    """One input of a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: ColumnType
    nullable: bool = False


class Signature(BaseModel):
    """What a model takes and what it gives."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Task
    package: str
    target: str
    labels: list[int | str] | None = None  # classification: the two labels, the negative one first
    positive_label: int | str | None = None
    inputs: list[Column]
    example: dict[str, float | int | str | bool | None]

    @property
    def texts(self) -> list[str]:
        """Inputs that are text."""
        return [column.name for column in self.inputs if column.type == "string"]

    def frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The input columns of ``rows`` in the model's order and types.

        Raises:
            MlopsError: a column is missing, empty where it may not be, or of another type.
        """
        if missing := [column.name for column in self.inputs if column.name not in rows.columns]:
            raise MlopsError(f"the rows have no column {missing}; the model needs {[c.name for c in self.inputs]}")
        if double := [column.name for column in self.inputs if isinstance(rows[column.name], pd.DataFrame)]:
            raise MlopsError(f"the rows have the columns {double} twice")
        if not len(rows):
            raise MlopsError("there are no rows to predict")
        return pd.DataFrame({column.name: convert(rows[column.name], column) for column in self.inputs}, rows.index)


def convert(values: pd.Series, column: Column) -> pd.Series:
    """``values`` as the model knows this column; what would change a value is refused and not guessed."""
    if values.dtype == DTYPES[column.type] and values.dtype.kind in "bif" and np.isfinite(values.to_numpy()).all():
        return values  # no gap and nothing to convert, as most columns of a request
    empty = values.isna()
    if empty.any() and not column.nullable:
        row = empty.to_numpy().argmax()
        raise MlopsError(f"column '{column.name}' is empty in row {row}; the model was trained without gaps in it")
    try:
        converted = values.astype(DTYPES[column.type])
    except (ValueError, TypeError) as error:
        raise MlopsError(f"column '{column.name}' is not of type {column.type}: {error}") from error
    if column.type == "long":
        wrong = converted != values.astype("float64")
        expected = "whole numbers"
    elif column.type == "double":
        wrong = converted.abs() == np.inf
        expected = "finite numbers"
    elif column.type == "boolean":
        wrong = ~values.isin([True, False])
        expected = "true or false"
    else:
        wrong = ~(values.map(lambda value: isinstance(value, str)).astype(bool) | empty)
        expected = "text"
    if wrong.any():
        row = wrong.to_numpy().argmax()
        found = plain(values.iloc[row])
        raise MlopsError(f"column '{column.name}' is {found!r} in row {row}; the model was trained on {expected}")
    return converted


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers in the order of the rows, each (n,): ``label`` in the target's own values, ``score`` float.

    The score is the probability of the positive label; for a regression it is the predicted value itself.
    """

    label: NDArray[Any]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Predictor:
    """A loaded model."""

    estimator: Any
    signature: Signature
    digest: str

    def predict(self, rows: pd.DataFrame) -> Predictions:
        """Predict ``rows``, which hold at least the input columns; the rest is ignored.

        Raises:
            MlopsError: the rows do not fit the signature, or the model answered something that is no number.
        """
        frame = self.signature.frame(rows)
        if self.signature.task == "regression":
            score = np.asarray(self.estimator.predict(frame), dtype=np.float64)
            label: NDArray[Any] = score
        else:
            labels = self.signature.labels or []
            position = list(self.estimator.classes_).index(self.signature.positive_label)
            score = np.asarray(self.estimator.predict_proba(frame), dtype=np.float64)[:, position]
            label = np.asarray(labels)[(score >= 0.5).astype(int)]
        if not np.isfinite(score).all():
            raise MlopsError(f"the model answered {score[~np.isfinite(score)][0]} for a row: nothing was predicted")
        return Predictions(label=label, score=score)


def column_type(values: pd.Series) -> ColumnType:
    """The signature's type for a column of training data."""
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "long"
    return "double" if pd.api.types.is_float_dtype(values) else "string"


def describe(
    features: pd.DataFrame, labels: pd.Series, task: Task, package: str, positive_label: int | str | None = None
) -> Signature:
    """The signature of a model that is trained on ``features`` to predict ``labels``.

    Raises:
        MlopsError: a classification without exactly two labels, a positive label that does not occur, or a feature
            that is neither number nor truth value nor text.
    """
    for name in features.columns:
        known = features[name].dropna()
        if column_type(features[name]) == "string" and not known.map(lambda value: isinstance(value, str)).all():
            kinds = sorted({type(value).__name__ for value in known})
            raise MlopsError(f"the feature '{name}' holds {kinds}: a feature is a number, true or false, or a text")
    found: list[int | str] | None = None
    if task == "classification":
        found = sorted(labels.unique().tolist())
        if len(found) != 2:
            raise MlopsError(
                f"column '{labels.name}' has the labels {found}: a binary classification needs exactly two"
            )
        positive_label = found[1] if positive_label is None else positive_label
        if positive_label not in found:
            raise MlopsError(
                f"the positive label {positive_label!r} does not occur in '{labels.name}', which has {found}"
            )
        found = [label for label in found if label != positive_label] + [positive_label]
    return Signature(
        task=task,
        package=package,
        target=str(labels.name),
        labels=found,
        positive_label=positive_label,
        inputs=[
            Column(name=str(name), type=column_type(features[name]), nullable=bool(features[name].isna().any()))
            for name in features.columns
        ],
        # from each column by itself: a row across columns would turn whole numbers into floats
        example={str(name): plain(features[name].iloc[0]) for name in features.columns},
    )


def plain(value: Any) -> Any:
    """A cell as Python and JSON know it; an empty one is None."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


class CanonicalPickler(NumpyPickler):  # type: ignore[misc]  # joblib has no types
    """joblib's pickler, with equal texts and equal dtypes written once and referred to from then on.

    Whether two equal texts are one object in memory depends on what else the process did, and a pickle shows it: the
    same model would have one digest after `dvc repro` and another in a notebook.
    """

    def __init__(self, stream: BinaryIO, protocol: int) -> None:
        super().__init__(stream, protocol=protocol)
        self.known: dict[Any, Any] = {}

    def save(self, value: Any) -> Any:
        if type(value) is str or isinstance(value, np.dtype):
            value = self.known.setdefault((type(value), value), value)
        return super().save(value)


def save(directory: Path, estimator: Any, signature: Signature) -> str:
    """Write a model directory (made if need be) and return the model's digest."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ARTIFACT).open("wb") as stream:
        CanonicalPickler(stream, protocol=PROTOCOL).dump(estimator)
    (directory / SIGNATURE).write_text(signature.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return digest(directory)


def digest(directory: Path) -> str:
    """``sha256:<hex>`` of a model directory, see ``digests.of_files``."""
    return digests.of_folder(directory)


def size(directory: Path) -> int:
    """Bytes of all files of a model directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def load(directory: Path, expected_digest: str | None = None) -> Predictor:
    """Load a model, its digest verified before anything of it is unpickled.

    Raises:
        MlopsError: no model there, a broken signature, or another digest than the expected one.
    """
    if missing := [name for name in (ARTIFACT, SIGNATURE) if not (directory / name).is_file()]:
        raise MlopsError(f"{directory} holds no model: {missing} missing. `make train` writes models/candidate")
    found = digest(directory)
    if expected_digest is not None and found != expected_digest:
        raise MlopsError(f"{directory} has the digest {found} where {expected_digest} was expected: it was not loaded")
    try:
        signature = Signature.model_validate_json((directory / SIGNATURE).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise MlopsError(f"{directory / SIGNATURE} is no signature: {where}{first['msg']}") from error
    return Predictor(joblib.load(directory / ARTIFACT), signature, found)


def records(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a request brings them, as a table."""
    return pd.DataFrame.from_records(list(rows))
