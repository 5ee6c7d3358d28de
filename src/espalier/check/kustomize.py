"""Kustomizations, the resources that they include, and Kubernetes objects in general, without running a build."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .file_tree import path_from_root
from .parse import yaml_
from .parse.yaml_ import Map, Text, as_list, as_map, texts
from .repo import Repo
from .source import Kind

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True, slots=True)
class Resource:
    """One Kubernetes object, or a patch of one."""

    path: str
    body: Map
    line_offset: int = 0  # of an inline patch in its kustomization

    @property
    def kind(self) -> str:
        """The kind, empty if it has none."""
        return str(self.body.get("kind", ""))

    @property
    def name(self) -> str:
        """The name, empty if it has none."""
        return str(as_map(self.body.get("metadata")).get("name", ""))

    @property
    def namespace(self) -> str | None:
        """The namespace that the object itself states."""
        value = as_map(self.body.get("metadata")).get("namespace")
        return value if isinstance(value, str) else None

    @property
    def line(self) -> int:
        """The line of the object in its file."""
        return self.body.line + self.line_offset

    @property
    def pod(self) -> Map:
        """The specification of its pods, empty if it has none."""
        spec = as_map(self.body.get("spec"))
        if self.kind == "Pod":
            return spec
        if self.kind == "CronJob":
            spec = as_map(as_map(spec.get("jobTemplate")).get("spec"))
        return as_map(as_map(spec.get("template")).get("spec"))

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels of its pods."""
        body = as_map(self.body.get("spec"))
        if self.kind == "CronJob":
            body = as_map(as_map(body.get("jobTemplate")).get("spec"))
        holder = self.body if self.kind == "Pod" else as_map(body.get("template"))
        labels = as_map(as_map(holder.get("metadata")).get("labels"))
        return {key: str(value) for key, value in labels.items()}

    @property
    def containers(self) -> list[Map]:
        """The containers and init containers of its pods."""
        return [as_map(item) for key in ("containers", "initContainers") for item in as_list(self.pod.get(key))]


@dataclass(slots=True)
class Kustomization:
    """One kustomization with its own resources and patches, and the folders of the kustomizations that it includes."""

    path: str
    folder: str
    body: Map
    resources: list[Resource] = field(default_factory=list)  # from its own files only
    patches: list[tuple[Resource, Map, int]] = field(default_factory=list)  # patch, target, line of the entry
    new_kinds: list[tuple[Map, str]] = field(default_factory=list)  # target, and its kind after the patch
    below: list[str] = field(default_factory=list)  # folders of the kustomizations that it includes
    components: list[str] = field(default_factory=list)
    remote: bool = False  # includes a resource that is not in this repository

    @property
    def is_component(self) -> bool:
        """Return whether this is a component."""
        return self.body.get("kind") == "Component"


def kustomizations(repo: Repo) -> dict[str, Kustomization]:
    """Return every kustomization by its folder."""
    return repo.once(_kustomizations)


def _kustomizations(repo: Repo) -> dict[str, Kustomization]:
    found = {}
    for path in repo.named(*NAMES):
        folder = path.rpartition("/")[0]
        document = repo.yaml(path) if path in repo.files else None
        found[folder] = _read_kustomization(
            repo, Kustomization(path, folder, as_map(document.first if document else None))
        )
    return found


def _read_kustomization(repo: Repo, own: Kustomization) -> Kustomization:
    for key in ("resources", "bases", "components"):
        for name in texts(own.body.get(key)):
            place = local_path(own.folder, name)
            if place is None:
                own.remote = True
            elif repo.is_folder(place):
                (own.components if key == "components" else own.below).append(place)
            else:
                own.resources.extend(resources_in(repo, place))
    own.remote |= any(key in own.body for key in ("helmCharts", "generators", "helmChartInflationGenerator"))
    for kind, key in (("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")):
        for item in as_list(own.body.get(key)):
            own.resources.append(Resource(own.path, _generated(kind, as_map(item))))
    own.patches.extend(_patches(repo, own))
    own.new_kinds.extend(_new_kinds(repo, own))
    return own


def _generated(kind: str, item: Map) -> Map:
    body, metadata = Map(item.line), Map(item.line)
    metadata["name"] = item.get("name")
    body["kind"], body["metadata"] = kind, metadata
    return body


def _patches(repo: Repo, own: Kustomization) -> Iterator[tuple[Resource, Map, int]]:
    empty = Map(1)
    for key in ("patches", "patchesJson6902"):
        for item in as_list(own.body.get(key)):
            entry = as_map(item)
            target = as_map(entry.get("target"))
            file, inline = entry.get("path"), entry.get("patch")
            if isinstance(file, Text):
                place = local_path(own.folder, file)
                bodies = resources_in(repo, place) if place else []
            else:
                bodies = _inline(own.path, inline)
            if not bodies and target:
                bodies = [Resource(own.path, Map(entry.line))]
            for body in bodies:
                yield body, target, target.line if target else entry.line
    for name in texts(own.body.get("patchesStrategicMerge")):
        place = local_path(own.folder, name) if "\n" not in name else None
        for body in resources_in(repo, place) if place else _inline(own.path, name):
            yield body, empty, name.line


