"""The structure of HCL: strings, heredocs, comments and brackets are closed, a body contains attributes and blocks.

Schemas are not checked, and of expressions only that an operator separates two values; with ``--tools`` terraform
checks the rest.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r]+)
  | (?P<newline>\n)
  | (?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)
  | (?P<heredoc><<-?[ \t]*(?P<mark>[A-Za-z_][\w-]*)[ \t]*\r?\n)
  | (?P<string>")
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d][\w-]*)
  | (?P<open>[\[({])
  | (?P<close>[\])}])
  | (?P<operator>=>|==|!=|<=|>=|&&|\|\||\.\.\.|::|[-+*/%<>!?:.,=])
    """,
    re.VERBOSE | re.DOTALL,
)
PAIRS = {")": "(", "]": "[", "}": "{"}
VALUES = {"string", "number", "name", "heredoc", "close"}
PREFIX = {"-", "!"}
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Token:
    """One token with its line."""

    kind: str
    text: str
    line: int


class HclError(ValueError):
    """The line and the reason why the text is not HCL."""

    def __init__(self, line: int, reason: str) -> None:
        """Keep line and reason; the reason is the message."""
        super().__init__(reason)
        self.line, self.reason = line, reason


def check(text: str) -> None:
    """Parse the whole text.

    Raises:
        HclError: at the first place where it is not HCL.
    """
    _Parser(tokens(text.removeprefix("\ufeff"))).file()


def tokens(text: str) -> list[Token]:
    """Return the tokens of the text; a string or heredoc is one token, including its interpolations."""
    found: list[Token] = []
    at, line = 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if text.startswith("/*", at) and text.find("*/", at + 2) < 0:
            raise HclError(line, "comment '/*' is not closed")
        if match is None:
            raise HclError(line, f"{text[at]!r} is not valid here")
        kind, start, at = str(match.lastgroup), line, match.end()
        if match["heredoc"]:  # its group 'mark' is the last that matched
            kind = "heredoc"
            end = re.compile(rf"^[ \t]*{re.escape(match['mark'])}[ \t]*\r?$", re.MULTILINE).search(text, at)
            if end is None:
                raise HclError(line, f"heredoc is not closed: no line consists of '{match['mark']}'")
            at = end.end()
        elif kind == "string":
            at = _string(text, at, line)
        piece = text[match.start() : at]
        line += piece.count("\n")
        if kind not in ("space", "comment"):
            found.append(Token(kind, piece, start))
    found.append(Token("end", "", line))
    return found


def _string(text: str, at: int, line: int) -> int:
    """Return the end of the string that starts before ``at``; templates in it may contain strings."""
    stack = ['"']
    while at < len(text):
        char = text[at]
        if stack[-1] == '"':
            if char == "\\":
                at += 2
                continue
            if char == "\n":
                raise HclError(line, "string is not closed on its line")
            if char == '"':
                stack.pop()
                if not stack:
                    return at + 1
            elif char in "$%" and text.startswith("{", at + 1):
                if text[at - 1] == char:
                    at += 2  # $${ is a literal ${
                    continue
                stack.append("{")
                at += 2
                continue
        elif char in '"{':
            stack.append(char)
        elif char == "}":
            stack.pop()
        if len(stack) > MAX_DEPTH:
            raise HclError(line, f"templates nested deeper than {MAX_DEPTH} levels")
        at += 1
    raise HclError(line, "string is not closed")


class _Parser:
    def __init__(self, stream: list[Token]) -> None:
        self.stream = stream
        self.at = 0

    @property
    def here(self) -> Token:
        return self.stream[self.at]

    def next(self) -> Token:
        token = self.here
        if token.kind != "end":
            self.at += 1
        return token

    def file(self) -> None:
        opened: list[Token] = []  # blocks that contain this place
        while True:
            token = self.next()
            if token.kind == "newline":
                continue
            if token.kind == "end":
                if opened:
                    raise HclError(opened[-1].line, "block '{' is not closed")
                return
            if token.text == "}" and opened:
                opened.pop()
                self.line_ends_after_block(opened)
            elif token.kind in ("name", "string"):
                self.statement(token, opened)
            else:
                raise HclError(token.line, f"'{token.text}', but an attribute or a block was expected")

    def line_ends_after_block(self, opened: list[Token]) -> None:
        if self.here.kind in ("newline", "end") or (self.here.text == "}" and opened):
            return
        raise HclError(self.here.line, f"'{self.here.text}' on the line of a closing '}}'")

    def statement(self, first: Token, opened: list[Token]) -> None:
        """Parse ``name = expression``, or ``type "label" {``."""
        token = self.next()
        if token.text == "=" and first.kind == "name":
            self.expression(first)
            return
        while token.kind in ("string", "name"):
            token = self.next()
        if token.text != "{" or first.kind != "name":
            raise HclError(first.line, f"'{first.text}' is not an attribute (name = value) or a block (name {{)")
        opened.append(token)
        if len(opened) > MAX_DEPTH:
            raise HclError(token.line, f"blocks nested deeper than {MAX_DEPTH} levels")

    def expression(self, name: Token) -> None:
        """Parse to the end of the line, with all brackets closed."""
        brackets: list[Token] = []
        previous: Token | None = None
        while True:
            token = self.here
            if not brackets and (token.kind in ("newline", "end") or token.text == "}"):
                break
            if token.kind == "end":
                raise HclError(brackets[-1].line, f"'{brackets[-1].text}' is not closed")
            self.next()
            if token.kind == "newline":
                continue
            if token.kind == "close":
                if not brackets or brackets[-1].text != PAIRS[token.text]:
                    raise HclError(token.line, f"'{token.text}' has no opening bracket")
                brackets.pop()
            elif not brackets:
                self.beside(previous, token)
            if token.kind == "open":
                brackets.append(token)
            previous = token
            if token.kind == "heredoc" and not brackets:
                break
        if previous is None:
            raise HclError(name.line, f"attribute '{name.text}' has no value")
        if previous.kind == "operator" and previous.text != "...":
            raise HclError(previous.line, f"value of '{name.text}' ends with '{previous.text}'")

    @staticmethod
    def beside(previous: Token | None, token: Token) -> None:
        """Raise HclError if two values, or two operators, follow each other."""
        if previous is None:
            if token.kind == "operator" and token.text not in PREFIX:
                raise HclError(token.line, f"value starts with '{token.text}'")
        elif previous.kind in VALUES and (token.kind in VALUES or token.text == "{"):
            raise HclError(token.line, f"'{token.text}' follows '{previous.text}' without an operator between them")
        elif token.text == "=":
            raise HclError(token.line, "a second '=' in one attribute")
