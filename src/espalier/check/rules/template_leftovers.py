"""TEXT: template delimiters, placeholders and merge conflicts."""

import re
from collections.abc import Iterator

from ..finding import Finding
from ..recorded_answers import is_answered
from ..registry import rule
from ..repo import ANSWERS, Repo
from ..source import Source

QUESTIONS = [
    "project_name",
    "project_slug",
    "package_name",
    "description",
    "organization",
    "contact",
    "license",
    "python_version",
    "task",
    "ci",
    "tracking",
    "tracking_uri",
    "deployment",
    "gitops",
    "image_registry",
    "namespace",
    "data_remote",
    "data_remote_url",
    "cookiecutter",
    "copier",
    "_copier_conf",
    "_copier_answers",
    "_copier_python",
    "_folder_name",
]

TAG = re.compile(
    r"\[%[-+]?\s*(?:if|elif|else|endif|for|endfor|raw|endraw|set|endset|macro|endmacro|include|import|from|block|"
    r"endblock|filter|endfilter|call|endcall|with|endwith|extends|do)\b[^\n]{0,300}?%\]"
)

COMMENT = re.compile(r"\[#[-+]?\s[^\]]{0,500}?#\]|\[#-?[^\s\]][^\]\n]{0,200}?#\]")

# one expression: names, attributes, calls, filters; no operator, so that [[ -f x ]] and [[ $a == b ]] do not match
EXPRESSION = re.compile(
    r"\[\[[-+]?[ \t]+[A-Za-z_]\w*(?:\.\w+|\[[^\]\n]*\]|\([^)\n]*\))*"
    r"(?:[ \t]*\|[ \t]*[a-z_]\w*(?:\([^)\n]*\))?)*[ \t]+[-+]?\]\]"
)

COOKIECUTTER = re.compile(
    r"\{\{[-+]?\s*cookiecutter\.[^}\n]*\}\}|\{%[-+]?\s*(?:(?:end)?raw\b|[^%\n]*\bcookiecutter\.)[^%\n]*%\}"
)

# the name of a question in the braces of other template languages; a single word may be any variable
ANSWER = re.compile(
    r"(?<!\$)\{\{[-+]?\s*(?:" + "|".join(name for name in QUESTIONS if "_" in name) + r")\b[^{}\n]{0,80}\}\}"
)

# file types in which two brackets have a meaning of their own
BRACKETS_ARE_SYNTAX = (".py", ".pyi", ".ipynb", ".md", ".r", ".R", ".jl", ".lua")

ARRAY_OF_TABLES = re.compile(r"^\s*\[\[\s*[\w.\"'-]+\s*\]\]\s*(?:#.*)?$")


@rule("TEXT101", title="a template's delimiter was left behind")
def no_delimiter_is_left(repo: Repo) -> Iterator[Finding]:
    """No file and no path contains an expression ``[[ … ]]``, a tag ``[% … %]`` or a comment of the template, or a
    ``{{ … }}`` of cookiecutter or with the name of a question; no path ends in ``.jinja``.

    Why: the text was not rendered, and the tool that reads the file cannot use it.
    Fix: write the value; if the template is wrong, report it there.
    Blind spot: in Python and Markdown, in which ``[[`` has a meaning, only expressions with the name of a question are
    found. Text from a recorded answer belongs to the user and is not reported.
    """
    names = sorted({*QUESTIONS, *(key for key in repo.answers if key.isidentifier())})
    question = re.compile(r"(?<![\w.'\"])(?:" + "|".join(names) + r")\b")
    for path in repo.files:
        if path.endswith(".jinja") or "[[" in path or "[%" in path or "{{" in path:
            yield Finding(path, 1, f"the path '{path}' was not rendered")
    for path, source in repo.texts():
        if path == ANSWERS:
            continue
        text = source.text or ""
        found = [*_expressions(path, source, question)]
        rendered_later = path.endswith((".j2", ".tpl", ".tmpl", ".html")) or "/templates/" in f"/{path}"
        for pattern, probe in (
            (TAG, "[%"),
            (COMMENT, "[#"),
            (COOKIECUTTER, "{{"),
            (COOKIECUTTER, "{%"),
            (ANSWER, "{{"),
        ):
            if pattern is ANSWER and rendered_later:
                continue
            if probe in text:
                found += [(match.start(), match[0]) for match in pattern.finditer(text)]
        for at, left in sorted(set(found)):
            if not is_answered(repo, left):
                shown = left if len(left) <= 60 else left[:57] + "…"
                yield Finding(path, text.count("\n", 0, at) + 1, f"'{shown}' was not rendered")


