"""The instructions of a Dockerfile."""

import json
import re
from dataclasses import dataclass, field

INSTRUCTION = re.compile(r"^\s*([A-Za-z]+)\s+(.*)$", re.DOTALL)
HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_]\w*)\1")
VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?[-+][^}]*)?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction with its line, its text and its here-documents."""

    line: int
    name: str  # upper case
    text: str  # the rest, continuation lines joined by line breaks so that lines can be counted
    heredocs: tuple[str, ...] = ()

    @property
    def flags(self) -> dict[str, str]:
        """The options ``--name=value`` before the arguments."""
        found = {}
        for word in self.text.split():
            if not word.startswith("--"):
                break
            name, _, value = word[2:].partition("=")
            found[name] = value
        return found

    @property
    def words(self) -> list[str]:
        """The arguments after the options; the JSON form is parsed as JSON."""
        rest = re.sub(r"^(?:\s*--\S+)+", "", self.text).strip()
        if rest.startswith("["):
            try:
                value = json.loads(rest.replace("\n", " "))
            except (ValueError, RecursionError):
                return rest.split()
            return [str(item) for item in value] if isinstance(value, list) else rest.split()
        return rest.split()

    @property
    def exec_form(self) -> bool:
        """Return whether the arguments are a JSON list."""
        return re.sub(r"^(?:\s*--\S+)+", "", self.text).strip().startswith("[")


@dataclass(slots=True)
class Dockerfile:
    """The instructions of one Dockerfile and the values of its variables."""

    instructions: list[Instruction] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)  # ARG and ENV with a value

    def resolve(self, text: str) -> str:
        """Return the text with ARG and ENV variables replaced if they have a value here."""
        for _ in range(3):
            text = VARIABLE.sub(lambda m: self.arguments.get(m[1] or m[2], m[0]), text)
        return text

    @property
    def stages(self) -> dict[str, int]:
        """The names of build stages in lower case, and the positions of their FROM."""
        found: dict[str, int] = {}
        for position, instruction in enumerate(self.instructions):
            words = instruction.words
            if instruction.name == "FROM" and len(words) >= 3 and words[1].lower() == "as":
                found.setdefault(words[2].lower(), position)
        return found


def parse(text: str) -> Dockerfile:
    """Parse the instructions; other lines are left to hadolint."""
    result = Dockerfile()
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        parts: list[str] = []
        while at < len(lines):
            raw = lines[at].rstrip()
            at += 1
            if parts and (not raw or raw.lstrip().startswith("#")):
                parts.append(" \\")  # a comment inside a continued instruction does not end it
                continue
            continued = raw.endswith("\\")
            parts.append(raw[:-1].rstrip() + " \\" if continued else raw)
            if not continued:
                break
        body = "\n".join(parts)
        heredocs = []
        match = INSTRUCTION.match(body)
        if match and match[1].upper() in ("RUN", "COPY", "ADD"):
            for heredoc in HEREDOC.finditer(match[2]):
                begin = at
                while at < len(lines) and lines[at].strip() != heredoc[2]:
                    at += 1
                heredocs.append("\n".join(lines[begin:at]))
                at += 1
        if match:
            _add(result, Instruction(start + 1, match[1].upper(), match[2], tuple(heredocs)))
    return result


def _add(result: Dockerfile, instruction: Instruction) -> None:
    plain = Instruction(
        instruction.line,
        instruction.name,
        instruction.text
        if instruction.name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK")
        else instruction.text.replace("\\\n", " \n"),
        instruction.heredocs,
    )
    result.instructions.append(plain)
    if plain.name in ("ARG", "ENV"):
        for name, value in re.findall(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S*)", plain.text):
            result.arguments.setdefault(name, value.strip("\"'"))
