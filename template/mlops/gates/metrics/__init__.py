"""Metrics by task and by the names that model_gates.yaml uses."""

from collections.abc import Mapping

from ..evidence.contract import Task
from . import classification, multiclass, regression
from .metric import Metric

BY_TASK: Mapping[Task, Mapping[str, Metric]] = {
    "classification": classification.METRICS,
    "multiclass": multiclass.METRICS,
    "regression": regression.METRICS,
}
NAMES = tuple(sorted({name for metrics in BY_TASK.values() for name in metrics}))  # of all tasks


def with_name(name: str) -> list[Metric]:
    """Return the metric of each task that has one of this name; none for a metric of the team's own."""
    return [metrics[name] for metrics in BY_TASK.values() if name in metrics]


__all__ = ["BY_TASK", "NAMES", "Metric", "with_name"]
