"""The MLflow loader module: ``mlflow.pyfunc.load_model`` calls ``_load_pyfunc`` with the model directory."""

from pathlib import Path
from typing import Any

import pandas as pd

from mlops import model


class Loaded:
    """A model with the interface that MLflow expects."""

    def __init__(self, predictor: model.Predictor) -> None:
        """Wrap a loaded model."""
        self.predictor = predictor

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return the columns ``label`` and ``score``, in the order of the rows."""
        predictions = self.predictor.predict(model_input)
        return pd.DataFrame({"label": predictions.label, "score": predictions.score}, index=model_input.index)


def _load_pyfunc(path: str) -> Loaded:
    return Loaded(model.load(Path(path)))
