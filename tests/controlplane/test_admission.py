"""A real API server admits every manifest that the template can generate, and refuses a misspelled one."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from combinations_support import label, pairwise
from control_plane import argocd
from control_plane.cluster import Cluster, Refused
from controlplane_support import ENVIRONMENTS, Render, build

pytestmark = pytest.mark.slow

COMBINATIONS = [answers for answers in pairwise() if answers["deployment"] == "kubernetes"]
# Below these the keys are the team's own names, of which none is wrong.
FREE = {"labels", "matchLabels", "annotations"}

Path_ = tuple[str | int, ...]


@pytest.fixture(scope="session")
def admitting(cluster: Cluster) -> Cluster:
    """A cluster that knows the kinds of Argo CD."""
    argocd.install(cluster)
    return cluster


def admit(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    """Have the server go through all that it does with objects, except keeping them; a warning refuses them too."""
    options = ("--server-side", "--dry-run=server", "--validate=strict", "--warnings-as-errors")
    cluster.kubectl("apply", *options, "-f", "-", manifest=yaml.safe_dump_all(objects))


def keep_namespaces(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    """A dry run creates no namespace, and without one the server refuses what is to be in it."""
    cluster.kubectl.apply(*(one for one in objects if one["kind"] == "Namespace"))


def applications(repository: Path) -> list[dict[str, Any]]:
    paths = sorted((repository / "deploy" / "argocd").glob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]


@pytest.mark.parametrize("answers", COMBINATIONS, ids=label)
def test_every_overlay_of_every_combination_is_admitted(
    admitting: Cluster, rendered: Render, answers: dict[str, str]
) -> None:
    repository = rendered(**answers)
    overlays = sorted((repository / "deploy" / "overlays").iterdir())
    assert [overlay.name for overlay in overlays] == sorted(ENVIRONMENTS)
    for overlay in overlays:
        objects = build(admitting, overlay)
        keep_namespaces(admitting, objects)
        admit(admitting, objects)
    found = applications(repository)
    assert bool(found) == (answers["gitops"] == "argocd")
    if found:
        admit(admitting, found)


def keys(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Where the keys of a manifest stand that belong to its kind."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*path, key)
            if key not in FREE:
                yield from keys(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from keys(below, (*path, number))


def misspelled(document: dict[str, Any], path: Path_) -> dict[str, Any]:
    """The manifest with one key spelled wrong."""
    spoiled = copy.deepcopy(document)
    place: Any = spoiled
    for step in path[:-1]:
        place = place[step]
    place[f"{path[-1]}x"] = place.pop(path[-1])
    return spoiled


def test_no_key_of_any_kind_can_be_misspelled_unnoticed(admitting: Cluster, rendered: Render) -> None:
    repository = rendered()
    objects = build(admitting, repository / "deploy" / "overlays" / "production")
    keep_namespaces(admitting, objects)
    once: dict[str, dict[str, Any]] = {one["kind"]: one for one in [*objects, *applications(repository)]}
    assert len(once) == 8, sorted(once)
    admitted, tried = [], 0
    for kind, document in once.items():
        for path in keys(document):
            tried += 1
            try:
                admit(admitting, [misspelled(document, path)])
            except Refused:
                continue
            admitted.append(f"{kind}: {'.'.join(map(str, path))}")
    assert admitted == []
    assert tried > 100


@pytest.mark.parametrize(
    ("kind", "path", "value", "said"),
    [
        ("Deployment", ("spec", "replicas"), "three", "expected numeric"),
        ("Deployment", ("spec", "template", "metadata", "labels"), {"other": "label"}, "selector"),
        ("Service", ("spec", "ports", 0, "port"), 70000, "between 1 and 65535"),
        ("NetworkPolicy", ("spec", "policyTypes", 0), "Inwards", "Inwards"),
        ("PodDisruptionBudget", ("spec", "maxUnavailable"), "-1", "maxUnavailable"),
        ("Namespace", ("metadata", "labels", "pod-security.kubernetes.io/enforce"), "strict", "must be one of"),
        ("ServiceAccount", ("automountServiceAccountToken",), "never", "automountServiceAccountToken"),
        ("Application", ("spec", "syncPolicy", "automated", "prune"), "yes", "prune"),
        ("AppProject", ("spec", "destinations"), "everywhere", "destinations"),
    ],
)
def test_a_value_that_the_kind_does_not_allow_is_refused(
    admitting: Cluster, rendered: Render, kind: str, path: Path_, value: object, said: str
) -> None:
    repository = rendered()
    objects = build(admitting, repository / "deploy" / "overlays" / "production")
    keep_namespaces(admitting, objects)
    document = next(one for one in [*objects, *applications(repository)] if one["kind"] == kind)
    admit(admitting, [document])
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    assert path[-1] in place or isinstance(path[-1], int)
    place[path[-1]] = value
    with pytest.raises(Refused, match=said):
        admit(admitting, [document])
