"""The model. Replace ``build``; the model must have the interface of a scikit-learn estimator."""

from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from . import features

ESTIMATORS = {"logistic_regression": LogisticRegression, "ridge": Ridge}


def build(params: dict[str, Any], seed: int) -> Pipeline:
    """Return an unfitted model.

    Args:
        params: the keys under ``train`` in params.yaml: ``estimator``, and the options of that estimator.
        seed: the seed of all random steps, so that the same data and params give the same model.

    Raises:
        ValueError: the estimator is not one of ``ESTIMATORS``.
    """
    if params["estimator"] not in ESTIMATORS:
        raise ValueError(f"train.estimator is {params['estimator']!r}; there are {', '.join(ESTIMATORS)}")
    options = {name: value for name, value in params.items() if name != "estimator"}
    estimator = ESTIMATORS[params["estimator"]](random_state=seed, **options)
    return Pipeline([("features", features.build()), ("estimator", estimator)])
