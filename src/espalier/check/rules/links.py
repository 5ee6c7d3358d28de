"""CMD105: links in Markdown pages lead to files that exist."""

import re
from collections.abc import Iterator

from ..commands.command import UNKNOWN
from ..file_tree import path_from_root
from ..finding import Finding
from ..pipeline_outputs import may_exist
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean

LINK = re.compile(r"(?<!\\)\]\(<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\)")


@rule("CMD105", title="a page links to a file that does not exist")
def link_target_exists(repo: Repo) -> Iterator[Finding]:
    """Every relative link and image of a Markdown page leads to a file or folder of the repository, or to one that
    a run creates.

    Why: new users follow the README first.
    Fix: correct the path, or remove the link.
    Blind spot: anchors inside a page, reference-style links, and links inside code.
    """
    for path, source in repo.texts():
        if not path.endswith(".md") or "](" not in (source.text or ""):
            continue
        fenced = False
        for number, line in enumerate(source.lines, 1):
            if line.lstrip().startswith(("```", "~~~")):
                fenced = not fenced
            if fenced or "](" not in line:
                continue
            for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
                target = match[1].split("#")[0].split("?")[0]
                if (
                    not target
                    or re.match(r"[a-z][a-z0-9+.-]*:|/|\.\./\.\.", target, re.IGNORECASE)
                    or UNKNOWN.search(target)
                ):
                    continue
                place = path_from_root(path.rpartition("/")[0], _decoded(target))
                if place and not _answered(repo, match[0]) and not may_exist(repo, place, folder=target.endswith("/")):
                    hint = did_you_mean(place, repo.files)
                    yield Finding(path, number, f"links to '{target}', which does not exist{hint}")


def _decoded(target: str) -> str:
    from urllib.parse import unquote

    return unquote(target)


def _answered(repo: Repo, text: str) -> bool:
    return any(isinstance(value, str) and text.lstrip("]") in value for value in repo.answers.values())
