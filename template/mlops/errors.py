"""The error that a verb prints for the user. Its class is in ``gates``, which also works without this package."""

from mlops.gates.core.errors import CorrectableError as MlopsError

__all__ = ["MlopsError"]
