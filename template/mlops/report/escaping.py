"""Escape text for both pages, so that names, descriptions and reasons cannot contain markup.

Both pages escape by default: the template environments pass every value through ``for_html`` or ``for_markdown``.
Markup that this package creates has the type ``markupsafe.Markup`` in HTML and ``Raw`` in Markdown.
"""

import re
import unicodedata
from typing import Any

from markupsafe import Markup

MAX_CHARACTERS = 2000  # of one value; a longer value is cut and ends with an ellipsis
# Characters that reorder the text around them: a name that contains them could make FAIL look like other text.
REORDERING = "\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# GitHub and GitLab turn these characters and the text after them into a mention, an issue, a label, an emoji or a link,
# partly after they have parsed the Markdown, when a backslash has no effect: a zero-width space separates the two.
REFERENCES = re.compile(r"[@#!~%$&*](?=\S)|:(?=//|[\w+-]+:)|[{\[](?=[+-])|(?<=www)\.", re.IGNORECASE)
MARKUP = re.compile(r"[\\`*{}\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+=-](?=\s|[#+=-]*$)|^\d+(?=[.)](\s|$))")
SEPARATOR = "\ufeff"  # replaced by the zero-width space after escaping; ``plain`` removes it from the input


class Raw(str):
    """Markdown that this package creates and that is not escaped."""


def plain(value: str, longest: int = MAX_CHARACTERS) -> str:
    """Return the text as one line of at most ``longest`` characters, without control and reordering characters."""
    cut = value[:longest] + "…" if len(value) > longest else value
    kept = (
        "\ufffd" if unicodedata.category(character) in {"Cc", "Cs"} and not character.isspace() else character
        for character in cut
        if character not in REORDERING
    )
    return " ".join("".join(kept).split())


def for_html(value: Any) -> Any:
    """Return a value for an HTML template, which then escapes it (``finalize`` of the environment)."""
    return plain(value) if type(value) is str else value


def for_markdown(value: Any, longest: int = MAX_CHARACTERS) -> Any:
    """Return a value for the Markdown template: text that is not ``Raw`` is shown literally and never links."""
    if isinstance(value, Raw) or not isinstance(value, str):
        return value
    separated = REFERENCES.sub(lambda found: f"{found[0]}{SEPARATOR}", plain(value, longest))
    escaped = separated.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    return MARKUP.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", escaped).replace(
        SEPARATOR, "&#8203;"
    )


def code(value: str) -> Raw:
    """Return a code span for a table cell, with backticks and bars replaced because they would end it."""
    return Raw(f"`{plain(value).replace('`', chr(0x2019)).replace('|', chr(0x2223)) or ' '}`")


def html(value: str) -> str:
    """Return text escaped for SVG, which no template escapes."""
    return str(Markup.escape(plain(value)))
