"""The block ``statistics`` of the gate file: the confidence and sample sizes that a verdict requires."""

from dataclasses import dataclass
from typing import Annotated, Literal

from ..core.dataclass_schema import Limits

DEFAULT_CONFIDENCE = 0.95  # of the bounds that are reported when the gate file has no ``statistics``
MAX_CONFIDENCE = 0.999  # of a bound by resampling: with 1,000 draws, 0.1 % is one draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Confidence and sample sizes that a verdict requires. Without it, only estimates are compared with thresholds."""

    confidence: Annotated[
        float,
        Limits(
            more_than=0.5,
            at_most=MAX_CONFIDENCE,
            about="of each one-sided bound: 0.95 lets one bad model in twenty pass",
        ),
    ] = 0.95
    min_samples: Annotated[int, Limits(at_least=1, about="rows, and timed requests")] = 1
    min_group_samples: Annotated[int, Limits(at_least=1, about="rows of each group")] = 1
    on_insufficient: Annotated[Literal["hold", "fail", "pass"], Limits(about="the verdict on a smaller sample")] = (
        "hold"
    )


def confidence_of(statistics: Statistics | None) -> float:
    """Return the confidence of the bounds: the gate file's, or the default."""
    return statistics.confidence if statistics else DEFAULT_CONFIDENCE
