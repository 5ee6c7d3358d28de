"""Check that evidence is about the current state of the repository: its code, candidate and champion."""

from pathlib import Path

from mlops import paths, release
from mlops.gates.core import digests
from mlops.gates.core.errors import EvidenceError
from mlops.gates.evidence.contract import Evidence
from mlops.repository import Repository

AGAIN = "collect it again with `dvc repro`"


def require_fresh(evidence: Evidence, root: Path, commit: str | None) -> None:
    """Raise an error if evidence is not about the code, candidate and champion of the repository at ``root``.

    Evidence is collected before it is committed, so its commit may be an ancestor of HEAD. The digest of the code must
    then be the same; evidence without that digest must be of HEAD itself.

    Args:
        evidence: The document ``evidence.json``.
        root: The repository.
        commit: If given, the commit that the evidence must be of.

    Raises:
        EvidenceError: Evidence and repository differ; the message states in what.
    """
    repository = Repository(root)
    if evidence.code_digest is None and evidence.dirty:
        raise EvidenceError(
            "the evidence is of uncommitted code and has no code_digest that identifies it: commit first"
        )
    if commit is not None:
        if evidence.commit != commit:
            raise EvidenceError(f"the evidence is of commit {evidence.commit}, not of {commit}: {AGAIN}")
    elif evidence.commit is not None:
        if not repository.is_git:
            raise EvidenceError(
                f"{root} is not a git repository: name the commit that the evidence must be of with --commit"
            )
        if not repository.contains(evidence.commit):
            raise EvidenceError(
                f"the evidence is of commit {evidence.commit}, which is not in the history of HEAD: {AGAIN}"
            )
        if evidence.code_digest is None and evidence.commit != repository.commit:
            raise EvidenceError(
                f"the evidence is of commit {evidence.commit}, HEAD is {repository.commit}, and without a code_digest "
                f"it is unknown whether the code is the same: {AGAIN}"
            )
    if evidence.commit is None and evidence.code_digest is None:
        raise EvidenceError("the evidence has no commit and no code_digest: it is unknown which code it is of")
    if evidence.code_digest is not None and evidence.code_digest != repository.code_digest:
        raise EvidenceError(
            f"the code has changed since the evidence was collected (commit {evidence.commit}): {AGAIN}"
        )
    candidate = root / paths.CANDIDATE
    if candidate.is_dir() and digests.of_folder(candidate) != evidence.candidate.digest:
        raise EvidenceError(
            f"the evidence is of the model {evidence.candidate.digest}, not of the one in {paths.CANDIDATE}: {AGAIN}"
        )
    record = release.read(root / paths.PRODUCTION)
    champion = record.model.digest if record else None
    compared = evidence.champion.digest if evidence.champion else None
    if champion != compared:
        raise EvidenceError(
            f"production runs {champion or 'no model yet'}, the evidence compares with {compared or 'none'}: {AGAIN}"
        )
