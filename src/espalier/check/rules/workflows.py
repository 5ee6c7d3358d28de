"""CI: actions in GitHub workflows are pinned."""

import re
from collections.abc import Iterator

from ..finding import Finding
from ..registry import rule
from ..repo import Repo
from ..workflows import workflows

DIGEST = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


@rule("CI101", title="an action is not pinned to a commit")
def action_is_pinned(repo: Repo) -> Iterator[Finding]:
    """Every ``uses:`` of a workflow names a commit by its full digest, or an image by its SHA-256 digest.

    Why: a tag or branch can be moved, and then other code runs with the workflow's token.
    Fix: write the commit's 40 digits after the @ and the version as a comment, as in ``@1234…cdef # v4.2.2``.
    Blind spot: downloads of a pinned action; with ``--tools`` zizmor checks them.
    """
    for workflow in workflows(repo):
        for uses in workflow.used:
            if uses.startswith("./"):
                continue
            name, _, version = uses.partition("@")
            if uses.startswith("docker://"):
                if not re.search(r"@sha256:[0-9a-f]{64}\Z", uses):
                    message = f"'{uses}' is not pinned: an image needs '@sha256:' and 64 digits"
                    yield Finding(workflow.path, uses.line, message)
            elif not DIGEST.match(version):
                found = f"'{version}' can be moved" if version else "there is no version"
                yield Finding(workflow.path, uses.line, f"action '{name}' is not pinned to a commit: {found}")