def _new_kinds(repo: Repo, own: Kustomization) -> Iterator[tuple[Map, str]]:
    for key in ("patches", "patchesJson6902"):
        for entry in map(as_map, as_list(own.body.get(key))):
            file, inline = entry.get("path"), entry.get("patch")
            place = local_path(own.folder, file) if isinstance(file, Text) else None
            if place is not None and place in repo.files:
                document = repo.yaml(place).first
            else:
                document = yaml_.parse(inline).first if isinstance(inline, Text) else None
            for operation in map(as_map, as_list(document)):
                if operation.get("path") == "/kind" and operation.get("op") in ("add", "replace"):
                    yield as_map(entry.get("target")), str(operation.get("value"))


def _inline(path: str, text: Any) -> list[Resource]:
    if not isinstance(text, Text):
        return []
    documents = yaml_.parse(text).documents
    return [Resource(path, as_map(d), text.line - 1) for d in documents if isinstance(d, Map)]


def local_path(folder: str, name: str) -> str | None:
    """Return the path of a resource entry from the root, None if it is a URL or outside the repository."""
    if re.match(r"[\w+.-]+://|git@|[\w.-]+\.(?:com|org|io|net|dev)/", name) or "?ref=" in name:
        return None
    return path_from_root(folder, name)


def resources_in(repo: Repo, path: str) -> list[Resource]:
    """Return the Kubernetes objects of a file."""
    if path not in repo.files:
        return []
    return [
        Resource(path, item)
        for document in repo.yaml(path).documents
        for item in ([as_map(i) for i in as_list(document.get("items"))] if _is_list(document) else [document])
        if isinstance(item, Map) and item
    ]


def _is_list(document: Any) -> bool:
    return isinstance(document, Map) and document.get("kind") == "List"


def included(repo: Repo, folder: str) -> list[Kustomization]:
    """Return the kustomization and all that it includes, directly or not, each once."""
    every, found, queue = kustomizations(repo), {}, [folder]
    while queue:
        own = every.get(queue.pop(0))
        if own is not None and own.folder not in found:
            found[own.folder] = own
            queue += [*own.below, *own.components]
    return list(found.values())


def included_resources(repo: Repo, folder: str) -> list[Resource]:
    """Return the resources of a kustomization and of all that it includes."""
    return [resource for own in included(repo, folder) for resource in own.resources]


def resources_after_components(repo: Repo, folder: str) -> list[Resource]:
    """Return the resources as a kustomization's own patches find them: components run first and may change a kind."""
    found = included_resources(repo, folder)
    for own in included(repo, folder):
        for target, kind in own.new_kinds if own.is_component else []:
            found = [_of_kind(r, kind) if target_matches(r, target) else r for r in found]
    return found


def target_matches(resource: Resource, target: Map) -> bool:
    """Return whether a patch's target selects a resource by kind and name, which are anchored patterns."""
    wanted = ((str(target.get("kind", "")), resource.kind), (str(target.get("name", "")), resource.name))
    return all(not pattern or _anchored(pattern, found) for pattern, found in wanted)


def _anchored(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return pattern == text


def _of_kind(resource: Resource, kind: str) -> Resource:
    body = copy.copy(resource.body)
    body["kind"] = kind
    return replace(resource, body=body)


def includes_remote(repo: Repo, folder: str) -> bool:
    """Return whether the kustomization includes a resource whose content is unknown here."""
    return any(own.remote for own in included(repo, folder))


def root_kustomizations(repo: Repo) -> list[Kustomization]:
    """Return the kustomizations that no other includes: these are deployed."""
    every = kustomizations(repo)
    taken = {other for own in every.values() for other in (*own.below, *own.components)}
    return [own for folder, own in every.items() if folder not in taken and not own.is_component]


def manifests(repo: Repo) -> list[Resource]:
    """Return every Kubernetes object in the repository, including patches."""
    return repo.once(_manifests)


def _manifests(repo: Repo) -> list[Resource]:
    found = []
    for path in repo.of_kind(Kind.YAML):
        if "kind:" in repo.text(path) or '"kind"' in repo.text(path):
            found += [r for r in resources_in(repo, path) if "kind" in r.body]
    return found


def image_overrides(repo: Repo) -> dict[str, list[tuple[str, Map]]]:
    """Return the ``images`` entries of all kustomizations, each with its file, by the name that they replace."""
    found: dict[str, list[tuple[str, Map]]] = {}
    for own in kustomizations(repo).values():
        for item in as_list(own.body.get("images")):
            found.setdefault(str(as_map(item).get("name", "")), []).append((own.path, as_map(item)))
    return found


def split_image(reference: str) -> tuple[str, str, str]:
    """Return name, tag and digest of an image reference."""
    name, _, digest = reference.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return name, "", digest
    return head, tag, digest


def deployed_together(repo: Repo) -> list[list[Resource]]:
    """Return groups of resources that are deployed together: by root kustomization, then all that none includes."""
    grouped = [included_resources(repo, own.folder) for own in root_kustomizations(repo)]
    taken = {id(resource.body) for group in grouped for resource in group}
    patches = {id(patch.body) for own in kustomizations(repo).values() for patch, _, _ in own.patches}
    loose = [r for r in manifests(repo) if id(r.body) not in taken | patches and not r.path.startswith(".github/")]
    components = {folder for own in kustomizations(repo).values() for folder in own.components}
    loose = [r for r in loose if r.path.rpartition("/")[0] not in components]
    return [*grouped, loose]


def selected_pods(group: list[Resource], selector: Map) -> list[Resource]:
    """Return the resources of the group whose pods have all labels of the selector; none for an empty selector."""
    wanted = {key: str(value) for key, value in selector.items()}
    return [r for r in group if wanted and r.pod and wanted.items() <= r.pod_labels.items()]
