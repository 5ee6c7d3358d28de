"""``policy``: facts without which no model is released."""

from mlops.evidence.reading import EvidenceFolder
from mlops.gates.config import Policy
from mlops.gates.rule import Finding, Verdict


def check(evidence: EvidenceFolder, gate: Policy) -> list[Finding]:
    """Judge whether each required fact is in the evidence."""
    document = evidence.document
    facts = {
        "model_card": (document.policy.model_card, "write docs/model_card.md"),
        "data_digest": (document.data.training.digest, "the trainer must record it"),
        "approver": (document.policy.approver, "name one as `approver:` at the top of docs/model_card.md"),
    }
    findings = []
    for name in gate.require:
        value, remedy = facts[name]
        verdict, reason = (Verdict.PASS, value) if value else (Verdict.FAIL, f"is not there: {remedy}")
        findings.append(Finding("policy", name, verdict, None, None, None, None, reason))
    return findings
