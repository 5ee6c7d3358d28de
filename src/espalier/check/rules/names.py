"""What is named in several places has one name: the package and the image."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..calls import commands, makefiles, workflow_files
from ..finding import Finding
from ..hints import instead, near
from ..kustomize import (
    Resource,
    gathered,
    is_open,
    kustomizations,
    manifests,
    split_image,
)
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Kind, Repo
from .kubernetes import is_ours


@rule("NAME101", title="the package is named two ways")
def package_has_one_name(repo: Repo) -> Iterator[Finding]:
    """``[tool.mlops] package``, the folder in ``src/``, the recorded answer, and what ruff, mypy, coverage and the
    deployment call it are one name, and no import misspells it; so is the project's name and the answer
    ``project_slug``.

    Why: the engine imports the package by the name in pyproject.toml, and updates write to the answer's folder.
    Fix: rename all of them, the answer in .copier-answers.yml included.
    Blind spot: the name in running text.
    """
    if repo.toml_or_error("pyproject.toml")[1]:
        return
    name = repo.package
    if name is None and repo.is_folder("mlops/verbs"):
        what = "has no [tool.mlops] with a package" if "pyproject.toml" in repo.files else "is not there"
        yield Finding("pyproject.toml", 1, f"pyproject.toml {what}: the engine does not know whose code to run")
    if "pyproject.toml" not in repo.files:
        return
    line = repo.find_line("pyproject.toml", "[tool.mlops]", "package")
    packages = sorted({path.split("/")[1] for path in repo.files if re.fullmatch(r"src/[^/]+/__init__\.py", path)})
    if name is not None and not repo.is_folder(f"src/{name}"):
        yield Finding(
            "pyproject.toml", line, f"the package is '{name}', but there is no src/{name}/: {instead(name, packages)}"
        )
    answer = repo.answer("package_name")
    if name is not None and answer is not None and name != answer:
        yield Finding("pyproject.toml", line, f"the package is '{name}', the recorded answer is '{answer}'")
    project = repo.toml("pyproject.toml").get("project")
    slug, called = repo.answer("project_slug"), project.get("name") if isinstance(project, dict) else None
    if (
        slug is not None
        and isinstance(called, str)
        and re.sub(r"[-_.]+", "-", called).lower() != re.sub(r"[-_.]+", "-", slug).lower()
    ):
        at = repo.find_line("pyproject.toml", "[project]", "name")
        yield Finding("pyproject.toml", at, f"the project is '{called}', the recorded answer is '{slug}'")
    yield from _misspelled_imports(repo, name)
    for key, value in _package_settings(repo.toml("pyproject.toml")):
        top = value.split(".")[0]
        if not repo.is_folder(f"src/{top}") and not repo.is_folder(top) and not repo.is_file(f"{top}.py"):
            at = repo.find_line("pyproject.toml", key.split(".")[0], f'"{value}"')
            yield Finding(
                "pyproject.toml", at, f"{key} names the package '{value}', which is not there: {instead(top, packages)}"
            )


def _misspelled_imports(repo: Repo, name: str | None) -> Iterator[Finding]:
    """Imports of a package that is not there and whose name is much like the team's."""
    if name is None or not repo.is_folder(f"src/{name}"):
        return
    locked = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in repo.text("constraints.txt").split("\n")}
    # the engine finds the team's package by its setting and never imports it by name
    for path in (path for path in repo.of_kind(Kind.PYTHON) if not path.startswith("mlops/")):
        tree = repo.python(path)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported = [node.module or ""]
            else:
                continue
            for top in {module.split(".")[0] for module in imported}:
                if (
                    top == name
                    or top in sys.stdlib_module_names
                    or {top.lower(), top.lower().replace("_", "-")} & locked
                ):
                    continue
                if near(top, [name]) and not any(_is_module(repo, folder + top) for folder in ("", "src/", "tests/")):
                    message = f"imports '{top}', which is not there: did you mean '{name}'?"
                    yield Finding(path, node.lineno, message)


def _is_module(repo: Repo, path: str) -> bool:
    return repo.is_folder(path) or repo.is_file(f"{path}.py")


