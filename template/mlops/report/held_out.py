"""The candidate and the rows that it was scored on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # both are slow to import, and a report can be written without a model
    import pandas as pd

    from mlops.model import Predictor


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The candidate and the held-out rows, which are not part of the evidence."""

    predictor: "Predictor"
    rows: "pd.DataFrame"  # in the order of the evidence
