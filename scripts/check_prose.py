"""Check the language of documentation, docstrings, comments and messages.

Two lists of rules: proselint, with the checks that suit technical documentation, and ``prose_phrases.yml``, the phrases
that this project does not use. Prints ``path:line: "phrase": what to write``; exits with 1 when there is one.

Usage: ``python scripts/check_prose.py [PATH …]``; without paths, all files that Git tracks or would track.
"""

import bisect
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from proselint.checks import __register__ as PROSELINT_CHECKS
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from prose_reader import Passage, passages

ROOT = Path(__file__).resolve().parent.parent
PHRASES = Path(__file__).parent / "prose_phrases.yml"
SUFFIXES = {".py", ".md", ".yml", ".yaml", ".tf", ".hcl", ".toml", ".mk", ".sh", ".html", ".css", ".Dockerfile", ".in"}
NAMES = {"Makefile", "Dockerfile", "Jenkinsfile", "run", ".gitattributes", ".gitignore", ".dockerignore", ".dvcignore"}
SKIPPED = {PHRASES.relative_to(ROOT).as_posix()}
# proselint reads whole sentences only: pages and Python's strings and comments.
PROSELINT_SUFFIXES = (".md", ".py", ".md.jinja", ".py.jinja")
# Its checks that suit technical documentation, by prefix; the first prefix that fits decides. Left out: typography
# (curly quotes), dates, names of peoples, and checks that take terms of statistics or software for slips.
PROSELINT = {
    "redundancy.misc.after_the_deadline": False,  # takes "etcd" for "etc."
    **dict.fromkeys(("archaism", "cliches", "hedging", "industrial_language", "lexical_illusions"), True),
    **dict.fromkeys(("malapropisms", "mixed_metaphors", "mondegreens", "needless_variants", "nonwords"), True),
    **dict.fromkeys(("oxymorons", "redundancy", "skunked_terms", "spelling"), True),
    **dict.fromkeys(("misc.apologizing", "misc.back_formations", "misc.metadiscourse", "misc.whence"), True),
}
SEPARATOR = "\n.\n"  # between passages, so that no rule reads the end of one and the start of the next together


@dataclass(frozen=True)
class Phrase:
    """A phrase that is not used: its pattern, and what to write instead."""

    pattern: re.Pattern[str]
    write: str


@dataclass(frozen=True)
class Slip:
    """A place where the prose breaks a rule."""

    path: str
    line: int
    phrase: str
    write: str

    def __str__(self) -> str:
        """Return the line that is printed."""
        return f'{self.path}:{self.line}: "{self.phrase}": {self.write}'


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return the rules of ``prose_phrases.yml``."""
    rows = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return tuple(Phrase(re.compile(row["find"], re.IGNORECASE), row["write"]) for row in rows)


@cache
def _registry() -> CheckRegistry:
    registry = CheckRegistry()
    registry.register_many(PROSELINT_CHECKS)
    return registry


class _Text:
    """Passages as one text, a line for each passage, that still knows the line of each place."""

    def __init__(self, found: Iterable[Passage]) -> None:
        parts: list[str] = []
        self._starts: list[int] = []
        self._numbers: list[int] = []
        length = 0
        for passage in found:
            for number, line in passage:
                part = " ".join(line.split()) + " "
                self._starts.append(length)
                self._numbers.append(number)
                parts.append(part)
                length += len(part)
            parts.append(SEPARATOR)
            length += len(SEPARATOR)
        self.text = "".join(parts)

    def line(self, position: int) -> int:
        """Return the number of the file's line that the position comes from."""
        return self._numbers[max(bisect.bisect_right(self._starts, position) - 1, 0)]


def slips(path: str, content: str) -> list[Slip]:
    """Return the slips in the prose of one file, in order of lines."""
    text = _Text(passages(path, content))
    if not text.text.strip():
        return []
    found = set(_by_phrases(path, text))
    if path.endswith(PROSELINT_SUFFIXES):
        found |= set(_by_proselint(path, text))
    return sorted(found, key=lambda slip: (slip.line, slip.phrase))


def _by_phrases(path: str, text: _Text) -> Iterator[Slip]:
    for phrase in phrases():
        for match in phrase.pattern.finditer(text.text):
            yield Slip(path, text.line(match.start()), match[0].strip(), f"write: {phrase.write}")


def _by_proselint(path: str, text: _Text) -> Iterator[Slip]:
    padded = LintFile(path, text.text).content
    for check in _registry().get_all_enabled(PROSELINT):
        for result in check.check_with_flags(padded):
            start, end = result.span
            shown = padded[start:end].strip(" \n.,;:()")
            place = padded.find(shown, start) - 1
            if not re.search(r"[\d_]", shown):  # numbers may repeat, and masked code is not a word
                yield Slip(path, text.line(place), shown, f"{result.message} (proselint {result.check_path})")


def files(arguments: list[str]) -> list[str]:
    """Return the paths to check, relative to the root of the project and in order."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", *arguments]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in sorted(listed) if _is_prose(ROOT / name) and name not in SKIPPED]


def _is_prose(path: Path) -> bool:
    name = path.name.removesuffix(".jinja")
    return path.is_file() and not path.is_symlink() and (Path(name).suffix in SUFFIXES or name in NAMES)


def main(arguments: list[str]) -> int:
    """Print the slips of the files and return 1 when there are any."""
    found = [slip for name in files(arguments) for slip in slips(name, (ROOT / name).read_text(encoding="utf-8"))]
    for slip in found:
        print(slip)
    if found:
        print(f"{len(found)} phrases to rewrite; the rules are in scripts/prose_phrases.yml", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
