"""Is the evidence of what is about to be released? For a team without this template, which says so itself.

In a generated repository, ``mlops/evidence/freshness.py`` asks git and the release record instead.
"""

from ..core.errors import EvidenceError
from ..evidence.contract import Evidence

NONE = "none"


def check_identity(document: Evidence, commit: str, candidate: str | None, champion: str) -> None:
    """Refuse evidence of another commit, of another candidate, or against another champion.

    Args:
        commit: that the evidence must be of.
        candidate: digest of the model that is to be released; None is not compared.
        champion: digest of the model in production, ``none`` before the first.

    Raises:
        EvidenceError: with what differs.
    """
    if document.commit != commit:
        raise EvidenceError(f"the evidence is of commit {document.commit}, not of {commit}: collect it again")
    if document.dirty:
        raise EvidenceError(f"the code differed from commit {commit} when the evidence was collected: commit first")
    if candidate is not None and document.candidate.digest != candidate:
        raise EvidenceError(f"the evidence is of the model {document.candidate.digest}, not of {candidate}")
    compared = document.champion.digest if document.champion else NONE
    if compared != champion:
        raise EvidenceError(f"production runs {champion}, the evidence compares with {compared}")
