"""Images: what a Dockerfile copies is there, and what is run has a version."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..calls import commands, dockerfiles, workflow_files
from ..finding import Finding
from ..hints import instead, near
from ..kustomize import image_overrides, manifests, split_image
from ..parse import ignore
from ..parse.dockerfile import Dockerfile
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Repo, join
from .made import may_exist


@rule("IMG101", title="an image has no version, or 'latest'")
def image_has_a_version(repo: Repo) -> Iterator[Finding]:
    """Every image that a Dockerfile, manifest, workflow or compose file names has a tag other than ``latest``, or a
    digest; of a name that a kustomization replaces, the replacement counts.

    Why: the same commit would run different code tomorrow.
    Fix: write the version, better the digest: ``name:1.2.3@sha256:…``.
    Blind spot: names that variables put together, and tags that somebody moves.
    """
    for use in image_uses(repo):
        if "$" in use.reference or not use.reference:
            continue
        name, tag, digest = split_image(use.reference)
        if digest or (tag and tag != "latest"):
            continue
        what = "has the tag 'latest'" if tag else "has neither tag nor digest"
        yield Finding(use.path, use.line, f"image '{name}' {what}")
    for command in commands(repo):
        if command.words[0].rpartition("/")[2] in ("docker", "podman", "buildah", "skopeo", "crane"):
            for word in command.words[1:]:
                if re.search(r"[\w)}]:latest\Z", word):
                    yield Finding(command.path, command.line, f"image '{word}' has the tag 'latest'")


@dataclass(frozen=True, slots=True)
class ImageUse:
    path: str
    line: int
    reference: str


def image_uses(repo: Repo) -> Iterator[ImageUse]:
    """Every image that something runs or builds on."""
    for path, parsed in dockerfiles(repo).items():
        yield from _base_images(path, parsed)
    replaced = image_overrides(repo)
    for resource in manifests(repo):
        for item in mappings(resource.body):
            image = item.get("image")
            if isinstance(image, Text) and ("name" in item or "command" in item or "source" in item):
                entries = replaced.get(split_image(image)[0], [])
                if not any("newTag" in entry or "digest" in entry for _, entry in entries):
                    yield ImageUse(resource.path, image.line, image)
    for name, entries in replaced.items():
        for path, entry in entries:
            if str(entry.get("newTag", "")) == "latest" and not entry.get("digest"):
                yield ImageUse(path, entry.line_of("newTag"), f"{entry.get('newName', name)}:latest")
    for path in workflow_files(repo):
        yield from _workflow_images(path, as_map(repo.yaml(path).first))
    for path in repo.files:
        if re.search(r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$", path):
            for service in as_map(as_map(repo.yaml(path).first).get("services")).values():
                image = as_map(service).get("image")
                if isinstance(image, Text) and "build" not in as_map(service):
                    yield ImageUse(path, image.line, image)
        elif path.endswith(".gitlab-ci.yml"):
            document = as_map(repo.yaml(path).first)
            for job in [document, *map(as_map, document.values())]:
                for value in [job.get("image"), *as_list(job.get("services"))]:
                    image = value.get("name") if isinstance(value, Map) else value
                    if isinstance(image, Text):
                        yield ImageUse(path, image.line, image)
        elif path.endswith("Jenkinsfile"):
            text = repo.text(path)
            for match in re.finditer(r"\b(?:image|docker)\s*\(?\s*['\"]([\w./:@${}-]+)['\"]", text):
                yield ImageUse(path, text.count("\n", 0, match.start()) + 1, match[1])


def _base_images(path: str, parsed: Dockerfile) -> Iterator[ImageUse]:
    stages = parsed.stages
    for instruction in parsed.instructions:
        source = ""
        if instruction.name == "FROM" and instruction.words:
            source = parsed.resolve(instruction.words[0])
        elif instruction.name in ("COPY", "ADD"):
            source = parsed.resolve(instruction.flags.get("from", ""))
            if not re.search(r"[/:.@]", source):  # a stage; DOC102 looks at those
                continue
        if source and source.lower() not in stages and source != "scratch" and not source.isdigit():
            yield ImageUse(path, instruction.line, source)


def _workflow_images(path: str, document: Map) -> Iterator[ImageUse]:
    for job in as_map(document.get("jobs")).values():
        for holder in [job, *as_map(as_map(job).get("services")).values()]:
            value = as_map(holder).get("container" if holder is job else "image")
            image = value.get("image") if isinstance(value, Map) else value
            if isinstance(image, Text):
                yield ImageUse(path, image.line, image)


@rule("DOC101", title="a Dockerfile copies something that is not there")
def copied_file_exists(repo: Repo) -> Iterator[Finding]:
    """Every source of COPY and ADD is in the repository, or is made by a stage or ignored by git (a run makes it),
    and .dockerignore does not keep it out of the build.

    Why: the build stops there, after minutes of installing.
    Fix: correct the path, or take the line out of .dockerignore.
    Blind spot: the build's context is taken to be the repository's root, or the Dockerfile's folder or the one above
    where the file is there only; sources that variables put together.
    """
    for path, parsed in dockerfiles(repo).items():
        for instruction in parsed.instructions:
            if instruction.name not in ("COPY", "ADD") or "from" in instruction.flags:
                continue
            for raw in instruction.words[:-1]:
                source = parsed.resolve(raw)
                if "$" in source or "://" in source or source.startswith("<<") or source.startswith("git@"):
                    continue
                place = join("", source.lstrip("/"))
                if place is None:
                    yield Finding(path, instruction.line, f"copies '{source}', which is outside the build's context")
                elif (context := _context(repo, path, place)) is None:
                    close = near(place, repo.files)
                    hint = f": did you mean '{close[0]}'?" if close else ""
                    yield Finding(path, instruction.line, f"copies '{source}', which is not there{hint}")
                elif place and not re.search(r"[*?\[]", place) and _kept_out(_dockerignore(repo, path, context), place):
                    yield Finding(
                        path, instruction.line, f"copies '{source}', which .dockerignore keeps out of the build"
                    )


def _dockerignore(repo: Repo, path: str, context: str) -> list[ignore.Pattern]:
    for name in (f"{path}.dockerignore", f"{context}/.dockerignore".lstrip("/")):
        if name in repo.files:
            return ignore.docker_patterns(repo.text(name))
    return []


def _kept_out(patterns: list[ignore.Pattern], place: str) -> bool:
    if not ignore.ignored(patterns, place, True):
        return False
    # a folder that is kept out as a whole may have files let in again below it
    return not any(p.negated and p.regex and _could_be_below(p, place) for p in patterns)


def _could_be_below(pattern: ignore.Pattern, place: str) -> bool:
    assert pattern.regex is not None
    literal = pattern.regex.pattern.replace("\\", "")
    return literal.startswith((place + "/", "(?:[^/]+/)*", "[^/]*"))


def _context(repo: Repo, dockerfile: str, place: str) -> str | None:
    """The folder that the place is in: the root, the Dockerfile's or the one above; None where it is in none."""
    folder = dockerfile.rpartition("/")[0]
    for context in ("", folder, folder.rpartition("/")[0]):
        candidate = join(context, place) or place
        if any(char in candidate for char in "*?["):
            if any(fnmatch.fnmatchcase(name, candidate) for name in [*repo.files, *repo.folders]):
                return context
        elif may_exist(repo, candidate):
            return context
    return None


@rule("DOC102", title="a Dockerfile copies from a build stage that does not exist")
def build_stage_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``COPY --from=<name>`` names a stage of an earlier FROM in the same file, or an image.

    Why: docker takes an unknown name for an image and looks for it on the internet.
    Fix: correct the stage's name.
    Blind spot: stages that ``--build-context`` brings.
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
                        path, instruction.line, f"copies from stage {source}, but {count - 1} stages come before"
                    )
            elif stages.get(source.lower(), position) >= position:
                yield Finding(
                    path, instruction.line, f"copies from '{source}', which is no stage: {instead(source, stages)}"
                )
