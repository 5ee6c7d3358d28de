"""Find the prose in a file: Markdown text, docstrings, comments, messages and names of tests, without the code.

Each passage (a paragraph, a comment block, a message) is a list of lines with their numbers. Code is masked:
identifiers, paths, addresses and everything in backticks become underscores, so that no rule reads them as words.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePath

Passage = list[tuple[int, str]]

FENCE = re.compile(r"^(\s*(?:>\s*)?)(`{3,}|~{3,})")
INLINE_CODE = re.compile(r"(?s)(`+)(?!`).+?(?<!`)\1(?!`)")
# A link's target, an address, and words that hold a character that only code has: a path, an identifier, a call.
CODE_WORDS = re.compile(r"(?<=\])\([^)\s]*\)|\b[a-z+]+://\S+|[^\s\"'(]*(?:[\\/_=@$<>{}]|\w\(|\w\.\w|--\w)[^\s\"',;:]*")
TEMPLATE_TAG = re.compile(r"(?s)\[\[.*?\]\]|\[%.*?%\]|\{\{.*?\}\}|\{%.*?%\}")
COMMENT_MARK = re.compile(r"^\s*(?:#+[!:]?|//+|/\*+|\*+/?|<!--|\[#|\{#)\s?")
STRING_START = re.compile(r"(?i)^([a-z]*)('''|\"\"\"|'|\")")
FIELD = re.compile(r"\{[^{}]*\}")
ESCAPE = re.compile(r"\\[abfnrtv0'\"\\]|\\$")
SENTENCE = re.compile(r"[A-Za-z]+[,;:]? [a-z]+[,;:]? [a-z_]+")
# Rows of tables, list items, headings and keys start a passage of their own.
BREAK = re.compile(r"^\s*(?:[-*+|#>]|\d+\.)\s|^\s*[\w.-]+:(?:\s|$)")


def passages(path: str, text: str) -> list[Passage]:
    """Return the passages of a file, in order; which reader applies follows from the name."""
    kind = PurePath(path.removesuffix(".jinja")).suffix
    lines = text.splitlines()
    if kind == ".py":
        try:
            found = list(_python(text, messages=not _is_test(path)))
        except (SyntaxError, tokenize.TokenError, IndentationError):
            found = list(_blocks(lines))  # a template that is Python only after rendering
    elif kind == ".md":
        found = list(_blocks(_without_fences(lines)))
    else:
        found = list(_blocks(lines, comments=True))
    return [masked for passage in found if passage and (masked := _masked(passage))]


def _is_test(path: str) -> bool:
    """Return whether the file's strings are inputs and expectations of tests instead of messages to users."""
    return "tests" in PurePath(path).parts


def _masked(passage: Passage) -> Passage:
    """Return the passage with its code replaced by underscores, without empty lines."""
    text = "\n".join(line for _, line in passage)
    for pattern in (INLINE_CODE, TEMPLATE_TAG, CODE_WORDS):
        text = pattern.sub(lambda match: re.sub(r"[^\n\s]", "_", match[0]), text)
    numbers = (number for number, _ in passage)
    return [(number, line) for number, line in zip(numbers, text.split("\n"), strict=True) if line.strip()]


def _without_fences(lines: list[str]) -> list[str]:
    """Return the lines of a Markdown page with fenced blocks emptied."""
    kept, fence = [], ""
    for line in lines:
        mark = FENCE.match(line)
        kept.append("" if fence or mark else line)
        if mark and (not fence or mark[2].startswith(fence)):
            fence = "" if fence else mark[2]
    return kept


def _blocks(lines: list[str], *, comments: bool = False) -> Iterator[Passage]:
    """Yield paragraphs: runs of lines up to an empty line, a list item, a heading, a table row or a new key."""
    passage: Passage = []
    for number, line in enumerate(lines, 1):
        # A comment at the end of a line does not continue the code before it.
        code, mark, comment = line.partition(" # ") if comments else (line, "", "")
        text = COMMENT_MARK.sub("", code) if comments else code
        if not text.strip() or BREAK.match(text):
            yield passage
            passage = []
        passage.append((number, text))
        if mark:
            yield passage
            passage = [(number, comment)]
    yield passage


def _python(text: str, *, messages: bool) -> Iterator[Passage]:
    """Yield comment blocks, strings that read as sentences, docstrings and the names of tests."""
    docstrings = {node.value.lineno for node in ast.walk(ast.parse(text)) if _is_docstring(node)}
    comment: Passage = []
    string: Passage = []
    for token in _tokens(text):
        number, value = token.start[0], token.string
        if token.type == tokenize.COMMENT:
            own_line = token.line.lstrip().startswith("#")
            if comment and not (own_line and comment[-1][0] == number - 1):
                yield comment
                comment = []
            comment.append((number, COMMENT_MARK.sub("", value)))
        elif token.type == tokenize.STRING:
            lines = _string_lines(number, value)
            if number in docstrings:
                yield from _blocks_from(lines)
            elif messages:
                string += lines
        elif token.type not in (tokenize.NL, tokenize.NEWLINE):
            if SENTENCE.search(" ".join(line for _, line in string)):
                yield string
            string = []
            if token.type == tokenize.NAME and value.startswith("test_"):
                yield [(number, value.replace("_", " "))]
    yield comment


def _is_docstring(node: ast.AST) -> bool:
    """Return whether the node is an expression that consists of a string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield Python's tokens with an f-string as one STRING, as Python before 3.12 reads it."""
    lines = text.splitlines(keepends=True)
    start, depth = (0, 0), 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind in ("FSTRING_START", "TSTRING_START"):
            start, depth = (token.start, 1) if not depth else (start, depth + 1)
        elif kind in ("FSTRING_END", "TSTRING_END"):
            depth -= 1
            if not depth:
                whole = lines[start[0] - 1 : token.end[0]]
                whole[-1] = whole[-1][: token.end[1]]
                whole[0] = whole[0][start[1] :]
                yield tokenize.TokenInfo(tokenize.STRING, "".join(whole), start, token.end, "")
        elif not depth:
            yield token


def _string_lines(number: int, literal: str) -> Passage:
    """Return the lines of a string literal without prefix, quotes and escapes; fields of an f-string are masked."""
    mark = STRING_START.match(literal)
    if mark is None:
        return []
    body = literal[mark.end() : -len(mark[2])]
    if "f" in mark[1].lower():
        body = FIELD.sub(lambda match: re.sub(r"[^\n\s]", "_", match[0]), body)
    return [(number + at, ESCAPE.sub(" ", line)) for at, line in enumerate(body.split("\n"))]


def _blocks_from(passage: Passage) -> Iterator[Passage]:
    """Yield the paragraphs of a docstring."""
    first = passage[0][0] if passage else 0
    for block in _blocks([line for _, line in passage]):
        yield [(number + first - 1, line) for number, line in block]
