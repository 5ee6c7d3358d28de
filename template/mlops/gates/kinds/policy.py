"""``policy``: facts that the evidence must contain."""

from dataclasses import dataclass
from typing import Annotated, Literal

from ..core.dataclass_schema import Limits
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.verdict_rule import Verdict
from .gate_kind import GateContext, GateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Facts that the evidence must contain."""

    require: Annotated[list[Literal["model_card", "data_digest", "approver"]], Limits(length=1, unique=True)]


def check(context: GateContext, block: Policy) -> list[ExplainedResult]:
    """Judge whether each required fact is in the evidence."""
    document = context.evidence.document
    facts = {
        "model_card": (document.policy.model_card, "write docs/model_card.md"),
        "data_digest": (document.data.training.digest, "the trainer must record it"),
        "approver": (document.policy.approver, "name one as `approver:` at the top of docs/model_card.md"),
    }
    found = []
    for name in block.require:
        value, remedy = facts[name]
        verdict, reason = Verdict.FAIL, f"is missing: {remedy}"
        if value is not None and value.strip():
            verdict, reason = Verdict.PASS, value
        result = GateResult(kind=KIND.name, name=name, verdict=verdict, reason=reason)
        found.append(ExplainedResult(result, "the fact must not be missing", {name: value or "none"}))
    return found


KIND: GateKind[Policy] = GateKind(name="policy", block=Policy, check=check)
