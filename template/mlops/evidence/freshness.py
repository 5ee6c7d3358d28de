"""Is the evidence of this repository as it stands now? Evidence of another commit is never judged."""

from pathlib import Path

from mlops import paths, release
from mlops.gates.core import digests
from mlops.gates.core.errors import EvidenceError
from mlops.gates.evidence.contract import Evidence
from mlops.repository import Repository

AGAIN = "collect it again with `dvc repro`"


def require_fresh(evidence: Evidence, root: Path, commit: str | None) -> None:
    """Refuse evidence that is not of the code, the candidate and the champion of the repository at ``root``.

    Evidence is collected before it is committed, so its commit may be one before HEAD; then the digest of the code
    says whether it is still the same, and without that digest it must be HEAD itself. ``commit``, when given, must be
    met exactly.

    Raises:
        EvidenceError: with what differs.
    """
    repository = Repository(root)
    if evidence.code_digest is None and evidence.dirty:
        raise EvidenceError(
            "the evidence is of code that no commit holds, and has no code_digest to know it by: commit first"
        )
    if commit is not None:
        if evidence.commit != commit:
            raise EvidenceError(f"the evidence is of commit {evidence.commit}, not of {commit}: {AGAIN}")
    elif evidence.commit is not None:
        if not repository.is_git:
            raise EvidenceError(
                f"{root} is no git repository: name the commit that the evidence must be of with --commit"
            )
        if not repository.contains(evidence.commit):
            raise EvidenceError(
                f"the evidence is of commit {evidence.commit}, which is not in the history of HEAD: {AGAIN}"
            )
        if evidence.code_digest is None and evidence.commit != repository.commit:
            raise EvidenceError(
                f"the evidence is of commit {evidence.commit}, HEAD is {repository.commit}, and without a code_digest "
                f"nobody can tell whether the code is the same: {AGAIN}"
            )
    if evidence.commit is None and evidence.code_digest is None:
        raise EvidenceError("the evidence names neither a commit nor a code digest: nobody can tell what it is of")
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
    judged = evidence.champion.digest if evidence.champion else None
    if champion != judged:
        raise EvidenceError(
            f"production runs {champion or 'no model yet'}, the evidence compares with {judged or 'none'}: {AGAIN}"
        )
