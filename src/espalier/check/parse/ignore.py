"""The patterns of .gitignore and .dockerignore."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WILD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a .gitignore or .dockerignore."""

    base: str  # folder of the file that contains the pattern, "" for the root
    exact: str | None  # the whole pattern if it has no wildcard
    regex: re.Pattern[str] | None
    anchored: bool
    folders_only: bool
    negated: bool

    def matches(self, path: str, folder: bool) -> bool:
        """Return whether the pattern matches the path."""
        if self.folders_only and not folder:
            return False
        if self.base:
            if not path.startswith(self.base + "/"):
                return False
            path = path[len(self.base) + 1 :]
        if self.exact is not None:
            return path == self.exact if self.anchored else path.rpartition("/")[2] == self.exact
        assert self.regex is not None
        return self.regex.match(path) is not None


def translate(glob: str) -> str:
    """Return the regular expression for a git pattern without its leading and trailing slash."""
    out, at = "", 0
    while at < len(glob):
        if glob.startswith("**/", at):
            out, at = out + "(?:[^/]+/)*", at + 3
        elif glob.startswith("/**", at) and at + 3 == len(glob):
            out, at = out + "/.+", at + 3
        elif glob[at] == "*":
            out += "[^/]*"
            while at < len(glob) and glob[at] == "*":
                at += 1
        elif glob[at] == "?":
            out, at = out + "[^/]", at + 1
        elif glob[at] == "[" and "]" in glob[at + 2 :]:
            end = glob.index("]", at + 2)
            inner = glob[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out, at = out + ("[^" + inner[1:] if inner[0] in "!^" else "[" + inner) + "]", end + 1
        elif glob[at] == "\\" and at + 1 < len(glob):
            out, at = out + re.escape(glob[at + 1]), at + 2
        else:
            out, at = out + re.escape(glob[at]), at + 1
    return out


def git_patterns(text: str, base: str = "") -> list[Pattern]:
    """Parse a .gitignore in the folder ``base``; lines that are not patterns are skipped, as in git."""
    return [pattern for line in text.splitlines() if (pattern := _git_pattern(line, base))]


def _git_pattern(line: str, base: str) -> Pattern | None:
    line = line.rstrip("\r\n").rstrip(" ") if not line.endswith("\\ ") else line
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    body = line[1:] if negated else line
    folders_only = body.endswith("/")
    anchored = "/" in body.rstrip("/")
    body = body.strip("/")
    if not body:
        return None
    if not WILD.search(body):
        return Pattern(base, body, None, anchored, folders_only, negated)
    try:
        regex = re.compile(("" if anchored else "(?:.*/)?") + translate(body) + r"\Z")
    except re.error:  # a range such as [z-a], which matches nothing in git
        return None
    return Pattern(base, None, regex, anchored, folders_only, negated)


def ignored(patterns: Iterable[Pattern], path: str, folder: bool) -> bool:
    """Return whether the last pattern that matches this path excludes it; the caller checks its parents."""
    verdict = False
    for pattern in patterns:
        if pattern.negated == verdict and pattern.matches(path, folder):
            verdict = not pattern.negated
    return verdict


def docker_patterns(text: str) -> list[Pattern]:
    """Parse a .dockerignore: every pattern starts at the root, and the name of a folder includes all below it."""
    patterns = []
    for raw in text.splitlines():
        line = raw.strip()
        negated = line.startswith("!")
        body = line.lstrip("!").strip().strip("/").removeprefix("./")
        if not body or line.startswith("#"):
            continue
        try:
            regex = re.compile(translate(body) + r"(?:/.*)?\Z")
        except re.error:
            continue
        patterns.append(Pattern("", None, regex, True, False, negated))
    return patterns
