"""How MLflow loads one of our models: ``mlflow.pyfunc.load_model`` calls ``_load_pyfunc`` with the model directory."""

from pathlib import Path
from typing import Any

import pandas as pd

from mlops import model


class Loaded:
    """A model as MLflow wants it."""

    def __init__(self, predictor: model.Predictor) -> None:
        self.predictor = predictor

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns ``label`` and ``score``, in the order of the rows."""
        answers = self.predictor.predict(model_input)
        return pd.DataFrame({"label": answers.label, "score": answers.score}, index=model_input.index)


def _load_pyfunc(path: str) -> Loaded:
    return Loaded(model.load(Path(path)))
