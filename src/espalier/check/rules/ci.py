"""Workflows: what they run of others is pinned."""

import re
from collections.abc import Iterator

from ..calls import workflow_files
from ..finding import Finding
from ..parse.yaml_ import Text, mappings
from ..registry import rule
from ..repo import Repo

DIGEST = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


@rule("CI101", title="an action is not pinned to a commit")
def action_is_pinned(repo: Repo) -> Iterator[Finding]:
    """Every ``uses:`` of a workflow names a commit by its full digest, or an image by its sha256.

    Why: a tag or branch can be moved; whoever moves it runs code with the workflow's token.
    Fix: write the commit's 40 digits after the @ and the version as a comment, as in ``@1234…cdef # v4.2.2``.
    Blind spot: what a pinned action fetches in turn; ``--tools`` lets zizmor judge.
    """
    for path in workflow_files(repo):
        for container in mappings(repo.yaml(path).first):
            uses = container.get("uses")
            if not isinstance(uses, Text) or uses.startswith("./"):
                continue
            name, _, version = uses.partition("@")
            if uses.startswith("docker://"):
                if not re.search(r"@sha256:[0-9a-f]{64}\Z", uses):
                    yield Finding(path, uses.line, f"'{uses}' is not pinned: an image needs '@sha256:' and 64 digits")
            elif not DIGEST.match(version):
                found = f"'{version}' can be moved" if version else "there is no version"
                yield Finding(path, uses.line, f"action '{name}' is not pinned to a commit: {found}")
