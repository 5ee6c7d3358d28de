"""``policy``: facts without which no model is released."""

from .answer import Answer
from .config import Policy
from .reading import EvidenceFolder
from .rule import Finding, Verdict


def check(evidence: EvidenceFolder, gate: Policy) -> list[Answer]:
    """Judge whether each required fact is in the evidence."""
    document = evidence.document
    facts = {
        "model_card": (document.policy.model_card, "write docs/model_card.md"),
        "data_digest": (document.data.training.digest, "the trainer must record it"),
        "approver": (document.policy.approver, "name one as `approver:` at the top of docs/model_card.md"),
    }
    found = []
    for name in gate.require:
        value, remedy = facts[name]
        verdict, reason = Verdict.FAIL, f"is not there: {remedy}"
        if value is not None and value.strip():
            verdict, reason = Verdict.PASS, value
        finding = Finding(kind="policy", name=name, verdict=verdict, reason=reason)
        found.append(Answer(finding, "the fact must be there", {name: value or "none"}))
    return found
