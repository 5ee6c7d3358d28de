"""Save, load and run a model; compute its digest.

A model directory contains ``model.joblib`` (a fitted scikit-learn pipeline) and ``signature.json``. Neither contains a
time, path or host name: the same data, parameters and lock give the same bytes and therefore the same digest.

Serving imports this module, so it needs only numpy, pandas, scikit-learn, pydantic and joblib.
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
PICKLE_PROTOCOL = 4  # fixed, because the default depends on the version of Python
DTYPES: dict[ColumnType, Any] = {"double": "float64", "long": "int64", "string": "object", "boolean": "bool"}


class Column(BaseModel):
    """One input column of a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: ColumnType
    nullable: bool = False


class Signature(BaseModel):
    """The inputs and the target of a model."""

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
        """Return the names of the text inputs."""
        return [column.name for column in self.inputs if column.type == "string"]

    def frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the input columns of ``rows`` in the model's order and types.

        Raises:
            MlopsError: A column is missing, has an empty value that the model does not accept, or has another type.
        """
        if missing := [column.name for column in self.inputs if column.name not in rows.columns]:
            raise MlopsError(f"the rows lack the columns {missing}; the model needs {[c.name for c in self.inputs]}")
        if repeated := [column.name for column in self.inputs if isinstance(rows[column.name], pd.DataFrame)]:
            raise MlopsError(f"the rows have the columns {repeated} twice")
        if not len(rows):
            raise MlopsError("there are no rows to predict")
        return pd.DataFrame({column.name: convert(rows[column.name], column) for column in self.inputs}, rows.index)


def convert(values: pd.Series, column: Column) -> pd.Series:
    """Return ``values`` converted to the type of ``column``; raise MlopsError if that would change a value."""
    if values.dtype == DTYPES[column.type] and values.dtype.kind in "bif" and np.isfinite(values.to_numpy()).all():
        return values  # nothing is empty and nothing to convert: the usual case
    empty = values.isna()
    if empty.any() and not column.nullable:
        row = empty.to_numpy().argmax()
        raise MlopsError(f"column '{column.name}' is empty in row {row}; it was never empty in the training data")
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
    """The predictions of n rows, in their order.

    Attributes:
        label: (n,) values of the target column.
        score: (n,) probabilities of the positive label; for a regression the predicted values.
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
        """Return the predictions for ``rows``; columns that are not inputs are ignored.

        Raises:
            MlopsError: The rows do not match the signature, or the model returns a value that is not a finite number.
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
            raise MlopsError(f"the model returned {score[~np.isfinite(score)][0]} for a row: nothing was predicted")
        return Predictions(label=label, score=score)


def column_type(values: pd.Series) -> ColumnType:
    """Return the signature's type for a column of training data."""
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "long"
    return "double" if pd.api.types.is_float_dtype(values) else "string"


def describe(
    features: pd.DataFrame, labels: pd.Series, task: Task, package: str, positive_label: int | str | None = None
) -> Signature:
    """Return the signature of a model that is trained on ``features`` to predict ``labels``.

    Raises:
        MlopsError: A classification does not have exactly two labels, the positive label does not occur, or a feature
            is not numeric, boolean or text.
    """
    for name in features.columns:
        known = features[name].dropna()
        if column_type(features[name]) == "string" and not known.map(lambda value: isinstance(value, str)).all():
            kinds = sorted({type(value).__name__ for value in known})
            raise MlopsError(f"the feature '{name}' contains {kinds}: a feature is a number, true or false, or text")
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
        # column by column: taking a row from the frame would turn integers into floats
        example={str(name): plain(features[name].iloc[0]) for name in features.columns},
    )


def plain(value: Any) -> Any:
    """Return a cell as a plain Python value for JSON; an empty cell is None."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


class CanonicalPickler(NumpyPickler):  # type: ignore[misc]  # joblib has no types
    """joblib's pickler, which writes equal strings and equal dtypes once and refers to them later.

    A plain pickle depends on which equal strings are the same object in memory, and that depends on what else the
    process did: the same model would have one digest after `dvc repro` and another in a notebook.
    """

    def __init__(self, stream: BinaryIO, protocol: int) -> None:
        """Write to ``stream``."""
        super().__init__(stream, protocol=protocol)
        self.known: dict[Any, Any] = {}

    def save(self, value: Any) -> Any:
        """Write one object; pickle calls this for each object that it meets."""
        if type(value) is str or isinstance(value, np.dtype):
            value = self.known.setdefault((type(value), value), value)
        return super().save(value)


def save(directory: Path, estimator: Any, signature: Signature) -> str:
    """Write a model directory, create it if it does not exist, and return the model's digest."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ARTIFACT).open("wb") as stream:
        CanonicalPickler(stream, protocol=PICKLE_PROTOCOL).dump(estimator)
    (directory / SIGNATURE).write_text(signature.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return digest(directory)


def digest(directory: Path) -> str:
    """Return the digest ``sha256:<hex>`` of a model directory, see ``digests.of_folder``."""
    return digests.of_folder(directory)


def size(directory: Path) -> int:
    """Return the size of all files of a model directory, in bytes."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def load(directory: Path, expected_digest: str | None = None) -> Predictor:
    """Return the model in a directory; its digest is verified before anything is unpickled.

    Raises:
        MlopsError: The directory does not contain a model, the signature is invalid, or the digest is not the expected
            one.
    """
    if missing := [name for name in (ARTIFACT, SIGNATURE) if not (directory / name).is_file()]:
        raise MlopsError(
            f"{directory} does not contain a model: {missing} missing. `make train` writes models/candidate"
        )
    found = digest(directory)
    if expected_digest is not None and found != expected_digest:
        raise MlopsError(f"{directory} has the digest {found}, not the expected {expected_digest}: it was not loaded")
    try:
        signature = Signature.model_validate_json((directory / SIGNATURE).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise MlopsError(f"{directory / SIGNATURE} is not a valid signature: {where}{first['msg']}") from error
    return Predictor(joblib.load(directory / ARTIFACT), signature, found)


def records(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows of a request as a table."""
    return pd.DataFrame.from_records(list(rows))
