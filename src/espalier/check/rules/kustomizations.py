"""KUS101 and KUS102: files and patch targets of kustomizations exist."""

from collections.abc import Iterator

from ..finding import Finding
from ..kustomize import (
    NAMES,
    Kustomization,
    Resource,
    included,
    included_resources,
    includes_remote,
    kustomizations,
    local_path,
    resources_after_components,
    target_matches,
)
from ..parse.yaml_ import Map, Text, as_list, as_map, texts
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean, suggestion


@rule("KUS101", title="a kustomization names a file that does not exist")
def kustomization_files_exist(repo: Repo) -> Iterator[Finding]:
    """Every resource, component, patch, generator file and setting of a kustomization exists; a folder contains a
    kustomization that does not include this one, and a file is in or below the kustomization's folder.

    Why: ``kustomize build`` rejects the whole overlay, and the cluster silently keeps the previous version.
    Fix: correct the path, or add the file.
    Blind spot: remote resources, and files of plugins.
    """
    for own in kustomizations(repo).values():
        for line, name, key in _named_files(own.body):
            place = local_path(own.folder, name)
            if place is None:
                if name.startswith(("../", "/")):
                    yield Finding(own.path, line, f"{key} names '{name}', which is outside this repository")
                continue
            if repo.is_folder(place):
                if key in ("resources", "bases", "components") and _includes_folder(repo, place, own.folder):
                    yield Finding(own.path, line, f"{key} names the folder '{name}', which includes this one: a cycle")
                elif key in ("resources", "bases", "components") and place not in kustomizations(repo):
                    yield Finding(
                        own.path, line, f"{key} names the folder '{name}', which contains none of {', '.join(NAMES)}"
                    )
            elif not repo.is_file(place):
                hint = did_you_mean(place, [*repo.files, *kustomizations(repo)])
                yield Finding(own.path, line, f"{key} names '{name}', which does not exist{hint}")
            elif own.folder and not place.startswith(own.folder + "/"):
                yield Finding(
                    own.path, line, f"{key} names the file '{name}' outside this folder, which kustomize rejects"
                )


def _includes_folder(repo: Repo, place: str, folder: str) -> bool:
    return any(own.folder == folder for own in included(repo, place))


def _named_files(body: Map) -> Iterator[tuple[int, str, str]]:
    """Yield line, path and key of each file or folder that a kustomization names."""
    for key in (
        "resources",
        "bases",
        "components",
        "crds",
        "configurations",
        "transformers",
        "generators",
        "validators",
    ):
        for name in texts(body.get(key)):
            if "\n" not in name:
                yield name.line, name, key
    for name in texts(body.get("patchesStrategicMerge")):
        if "\n" not in name:
            yield name.line, name, "patchesStrategicMerge"
    for key in ("patches", "patchesJson6902", "replacements"):
        for item in as_list(body.get(key)):
            file = as_map(item).get("path")
            if isinstance(file, Text):
                yield file.line, file, key
    for key in ("configMapGenerator", "secretGenerator"):
        for item in as_list(body.get(key)):
            for source in ("files", "envs", "env"):
                for name in texts(as_map(item).get(source)):
                    yield name.line, name.rpartition("=")[2], key


SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")  # kinds whose replicas kustomize sets


@rule("KUS102", title="a patch has no target")
def patch_target_exists(repo: Repo) -> Iterator[Finding]:
    """Every patch of a kustomization matches at least one resource of the kustomization, or for a component of each
    kustomization that includes it; a container in a patch is one of the resource's containers, and the workload in
    ``replicas`` exists.

    Why: kustomize rejects or silently skips a patch without target, and adds a container whose name is misspelled.
    Fix: correct kind or name of the target, or the name of the container.
    Blind spot: targets by label or annotation, paths inside a JSON patch, and remote resources.
    """
    every = kustomizations(repo)
    for own in every.values():
        users = [o for o in every.values() if own.folder in o.components] if own.is_component else [own]
        for user in users:
            if includes_remote(repo, user.folder):
                continue
            known = (
                included_resources(repo, user.folder)
                if own.is_component
                else resources_after_components(repo, user.folder)
            )
            where = f" in {user.folder}" if user is not own else ""
            for patch, target, line in own.patches:
                yield from _check_patch(own, patch, target, line, known, where)
            scaled = [r.name for r in known if r.kind in SCALED]
            for entry in map(as_map, as_list(own.body.get("replicas"))):
                name = entry.get("name")
                if isinstance(name, Text) and name not in scaled:
                    message = f"replicas are set for '{name}', which does not exist{where}: {suggestion(name, scaled)}"
                    yield Finding(own.path, name.line, message)


def _check_patch(
    own: Kustomization, patch: Resource, target: Map, line: int, known: list[Resource], where: str
) -> Iterator[Finding]:
    if "labelSelector" in target or "annotationSelector" in target:
        return
    kind = str(target.get("kind", "") if target else patch.kind)
    name = str(target.get("name", "") if target else patch.name)
    if not target and not (kind and name):
        return  # a list of operations without target; kustomize reports it clearly
    met = [r for r in known if (target_matches(r, target) if target else (r.kind, r.name) == (kind, name))]
    path, at = (own.path, line) if target or patch.line_offset else (patch.path, patch.line)
    if not met:
        of_kind = [r.name for r in known if not kind or r.kind == kind]
        wanted = " ".join(filter(None, (kind, f"'{name}'" if name else "")))
        others = sorted({r.kind for r in known if r.name == name and r.pod})
        hint = f"'{name}' is a {' and a '.join(others)} here" if others else f"there is no {kind or 'resource'}"
        if of_kind:
            hint = suggestion(name, of_kind)
        yield Finding(path, at, f"a patch has the target {wanted or '(none)'}, which does not exist{where}: {hint}")
        return
    names = {str(c.get("name")) for r in met for c in r.containers}
    for container in patch.containers:
        if names and str(container.get("name")) not in names and "image" not in container:
            message = f"a patch names the container '{container.get('name')}' of {kind} '{met[0].name}'"
            at = container.line_of("name") + patch.line_offset
            yield Finding(
                patch.path,
                at,
                f"{message}, which has no such container: {suggestion(str(container.get('name')), names)}",
            )
