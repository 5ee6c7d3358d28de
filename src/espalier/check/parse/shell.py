"""The simple commands of a shell script: words and lines, without a full parse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
    (?P<continued>\\\r?\n)
  | (?P<newline>\n)
  | (?P<space>[ \t\r]+)
  | (?P<comment>\#[^\n]*)
  | (?P<heredoc><<-?[ \t]*(?P<quote>['"]?)(?P<mark>\w+)(?P=quote))
  | (?P<redirect>[0-9]*(?:<<<|>>|>\||<>|>&|<&|&>|<|>)(?:&?[0-9-](?![\w./-]))?)
  | (?P<operator>&&|\|\||;;|\|&|[;&|()])
  | (?P<word>(?:
        \\.
      | '[^']*'
      | "(?:\\.|[^"\\])*"
      | \$\((?:[^()]|\([^()]*\))*\)
      | \$\{[^}\n]*\}
      | `[^`]*`
      | [^\s;&|()<>\\'"`]
    )+)
    """,
    re.VERBOSE | re.DOTALL,
)
INNER = re.compile(r"\$\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`", re.DOTALL)
QUOTED = re.compile(r"\\(.)|'([^']*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)
EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
LEADING = {"if", "then", "else", "elif", "while", "until", "do", "!", "time", "{", "exec", "sudo", "nohup", "command"}
NO_COMMAND = {"for", "case", "select", "function", "fi", "done", "esac", "}", "in"}


@dataclass(frozen=True, slots=True)
class Simple:
    """One command: its words after variable assignments and keywords, without quotes."""

    line: int
    words: tuple[str, ...]
    writes: tuple[str, ...] = ()  # files that ``>`` and ``>>`` write


def commands(script: str, line: int = 1) -> Iterator[Simple]:
    """Yield every simple command of the script in order, including those in ``$(…)``.

    Args:
        script: shell text; ``${{ … }}`` of a workflow is read as one unknown word.
        line: the line of the script's first line in its file.
    """
    # the replacement keeps the line breaks, and looks like a variable
    script = EXPRESSION.sub(lambda m: "${GITHUB}" + "\\\n" * m[0].count("\n"), script)
    words: list[str] = []
    writes: list[str] = []
    start, at, skip_next, redirected = line, 0, False, ""
    heredocs: list[str] = []
    while at < len(script):
        match = TOKEN.match(script, at)
        if match is None:  # an unclosed quote or bracket: the rest of the line is skipped
            at += 1
            continue
        kind, text = str(match.lastgroup), match[0]
        if match["heredoc"]:
            kind = "heredoc"
        if kind == "comment" and at and script[at - 1] not in " \t\n;&|()":
            kind, text = "word", "#"
        at += len(text)
        if kind == "word":
            yield from _inner(text, line)
            if skip_next:
                skip_next = False
                if ">" in redirected:
                    writes.append(unquote(text))
            else:
                start = line if not words else start
                words.append(text)
        elif kind == "redirect":
            skip_next, redirected = text[-1] not in "0123456789-", text  # the next word is the file
        elif kind == "heredoc":
            heredocs.append(match["mark"])
        elif kind in ("newline", "operator"):
            if words:
                yield from _simple(words, start, writes)
            words, writes, skip_next = [], [], False
        line += text.count("\n")
        if kind == "newline" and heredocs:
            at, line = _after_heredocs(script, at, line, heredocs)
            heredocs = []
    if words:
        yield from _simple(words, start, writes)


def _inner(word: str, line: int) -> Iterator[Simple]:
    if "$(" in word or "`" in word:
        bare = re.sub(r"'[^']*'", lambda m: " " * len(m[0]), word) if '"' not in word else word
        for match in INNER.finditer(bare):
            yield from commands(match[1] or match[2] or "", line + bare.count("\n", 0, match.start()))


def _after_heredocs(script: str, at: int, line: int, marks: list[str]) -> tuple[int, int]:
    for mark in marks:
        end = re.compile(rf"^[\t ]*{re.escape(mark)}[ \t\r]*$\n?", re.MULTILINE).search(script, at)
        stop = end.end() if end else len(script)
        line += script.count("\n", at, stop)
        at = stop
    return at, line


def _simple(words: list[str], line: int, writes: list[str]) -> Iterator[Simple]:
    bare = [unquote(word) for word in words]
    while bare and (bare[0] in LEADING or ASSIGNMENT.match(bare[0]) or bare[0] == "env"):
        if bare.pop(0) == "env":
            while bare and bare[0].startswith("-"):
                bare.pop(0)
    if bare and bare[0] not in NO_COMMAND:
        yield Simple(line, tuple(bare), tuple(writes))


def unquote(word: str) -> str:
    """Return the word without its quotes; variables in it stay as they are."""
    if "'" not in word and '"' not in word and "\\" not in word:
        return word
    return QUOTED.sub(lambda m: m[1] or (m[2] if m[2] is not None else re.sub(r"\\(.)", r"\1", m[3] or "")), word)
