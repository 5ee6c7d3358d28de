"""The model. Replace ``build``; whatever it returns must fit and predict as scikit-learn's estimators do."""

from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from . import features

ESTIMATORS = {"logistic_regression": LogisticRegression, "ridge": Ridge}


def build(params: dict[str, Any], seed: int) -> Pipeline:
    """An unfitted model.

    Args:
        params: the keys under ``train`` in params.yaml, ``estimator`` and that estimator's own options.
        seed: for everything random, so that the same data and params give the same model.

    Raises:
        ValueError: an estimator that this model does not have.
    """
    if params["estimator"] not in ESTIMATORS:
        raise ValueError(f"train.estimator is {params['estimator']!r}; there are {', '.join(ESTIMATORS)}")
    options = {name: value for name, value in params.items() if name != "estimator"}
    estimator = ESTIMATORS[params["estimator"]](random_state=seed, **options)
    return Pipeline([("features", features.build()), ("estimator", estimator)])
