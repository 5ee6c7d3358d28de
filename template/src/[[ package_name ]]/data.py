"""Load the rows. Replace ``load`` with your own query or file."""

import pandas as pd
from sklearn.datasets import load_diabetes


def load() -> pd.DataFrame:
    """Return 442 diabetes patients at baseline, and the progression of the disease one year later.

    The engine requires two columns: ``row_id``, which identifies a row permanently, and the target column that
    ``[tool.mlops]`` in pyproject.toml names. The table contains a target for classification and one for regression;
    delete the one that you do not use.

    Source: Efron, Hastie, Johnstone and Tibshirani (2004), Least Angle Regression, Annals of Statistics 32(2).
    scikit-learn includes the data, so loading needs no network.
    """
    rows: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame
    rows = rows.rename(columns={"target": "progression"})
    rows["sex"] = rows["sex"].astype("int64")
    rows["high_progression"] = (rows["progression"] > rows["progression"].median()).astype("int64")
    rows.insert(0, "row_id", [f"patient-{number:03d}" for number in range(1, len(rows) + 1)])
    return rows
