"""Text from outside on its way into a page: names, descriptions and reasons are words, never markup.

Both pages escape by default: the templates' environments pass every value through ``for_html`` or ``for_markdown``.
What this package made itself is marked, as ``markupsafe.Markup`` for HTML and as ``Raw`` for Markdown.
"""

import re
import unicodedata
from typing import Any

from markupsafe import Markup

LONGEST = 2000  # characters of one value; a longer one is cut, which the ellipsis says
# Characters that reorder the text around them: a name could make FAIL read as something else.
REORDERING = "\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# What follows one of these is a mention, an issue, a label, an emoji or a link to GitHub or GitLab, and some of that is
# looked for in the text after Markdown was read, where no backslash helps: a zero-width space parts them.
REFERENCES = re.compile(r"[@#!~%$&*](?=\S)|:(?=//|[\w+-]+:)|[{\[](?=[+-])|(?<=www)\.", re.IGNORECASE)
MARKUP = re.compile(r"[\\`*{}\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+=-](?=\s|[#+=-]*$)|^\d+(?=[.)](\s|$))")
JOINT = "\ufeff"  # stands for the zero-width space until the rest is escaped; the input holds none, see ``plain``


class Raw(str):
    """Markdown of this package's own making."""


def plain(value: str, longest: int = LONGEST) -> str:
    """One line of at most ``longest`` characters, without control and reordering characters."""
    cut = value[:longest] + "…" if len(value) > longest else value
    kept = (
        "\ufffd" if unicodedata.category(character) in {"Cc", "Cs"} and not character.isspace() else character
        for character in cut
        if character not in REORDERING
    )
    return " ".join("".join(kept).split())


def for_html(value: Any) -> Any:
    """The HTML templates' ``finalize``; escaping itself is Jinja's."""
    return plain(value) if type(value) is str else value


def for_markdown(value: Any, longest: int = LONGEST) -> Any:
    """The Markdown template's ``finalize``: what is not ``Raw`` shows as it is written and links to nothing."""
    if isinstance(value, Raw) or not isinstance(value, str):
        return value
    apart = REFERENCES.sub(lambda found: f"{found[0]}{JOINT}", plain(value, longest))
    escaped = apart.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    return MARKUP.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", escaped).replace(
        JOINT, "&#8203;"
    )


def code(value: str) -> Raw:
    """A code span for a table cell: nothing in it is looked at, but backticks and bars would end it."""
    return Raw(f"`{plain(value).replace('`', chr(0x2019)).replace('|', chr(0x2223)) or ' '}`")


def html(value: str) -> str:
    """Text as it may stand in SVG, where no template escapes."""
    return str(Markup.escape(plain(value)))
