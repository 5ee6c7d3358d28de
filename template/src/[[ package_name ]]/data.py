"""Where the rows come from. Replace ``load`` with a query or a file of your own."""

import pandas as pd
from sklearn.datasets import load_diabetes


def load() -> pd.DataFrame:
    """442 diabetes patients at baseline, and how far the disease had progressed one year later.

    The engine asks for two things only: a column ``row_id`` that names a row for good, and the target column
    that ``[tool.mlops]`` in pyproject.toml names. Both targets are here, so that classification and regression
    share this file; delete the one that you do not use.

    Source: Efron, Hastie, Johnstone and Tibshirani (2004), Least Angle Regression, Annals of Statistics 32(2).
    It ships with scikit-learn, so this needs no network.
    """
    rows: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame
    rows = rows.rename(columns={"target": "progression"})
    rows["sex"] = rows["sex"].astype("int64")
    rows["high_progression"] = (rows["progression"] > rows["progression"].median()).astype("int64")
    rows.insert(0, "row_id", [f"patient-{number:03d}" for number in range(1, len(rows) + 1)])
    return rows
