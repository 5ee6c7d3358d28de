"""Texts that the user gave as answers when the repository was generated."""

import re

from .repo import Repo


def is_answered(repo: Repo, text: str) -> bool:
    """Return whether the text is part of a recorded answer, with or without escapes."""
    wanted = _plain(text)
    return any(wanted in answer for answer in repo.once(_answers))


def _answers(repo: Repo) -> list[str]:
    return [_plain(value) for value in repo.answers.values() if isinstance(value, str)]


def _plain(text: str) -> str:
    for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(escaped, plain)
    return re.sub(r"[\\\s]", "", text)
