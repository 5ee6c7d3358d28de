"""DOC: sources of COPY and ADD in Dockerfiles exist."""

import fnmatch
import re
from collections.abc import Iterator

from ..commands.docker import dockerfiles
from ..file_tree import path_from_root
from ..finding import Finding
from ..parse import ignore
from ..pipeline_outputs import may_exist
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean, suggestion


@rule("DOC101", title="a Dockerfile copies a file that does not exist")
def copied_file_exists(repo: Repo) -> Iterator[Finding]:
    """Every source of COPY and ADD is in the repository, is the output of a DVC stage, or is ignored by git (a run
    creates it), and .dockerignore does not exclude it from the build.

    Why: the build stops at this instruction, after minutes of installing.
    Fix: correct the path, or remove the line from .dockerignore.
    Blind spot: the build context is assumed to be the repository's root, or the Dockerfile's folder or its parent if
    the file exists only there; sources that are built from variables.
    """
    for path, parsed in dockerfiles(repo).items():
        for instruction in parsed.instructions:
            if instruction.name not in ("COPY", "ADD") or "from" in instruction.flags:
                continue
            for raw in instruction.words[:-1]:
                source = parsed.resolve(raw)
                if "$" in source or "://" in source or source.startswith("<<") or source.startswith("git@"):
                    continue
                place = path_from_root("", source.lstrip("/"))
                if place is None:
                    yield Finding(path, instruction.line, f"copies '{source}', which is outside the build context")
                elif (context := _context(repo, path, place)) is None:
                    hint = did_you_mean(place, repo.files)
                    yield Finding(path, instruction.line, f"copies '{source}', which does not exist{hint}")
                elif place and not re.search(r"[*?\[]", place) and _kept_out(_dockerignore(repo, path, context), place):
                    yield Finding(
                        path, instruction.line, f"copies '{source}', which .dockerignore excludes from the build"
                    )


def _dockerignore(repo: Repo, path: str, context: str) -> list[ignore.Pattern]:
    for name in (f"{path}.dockerignore", f"{context}/.dockerignore".lstrip("/")):
        if name in repo.files:
            return ignore.docker_patterns(repo.text(name))
    return []


def _kept_out(patterns: list[ignore.Pattern], place: str) -> bool:
    if not ignore.ignored(patterns, place, True):
        return False
    # an excluded folder may contain files that a later pattern includes again
    return not any(p.negated and p.regex and _could_be_below(p, place) for p in patterns)


def _could_be_below(pattern: ignore.Pattern, place: str) -> bool:
    assert pattern.regex is not None
    literal = pattern.regex.pattern.replace("\\", "")
    return literal.startswith((place + "/", "(?:[^/]+/)*", "[^/]*"))


def _context(repo: Repo, dockerfile: str, place: str) -> str | None:
    """Return the build context that contains the path: the root, the Dockerfile's folder or its parent; else None."""
    folder = dockerfile.rpartition("/")[0]
    for context in ("", folder, folder.rpartition("/")[0]):
        candidate = path_from_root(context, place) or place
        if any(char in candidate for char in "*?["):
            if any(fnmatch.fnmatchcase(name, candidate) for name in [*repo.files, *repo.folders]):
                return context
        elif may_exist(repo, candidate):
            return context
    return None


@rule("DOC102", title="a Dockerfile copies from a build stage that does not exist")
def build_stage_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``COPY --from=<name>`` names a stage of an earlier FROM in the same file, or an image.

    Why: docker treats an unknown name as an image and tries to pull it.
    Fix: correct the stage's name.
    Blind spot: stages that ``--build-context`` provides.
    """
    for path, parsed in dockerfiles(repo).items():
        stages = parsed.stages
        for position, instruction in enumerate(parsed.instructions):
            source = parsed.resolve(instruction.flags.get("from", "")) if instruction.name in ("COPY", "ADD") else ""
            if not source or re.search(r"[/:.@$]", source):
                continue
            count = sum(i.name == "FROM" for i in parsed.instructions[:position])
            if source.isdigit():
                if int(source) >= count - 1:
                    yield Finding(
                        path,
                        instruction.line,
                        f"copies from stage {source}, but there are only {count - 1} earlier stages",
                    )
            elif stages.get(source.lower(), position) >= position:
                yield Finding(
                    path,
                    instruction.line,
                    f"copies from '{source}', which is not a stage: {suggestion(source, stages)}",
                )