def _expressions(path: str, source: Source, question: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield position and text of each ``[[ … ]]`` that looks like an expression of the template."""
    text = source.text or ""
    own_brackets = path.endswith(BRACKETS_ARE_SYNTAX)
    at = text.find("[[")
    while at >= 0:
        end = text.find("]]", at + 2, at + 300)
        whole = text[at : end + 2] if end >= 0 else ""
        following = at + 2
        if whole and "\n" not in whole:
            line = source.lines[text.count("\n", 0, at)]
            spaced = whole[2] in " \t-+"
            compact = (
                path.endswith(".toml") is False and re.fullmatch(r"\[\[\w+(?:\s*\|[^\]]*)?\]\]", whole) is not None
            )
            asks = question.search(whole) is not None and (spaced or (compact and not own_brackets))
            if path.endswith((".sh", ".bash")) and re.match(r"\[\[\s+[-!$\"(]", whole):
                asks = False  # a shell test
            reads = EXPRESSION.fullmatch(whole) is not None and not own_brackets
            if asks or (reads and not (path.endswith(".toml") and ARRAY_OF_TABLES.match(line))):
                yield at, whole
                following = end
        at = text.find("[[", following)


PLACEHOLDER = (
    r"\bCHANGE_?ME\b|\bREPLACE_?ME\b|\bFILL_?ME(?:_?IN)?\b|\bchangeme\b|\bchange-me\b|\bYOUR_[A-Z0-9_]+_HERE\b"
    r"|<your[-_ ][a-z][a-z0-9_ -]*>|<(?:insert|replace|todo)[-_: ][^>\n]{1,40}>"
    r"|\b(?:TODO|FIXME)\(template\)|\bTODO[-_: ]+(?:by[-_ ]template|answer|fill (?:this )?in)\b"
)

# values in a page that each reader fills in, and that cannot be in the repository
READERS_OWN = r"(?i)<your[-_ ](?:[a-z]+[-_ ])*(?:token|password|key|secret|user|username|login|name|branch|e-?mail)>"

# in lower case; without one of them the pattern cannot match
PLACEHOLDER_PROBES = (
    *("changeme", "change_me", "change-me", "replaceme", "replace_me", "fillme", "fill_me"),
    *("(template)", "<your", "_here", "todo", "<insert", "<replace"),
)


@rule("TEXT102", title="a placeholder was left behind")
def no_placeholder_is_left(repo: Repo) -> Iterator[Finding]:
    """No file contains a placeholder: change-me in capitals, "your … here" in capitals, ``<your-…>``.

    Why: every parser accepts it, and it is wrong in every cluster.
    Fix: write the value.
    Blind spot: placeholders that look like values. Text from a recorded answer is not reported.
    """
    for path, source in repo.texts():
        if path == ANSWERS or path.startswith("mlops/check/"):
            continue
        if not any(probe in source.lower for probe in PLACEHOLDER_PROBES):
            continue
        text = source.text or ""
        for match in re.finditer(PLACEHOLDER, text):
            if path.endswith(".md") and re.search(READERS_OWN, match[0]):
                continue
            if not is_answered(repo, match[0]):
                yield Finding(
                    path, text.count("\n", 0, match.start()) + 1, f"'{match[0]}' is a placeholder: write the value"
                )


@rule("TEXT103", title="a merge was not finished")
def merges_are_finished(repo: Repo) -> Iterator[Finding]:
    """No file contains conflict markers, and there is no ``.rej`` or ``.orig`` file; ``copier update`` leaves them.

    Why: the file is a mixture of the team's version and the template's.
    Fix: choose between the two sides and delete the markers, or the file.
    Blind spot: a conflict whose markers were deleted without a decision.
    """
    for path in repo.files:
        if path.endswith((".rej", ".orig")):
            yield Finding(path, 1, "contains changes that an update could not merge")
    for path, source in repo.texts():
        text = source.text or ""
        if "<<<<<<< " in text and ">>>>>>> " in text:
            for number, line in enumerate(source.lines, 1):
                if line.startswith("<<<<<<< "):
                    yield Finding(path, number, f"conflict marker '{line.strip()[:60]}'")
