"""``regression``: the candidate against the champion, on the same rows."""

from collections.abc import Iterable

from mlops.gates.config import GateError, Regression, Statistics
from mlops.gates.rule import Estimate, Finding, Verdict, at_most
from mlops.gates.values import Values


def check(
    values: Values, rows: int, gate: Regression, under_performance: Iterable[str], statistics: Statistics | None
) -> list[Finding]:
    """Judge how much worse the candidate is, metric by metric; without a champion there is nothing to be worse than.

    Raises:
        GateError: no metric to compare, or one that the evidence lacks.
    """
    names = gate.metrics or list(under_performance)
    findings = []
    limit = gate.max_degradation
    for number, name in enumerate(names):
        place = ("regression", "metrics", number) if gate.metrics else ("performance", name)
        value = values.of_candidate(name, *place)
        higher = values.higher_is_better[name]
        if higher is None and gate.metrics is None:
            continue  # a metric of the team's own is compared only where regression.metrics asks for it
        before = values.of_champion(name, *place)
        if before is None:
            findings.append(
                Finding(
                    "regression", name, Verdict.PASS, None, "<=", limit, None, "first model: there is no champion yet"
                )
            )
            continue
        gain = value - before
        degradation = -gain if higher is not False else gain
        verdict, reason = at_most(Estimate(degradation, rows), gate.max_degradation, statistics)
        reason += f"; candidate {value:.4f}, champion {before:.4f}"
        findings.append(Finding("regression", name, verdict, degradation, "<=", limit, rows, reason))
    if not findings:
        raise GateError("regression compares no metric: name some under regression.metrics.", "regression")
    return findings
