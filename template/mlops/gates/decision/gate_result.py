"""The result of one gate, as the verdict records it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ..core.dataclass_schema import Limits
from .verdict_rule import Comparison, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The result of one gate."""

    kind: str
    name: str
    verdict: Verdict
    estimate: Annotated[float | None, Limits(about="the measured value; null for a required fact")] = None
    lower: Annotated[float | None, Limits(about="one-sided lower bound; null if none is known, and for facts")] = None
    upper: Annotated[float | None, Limits(about="one-sided upper bound, likewise")] = None
    confidence: Annotated[float | None, Limits(about="of each bound by itself; null for facts")] = None
    comparison: Annotated[Comparison | None, Limits(about="how estimate and bound are compared with the threshold")] = (
        None
    )
    threshold: float | None = None
    n: Annotated[int | None, Limits(about="rows, pairs, requests or cases behind the estimate")] = None
    method: Annotated[str | None, Limits(about="of the bounds; null for facts")] = None
    more_rows: Annotated[int | None, Limits(about="about how many more would settle a gate on HOLD")] = None
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedResult:
    """A gate result with the formula of its estimate and the numbers in the formula, for ``--explain``."""

    result: GateResult
    formula: str
    inputs: Mapping[str, float | int | str] = field(default_factory=dict)
