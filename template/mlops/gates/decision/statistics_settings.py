"""The block ``statistics`` of the gate file: how sure a verdict must be."""

from dataclasses import dataclass
from typing import Annotated, Literal

from ..core.dataclass_schema import Is

DEFAULT_CONFIDENCE = 0.95  # of the bounds that are reported when the gate file has no ``statistics``
MOST_CONFIDENCE = 0.999  # of a bound by resampling: the thousandth part of 1,000 draws is one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How sure a verdict must be. Without it, estimates are compared with thresholds literally."""

    confidence: Annotated[
        float,
        Is(
            more_than=0.5,
            at_most=MOST_CONFIDENCE,
            about="of each one-sided bound: 0.95 lets one bad model in twenty pass",
        ),
    ] = 0.95
    min_samples: Annotated[int, Is(at_least=1, about="rows, and timed requests")] = 1
    min_group_samples: Annotated[int, Is(at_least=1, about="rows of each group")] = 1
    on_insufficient: Annotated[Literal["hold", "fail", "pass"], Is(about="what a smaller sample gets")] = "hold"


def confidence_of(statistics: Statistics | None) -> float:
    """Return the confidence of the bounds: the gate file's, or the default."""
    return statistics.confidence if statistics else DEFAULT_CONFIDENCE
