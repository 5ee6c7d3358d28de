"""The error that a verb shows to a person. The judge stands alone, so the class lives there."""

from mlops.gates.core.errors import CorrectableError as MlopsError

__all__ = ["MlopsError"]
