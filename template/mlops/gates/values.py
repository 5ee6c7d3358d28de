"""The metrics of a piece of evidence, of the candidate and of the champion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlops import metrics
from mlops.evidence.reading import EvidenceError, EvidenceFolder
from mlops.gates.config import GateError, suggestion


@dataclass(frozen=True, slots=True)
class Values:
    """Metric name to value; ``champion`` is None before the first release."""

    candidate: dict[str, float]
    champion: dict[str, float] | None
    higher_is_better: dict[str, bool | None]  # None for a metric of the team's own

    def of_candidate(self, name: str, *place: str | int) -> float:
        """The candidate's value of the metric that the gate file names at ``place``.

        Raises:
            GateError: the evidence has no such metric, or it is no number.
        """
        return number(name, self.candidate, "the candidate", place)

    def of_champion(self, name: str, *place: str | int) -> float | None:
        """The champion's value likewise, None where there is no champion."""
        return None if self.champion is None else number(name, self.champion, "the champion", place)


def number(name: str, values: Mapping[str, float], who: str, place: tuple[str | int, ...]) -> float:
    """The finite value of a metric."""
    if name not in values:
        raise GateError(f"the evidence has no metric '{name}' of {who}; {suggestion(name, sorted(values))}", *place)
    if not np.isfinite(values[name]):
        raise GateError(f"the metric '{name}' of {who} is {values[name]} on these rows and cannot be judged.", *place)
    return values[name]


def of(evidence: EvidenceFolder) -> Values:
    """Compute every metric of the task, and add those that the team's trainer computed."""
    task = evidence.document.task
    custom = evidence.document.custom_metrics
    if both := sorted(set(custom) & set(metrics.BY_TASK[task])):
        raise EvidenceError(f"evidence.json: {both} are computed from the predictions and cannot be custom metrics too")
    candidate = metrics.compute(task, evidence.truth, evidence.candidate.score, evidence.candidate.prediction)
    champion = None
    if evidence.champion is not None:
        champion = metrics.compute(task, evidence.truth, evidence.champion.score, evidence.champion.prediction)
        champion |= {name: value.champion for name, value in custom.items() if value.champion is not None}
    directions: dict[str, bool | None] = {
        name: metric.higher_is_better for name, metric in metrics.BY_TASK[task].items()
    }
    return Values(
        candidate=candidate | {name: value.candidate for name, value in custom.items()},
        champion=champion,
        higher_is_better=directions | dict.fromkeys(custom),
    )
