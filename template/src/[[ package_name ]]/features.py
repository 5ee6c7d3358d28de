"""The features of a row, and the groups that the model must treat alike."""

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMERIC = ["age", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
CATEGORICAL = ["sex"]
FEATURES = [*NUMERIC, *CATEGORICAL]


def build() -> ColumnTransformer:
    """Return the transformation before the model; it is fitted on training rows only and saved with the model."""
    return ColumnTransformer(
        [
            ("numeric", StandardScaler(), NUMERIC),
            ("categorical", OneHotEncoder(handle_unknown="ignore"), CATEGORICAL),
        ]
    )


def protected_attributes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a column of text for each attribute that the fairness gate compares, in the order of the rows."""
    return pd.DataFrame(
        {
            "sex": rows["sex"].astype(str),
            "age_group": pd.cut(rows["age"], [0, 50, 120], right=False, labels=["under 50", "50 and over"]).astype(str),
        },
        index=rows.index,
    )
