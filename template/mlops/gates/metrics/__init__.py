"""Metrics by task, with the names that model_gates.yaml uses."""

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
    """Return the metrics with this name, one for each task that has it; empty for a custom metric."""
    return [metrics[name] for metrics in BY_TASK.values() if name in metrics]


__all__ = ["BY_TASK", "NAMES", "Metric", "with_name"]
