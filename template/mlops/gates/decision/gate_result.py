"""The result of one gate, as the verdict records it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ..core.dataclass_schema import Is
from .verdict_rule import Comparison, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The answer of one gate."""

    kind: str
    name: str
    verdict: Verdict
    estimate: Annotated[float | None, Is(about="what was measured; null for a fact that must be there")] = None
    lower: Annotated[float | None, Is(about="one-sided lower bound; null where none is known, and for facts")] = None
    upper: Annotated[float | None, Is(about="one-sided upper bound, likewise")] = None
    confidence: Annotated[float | None, Is(about="of each bound by itself; null for facts")] = None
    comparison: Annotated[Comparison | None, Is(about="what estimate and bound must be to the threshold")] = None
    threshold: float | None = None
    n: Annotated[int | None, Is(about="rows, pairs, requests or cases behind the estimate")] = None
    method: Annotated[str | None, Is(about="of the bounds; null for facts")] = None
    more_rows: Annotated[int | None, Is(about="about how many more would settle a gate that is held")] = None
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedResult:
    """A gate result with the formula of its estimate and the numbers in the formula, for ``--explain``."""

    result: GateResult
    formula: str
    inputs: Mapping[str, float | int | str] = field(default_factory=dict)
