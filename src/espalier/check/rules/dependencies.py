"""DEP: dependencies in pyproject.toml are locked in constraints.txt, within their version ranges."""

import re
from collections.abc import Iterator
from typing import Any

from ..finding import Finding
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean

LOCK = "constraints.txt"

REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?\s*([^;@)]*)\)?(?:@[^;]*)?(?:;.*)?$")

CLAUSE = re.compile(r"(===|==|!=|~=|>=|<=|>|<)\s*([\w.*+!-]+)")


def normalized(name: str) -> str:
    """Return the name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(repo: Repo) -> Iterator[tuple[str, str, str]]:
    """Yield the direct dependencies in pyproject.toml: text, normalized name, version clauses."""
    document = repo.toml("pyproject.toml")
    project = document.get("project")
    project = project if isinstance(project, dict) else {}
    groups: list[Any] = [project.get("dependencies")]
    for table in (project.get("optional-dependencies"), document.get("dependency-groups")):
        groups += list(table.values()) if isinstance(table, dict) else []
    own = normalized(str(project.get("name", "")))
    for group in groups:
        for text in group if isinstance(group, list) else []:
            match = REQUIREMENT.match(text) if isinstance(text, str) else None
            if match and normalized(match[1]) != own:
                yield text, normalized(match[1]), match[2]


def locked(repo: Repo) -> dict[str, tuple[int, str]]:
    """Return line and version of each name in constraints.txt; the version is empty if it is not exact."""
    found: dict[str, tuple[int, str]] = {}
    for number, raw in enumerate(repo.text(LOCK).split("\n"), 1):
        line = re.split(r"\s#|\s--hash", raw)[0].strip().rstrip("\\").strip()
        match = REQUIREMENT.match(line) if line and not line.startswith(("#", "-")) else None
        if match:
            exact = re.fullmatch(r"\s*={2,3}\s*([\w.+!-]+)\s*", match[2])
            found.setdefault(normalized(match[1]), (number, exact[1] if exact else ""))
    return found


@rule("DEP101", title="a dependency is not locked")
def dependency_is_locked(repo: Repo) -> Iterator[Finding]:
    """Every dependency of pyproject.toml, its extras and groups, has an exact version in constraints.txt.

    Why: two installs of the same commit would differ, and a model could not be reproduced.
    Fix: pin it in constraints.txt (``name==version``).
    Blind spot: indirect dependencies; the installer resolves those.
    """
    if LOCK not in repo.files:
        if any(requirements(repo)) and repo.settings:
            yield Finding("pyproject.toml", 1, f"{LOCK} does not exist: no dependency in this file is locked")
        return
    pins = locked(repo)
    for text, name, _ in requirements(repo):
        line = repo.find_line("pyproject.toml", "dependencies", text)
        if name not in pins:
            hint = did_you_mean(name, pins)
            yield Finding("pyproject.toml", line, f"'{text}' is not in {LOCK}{hint}")
        elif not pins[name][1]:
            yield Finding(LOCK, pins[name][0], f"'{name}' has no exact version; write 'name==version'")


@rule("DEP102", title="the locked version is outside a dependency's range")
def lock_is_in_range(repo: Repo) -> Iterator[Finding]:
    """Every version in constraints.txt is one that pyproject.toml allows.

    Why: no install can satisfy both, and the installer's message does not name the files.
    Fix: change the range in pyproject.toml, or the pin.
    Blind spot: ``~=``, ``!=`` with ``*``, pre-releases and local versions are not compared.
    """
    pins = locked(repo)
    for text, name, clauses in requirements(repo):
        pin = pins.get(name, (0, ""))[1]
        release = _release(pin)
        for operator, bound in CLAUSE.findall(clauses) if release else ():
            limit = _release(bound)
            if limit is not None and release is not None and not _holds(release, operator, limit):
                line = repo.find_line("pyproject.toml", "dependencies", text)
                yield Finding("pyproject.toml", line, f"'{text}' does not allow {name}=={pin}, which {LOCK} pins")
                break


def _release(version: str) -> tuple[int, ...] | None:
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})*", version):
        return None
    parts = [int(part) for part in version.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _holds(pin: tuple[int, ...], operator: str, limit: tuple[int, ...]) -> bool:
    return {
        ">=": pin >= limit,
        "<=": pin <= limit,
        ">": pin > limit,
        "<": pin < limit,
        "==": pin == limit,
        "!=": pin != limit,
    }.get(operator, True)
