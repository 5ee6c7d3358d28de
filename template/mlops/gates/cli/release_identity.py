"""Check that evidence is of the commit, candidate and champion that the command line names.

In a generated repository, ``mlops/evidence/freshness.py`` compares with git and the release record instead.
"""

from ..core.errors import EvidenceError
from ..evidence.contract import Evidence

NONE = "none"


def check_identity(document: Evidence, commit: str, candidate: str | None, champion: str) -> None:
    """Refuse evidence of another commit or candidate, or with another champion.

    Args:
        document: The evidence document.
        commit: The commit that is to be released.
        candidate: Digest of the model that is to be released; None is not compared.
        champion: Digest of the model in production, ``none`` before the first release.

    Raises:
        EvidenceError: The message contains the difference.
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
