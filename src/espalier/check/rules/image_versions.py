"""IMG: images have a version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..commands.docker import dockerfiles
from ..commands.every_command import commands
from ..finding import Finding
from ..kustomize import image_overrides, manifests, split_image
from ..parse.dockerfile import Dockerfile
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Repo
from ..workflows import Workflow, workflows


@rule("IMG101", title="an image has no version, or 'latest'")
def image_has_a_version(repo: Repo) -> Iterator[Finding]:
    """Every image in a Dockerfile, manifest, workflow or compose file has a tag other than ``latest``, or a digest; if
    a kustomization replaces the image, the replacement is checked.

    Why: the same commit would run different code tomorrow.
    Fix: write the version, preferably with the digest: ``name:1.2.3@sha256:…``.
    Blind spot: names that are built from variables, and tags that are moved.
    """
    for use in image_uses(repo):
        if "$" in use.reference or not use.reference:
            continue
        name, tag, digest = split_image(use.reference)
        if digest or (tag and tag != "latest"):
            continue
        what = "has the tag 'latest'" if tag else "has no tag and no digest"
        yield Finding(use.path, use.line, f"image '{name}' {what}")
    for command in commands(repo):
        if command.words[0].rpartition("/")[2] in ("docker", "podman", "buildah", "skopeo", "crane"):
            for word in command.words[1:]:
                if re.search(r"[\w)}]:latest\Z", word):
                    yield Finding(command.path, command.line, f"image '{word}' has the tag 'latest'")


@dataclass(frozen=True, slots=True)
class ImageUse:
    """An image reference at one place."""

    path: str
    line: int
    reference: str


def image_uses(repo: Repo) -> Iterator[ImageUse]:
    """Yield every image that is run or used as a base image."""
    for path, parsed in dockerfiles(repo).items():
        yield from _base_images(path, parsed)
    yield from _manifest_images(repo)
    for workflow in workflows(repo):
        yield from _workflow_images(workflow)
    for path in repo.files:
        if re.search(r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$", path):
            yield from _compose_images(repo, path)
        elif path.endswith(".gitlab-ci.yml"):
            yield from _gitlab_images(repo, path)
        elif path.endswith("Jenkinsfile"):
            yield from _jenkins_images(repo, path)


def _manifest_images(repo: Repo) -> Iterator[ImageUse]:
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


def _compose_images(repo: Repo, path: str) -> Iterator[ImageUse]:
    for service in as_map(as_map(repo.yaml(path).first).get("services")).values():
        image = as_map(service).get("image")
        if isinstance(image, Text) and "build" not in as_map(service):
            yield ImageUse(path, image.line, image)


def _gitlab_images(repo: Repo, path: str) -> Iterator[ImageUse]:
    document = as_map(repo.yaml(path).first)
    for job in [document, *map(as_map, document.values())]:
        for value in [job.get("image"), *as_list(job.get("services"))]:
            image = value.get("name") if isinstance(value, Map) else value
            if isinstance(image, Text):
                yield ImageUse(path, image.line, image)


def _jenkins_images(repo: Repo, path: str) -> Iterator[ImageUse]:
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
            if not re.search(r"[/:.@]", source):  # a stage; DOC102 checks those
                continue
        if source and source.lower() not in stages and source != "scratch" and not source.isdigit():
            yield ImageUse(path, instruction.line, source)


def _workflow_images(workflow: Workflow) -> Iterator[ImageUse]:
    for job in workflow.jobs:
        for holder in [job, *as_map(job.get("services")).values()]:
            value = as_map(holder).get("container" if holder is job else "image")
            image = value.get("image") if isinstance(value, Map) else value
            if isinstance(image, Text):
                yield ImageUse(workflow.path, image.line, image)
