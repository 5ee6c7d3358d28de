"""NAME102: the project's image has one name."""

import re
from collections import Counter
from collections.abc import Iterator

from ..commands.every_command import commands
from ..commands.make import makefiles
from ..finding import Finding
from ..kustomize import Resource, included_resources, includes_remote, kustomizations, manifests, split_image
from ..model_server import runs_own_image
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Repo
from ..suggestion import closest, suggestion
from ..workflows import workflows


@rule("NAME102", title="the image has two names")
def image_has_one_name(repo: Repo) -> Iterator[Finding]:
    """Overlays, workflows, recipes and the recorded answers (``image_registry/project_slug``) use the same image name;
    an ``images`` entry of an overlay replaces an image that is deployed.

    Why: otherwise the image that was built, scanned and signed is not the image that runs.
    Fix: write the same name everywhere; template updates write the name from the recorded answers.
    Blind spot: names that a workflow builds from variables of the platform.
    """
    expected = _expected_image(repo)
    mentions = list(_image_mentions(repo))
    names = Counter(name for _, _, name, ours in mentions if ours)
    if expected is None and names:
        expected = names.most_common(1)[0][0]
    for path, line, name, ours in mentions:
        if expected is None or name == expected:
            continue
        if ours or _looks_like(name, expected):
            yield Finding(
                path, line, f"the image is '{name}' here, but '{expected}' {_where(repo, mentions, expected)}"
            )
    for own in kustomizations(repo).values():
        if own.is_component or includes_remote(repo, own.folder):
            continue
        images = {
            split_image(str(c.get("image")))[0] for r in included_resources(repo, own.folder) for c in _containers(r)
        }
        for item in as_list(own.body.get("images")):
            replaced = as_map(item).get("name")
            if isinstance(replaced, Text) and replaced not in images and images:
                yield Finding(
                    own.path,
                    replaced.line,
                    f"images replaces '{replaced}', which is not deployed here: {suggestion(replaced, images)}",
                )


def _where(repo: Repo, mentions: list[tuple[str, int, str, bool]], expected: str) -> str:
    if _expected_image(repo) == expected:
        return "in the recorded answers (image_registry and project_slug)"
    path, line = next((p, n) for p, n, name, _ in mentions if name == expected)
    return f"in {path}:{line}"


def _expected_image(repo: Repo) -> str | None:
    registry, slug = repo.answer("image_registry"), repo.answer("project_slug")
    return f"{registry.rstrip('/')}/{slug}" if registry and slug else None


def _looks_like(name: str, expected: str) -> bool:
    """Return whether a name is this project's image, misspelled: the same last part, or a similar name."""
    if name.rpartition("/")[2] == expected.rpartition("/")[2]:
        return "/" in name  # a bare name is a local tag
    return name.rpartition("/")[0] == expected.rpartition("/")[0] and bool(
        closest(name.rpartition("/")[2], [expected.rpartition("/")[2]])
    )


def _containers(resource: Resource) -> Iterator[Map]:
    for item in mappings(resource.body):
        if isinstance(item.get("image"), Text):
            yield item


# path, line, name without version, and whether this is certainly the project's own image
ImageMention = tuple[str, int, str, bool]
IMAGE_VARIABLE = re.compile(r"IMAGE(?:_NAME|_REPOSITORY)?")


def _image_mentions(repo: Repo) -> Iterator[ImageMention]:
    yield from _in_manifests(repo)
    yield from _in_workflows(repo)
    yield from _in_makefiles(repo)
    yield from _in_commands(repo)


def _in_manifests(repo: Repo) -> Iterator[ImageMention]:
    replaced = {
        str(as_map(i).get("name")) for own in kustomizations(repo).values() for i in as_list(own.body.get("images"))
    }
    ours = {
        split_image(str(c.get("image")))[0]
        for r in manifests(repo)
        for c in r.containers
        if runs_own_image(repo, c) and c.get("image")
    }
    for own in kustomizations(repo).values():
        for item in as_list(own.body.get("images")):
            new = as_map(item).get("newName")
            if isinstance(new, Text):
                yield own.path, new.line, str(new), str(as_map(item).get("name")) in ours
    for resource in manifests(repo):
        for item in mappings(resource.body):
            image = item.get("image")
            if isinstance(image, Text) and "$" not in image and split_image(image)[0] not in replaced:
                name = split_image(image)[0]
                yield resource.path, image.line, name, item.get("name") == "model" and "/" in name


def _in_workflows(repo: Repo) -> Iterator[ImageMention]:
    for workflow in workflows(repo):
        for item in workflow.mappings:
            for key, value in as_map(item.get("env")).items():
                if IMAGE_VARIABLE.fullmatch(key) and isinstance(value, Text) and "$" not in value:
                    yield workflow.path, value.line, split_image(value)[0], "/" in value
            tags = as_map(item.get("with")).get("tags")
            if isinstance(tags, Text):
                for offset, tag in enumerate(tags.replace(",", "\n").split("\n")):
                    if tag.strip():
                        yield workflow.path, tags.line + offset, split_image(tag.strip())[0], False


def _in_makefiles(repo: Repo) -> Iterator[ImageMention]:
    for path, parsed in makefiles(repo).items():
        for name, value in parsed.variables.items():
            value = parsed.resolve(value)
            if IMAGE_VARIABLE.fullmatch(name) and value and "$" not in value:
                yield path, parsed.variable_lines[name], split_image(value)[0], "/" in value


def _in_commands(repo: Repo) -> Iterator[ImageMention]:
    for command in commands(repo):
        program = command.words[0].rpartition("/")[2]
        if program in ("docker", "podman", "buildah", "skopeo", "cosign", "crane"):
            for word in command.words[1:]:
                word = word.partition("=")[2] if word.startswith("--") else word
                if re.fullmatch(r"[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9._-]+)+(?:[:@][\w.:$({})-]*)?", word):
                    yield command.path, command.line, split_image(re.sub(r"[:@]\$.*", "", word))[0], False