def _package_settings(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in (
        "ruff.lint.isort.known-first-party",
        "isort.known_first_party",
        "coverage.run.source_pkgs",
        "mypy.packages",
    ):
        value: Any = document.get("tool")
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        for item in value if isinstance(value, list) else []:
            if isinstance(item, str):
                yield key, item


@rule("NAME102", title="the image is named two ways")
def image_has_one_name(repo: Repo) -> Iterator[Finding]:
    """The image that the overlays deploy, that workflows and recipes build, and that the answers name
    (``image_registry/project_slug``) is one; an ``images`` entry of an overlay replaces an image that is deployed.

    Why: what was built, scanned and signed is then not what runs.
    Fix: write the same name everywhere; the answer is the name that updates will write.
    Blind spot: names that a workflow puts together from variables of the platform.
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
                path, line, f"the image is '{name}' here, and '{expected}' {_where(repo, mentions, expected)}"
            )
    for own in kustomizations(repo).values():
        if own.is_component or is_open(repo, own.folder):
            continue
        images = {split_image(str(c.get("image")))[0] for r in gathered(repo, own.folder) for c in _containers(r)}
        for item in as_list(own.body.get("images")):
            replaced = as_map(item).get("name")
            if isinstance(replaced, Text) and replaced not in images and images:
                yield Finding(
                    own.path,
                    replaced.line,
                    f"images replaces '{replaced}', which nothing here deploys: {instead(replaced, images)}",
                )


def _where(repo: Repo, mentions: list[tuple[str, int, str, bool]], expected: str) -> str:
    if _expected_image(repo) == expected:
        return "by the recorded answers (image_registry and project_slug)"
    path, line = next((p, n) for p, n, name, _ in mentions if name == expected)
    return f"in {path}:{line}"


def _expected_image(repo: Repo) -> str | None:
    registry, slug = repo.answer("image_registry"), repo.answer("project_slug")
    return f"{registry.rstrip('/')}/{slug}" if registry and slug else None


def _looks_like(name: str, expected: str) -> bool:
    """Whether a name is this project's image, misspelled: the same last part, or nearly the same name."""
    if name.rpartition("/")[2] == expected.rpartition("/")[2]:
        return "/" in name  # a bare name is a local tag
    return name.rpartition("/")[0] == expected.rpartition("/")[0] and bool(
        near(name.rpartition("/")[2], [expected.rpartition("/")[2]])
    )


def _containers(resource: Resource) -> Iterator[Map]:
    for item in mappings(resource.body):
        if isinstance(item.get("image"), Text):
            yield item


def _image_mentions(repo: Repo) -> Iterator[tuple[str, int, str, bool]]:
    """Path, line, name without version, and whether this is sure to be the project's own image."""
    replaced = {
        str(as_map(i).get("name")) for own in kustomizations(repo).values() for i in as_list(own.body.get("images"))
    }
    ours = {
        split_image(str(c.get("image")))[0]
        for r in manifests(repo)
        for c in r.containers
        if is_ours(repo, c) and c.get("image")
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
    for path in workflow_files(repo):
        for item in mappings(repo.yaml(path).first):
            for key, value in as_map(item.get("env")).items():
                if re.fullmatch(r"IMAGE(?:_NAME|_REPOSITORY)?", key) and isinstance(value, Text) and "$" not in value:
                    yield path, value.line, split_image(value)[0], "/" in value
            tags = as_map(item.get("with")).get("tags")
            if isinstance(tags, Text):
                for offset, tag in enumerate(tags.replace(",", "\n").split("\n")):
                    if tag.strip():
                        yield path, tags.line + offset, split_image(tag.strip())[0], False
    for path, parsed in makefiles(repo).items():
        for name, value in parsed.variables.items():
            value = parsed.resolve(value)
            if re.fullmatch(r"IMAGE(?:_NAME|_REPOSITORY)?", name) and value and "$" not in value:
                yield path, parsed.variable_lines[name], split_image(value)[0], "/" in value
    for command in commands(repo):
        program = command.words[0].rpartition("/")[2]
        if program in ("docker", "podman", "buildah", "skopeo", "cosign", "crane"):
            for word in command.words[1:]:
                word = word.partition("=")[2] if word.startswith("--") else word
                if re.fullmatch(r"[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9._-]+)+(?:[:@][\w.:$({})-]*)?", word):
                    yield command.path, command.line, split_image(re.sub(r"[:@]\$.*", "", word))[0], False
