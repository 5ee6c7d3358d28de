"""A real API server admits every manifest that the template can generate, and rejects a misspelled key in any."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from control_plane import argocd, rollouts
from control_plane.canary import switch_to_canary
from control_plane.cluster import Cluster, KubectlError
from support.combinations import label, pairwise
from support.manifests import ENVIRONMENTS, Render, build

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control_plane"), pytest.mark.long(place=6)]

COMBINATIONS = [answers for answers in pairwise() if answers["deployment"] == "kubernetes"]
# Below these keys any name is valid: they are names of the team, or the definition of the kind leaves them open.
FREE = {"labels", "matchLabels", "annotations"}
OPEN = {
    "Service": {"selector"},
    # The component turns the Deployment into the Rollout, and the Deployment's keys are covered.
    "Rollout": {"limits", "requests", "volumes"},
}
# A document without these keys is not an object: the server rejects it before it reads the other keys.
IDENTITY = {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
KINDS = (
    "AnalysisTemplate",
    "AppProject",
    "Application",
    "Deployment",
    "Namespace",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Rollout",
    "Service",
    "ServiceAccount",
)

Path_ = tuple[str | int, ...]


@pytest.fixture(scope="session")
def admitting(cluster: Cluster) -> Cluster:
    """A cluster with the custom resource definitions of Argo CD and Argo Rollouts."""
    argocd.install(cluster)
    rollouts.install(cluster)
    return cluster


def admit(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    """Make the server process objects without storing them; a warning counts as a rejection."""
    options = ("--server-side", "--dry-run=server", "--validate=strict", "--warnings-as-errors")
    cluster.kubectl("apply", *options, "-f", "-", manifest=yaml.safe_dump_all(objects))


def keep_namespaces(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    """Create the namespaces: a dry run does not, and the server rejects objects in a namespace that does not exist."""
    cluster.kubectl.apply(*(one for one in objects if one["kind"] == "Namespace"))


def applications(repository: Path) -> list[dict[str, Any]]:
    paths = sorted((repository / "deploy" / "argocd").glob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]


@pytest.mark.parametrize("answers", COMBINATIONS, ids=label)
def test_every_overlay_of_every_combination_is_admitted(
    admitting: Cluster, rendered: Render, answers: dict[str, str], tmp_path: Path
) -> None:
    repository = Path(shutil.copytree(rendered(**answers), tmp_path / "repository"))
    overlays = sorted((repository / "deploy" / "overlays").iterdir())
    assert [overlay.name for overlay in overlays] == sorted(ENVIRONMENTS)
    for overlay in overlays:
        objects = build(admitting, overlay)
        keep_namespaces(admitting, objects)
        admit(admitting, objects)
        switch_to_canary(overlay)
        admit(admitting, build(admitting, overlay))
    found = applications(repository)
    assert bool(found) == (answers["gitops"] == "argocd")
    if found:
        admit(admitting, found)


def keys(value: object, free: set[str], path: Path_ = ()) -> Iterator[Path_]:
    """Yield the paths of the keys that the kind of a manifest defines: not those below ``free``."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*path, key)
            if key not in free:
                yield from keys(below, free, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from keys(below, free, (*path, number))


def misspelled(document: dict[str, Any], path: Path_) -> dict[str, Any]:
    """Return a copy of the manifest with one key misspelled."""
    copied = copy.deepcopy(document)
    place: Any = copied
    for step in path[:-1]:
        place = place[step]
    place[f"{path[-1]}x"] = place.pop(path[-1])
    return copied


@pytest.fixture(scope="session")
def one_of_each_kind(
    admitting: Cluster, rendered: Render, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """One manifest of each kind that the template can generate."""
    repository = Path(shutil.copytree(rendered(), tmp_path_factory.mktemp("kinds") / "repository"))
    overlay = repository / "deploy" / "overlays" / "production"
    objects = build(admitting, overlay)
    keep_namespaces(admitting, objects)
    switch_to_canary(overlay)
    return {one["kind"]: one for one in [*objects, *build(admitting, overlay), *applications(repository)]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_misspelled_key_is_rejected(
    admitting: Cluster, one_of_each_kind: dict[str, dict[str, Any]], kind: str
) -> None:
    document = one_of_each_kind[kind]
    admit(admitting, [document])
    unnoticed = []
    for path in keys(document, FREE | OPEN.get(kind, set())):
        try:
            admit(admitting, [misspelled(document, path)])
        except KubectlError as error:
            # the server names the unknown key, or the key that is missing instead
            if f"{path[-1]}x" in str(error) or f'"{path[-1]}"' in str(error) or path in IDENTITY:
                continue
        unnoticed.append(".".join(map(str, path)))
    assert unnoticed == []


def test_all_generated_kinds_are_covered(one_of_each_kind: dict[str, dict[str, Any]]) -> None:
    assert sorted(one_of_each_kind) == sorted(KINDS)


@pytest.mark.parametrize(
    ("kind", "path", "value", "message"),
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
        ("Rollout", ("spec", "replicas"), "three", "replicas"),
        ("AnalysisTemplate", ("spec", "metrics"), "all", "metrics"),
    ],
)
def test_a_value_that_the_kind_does_not_allow_is_rejected(
    admitting: Cluster,
    one_of_each_kind: dict[str, dict[str, Any]],
    kind: str,
    path: Path_,
    value: object,
    message: str,
) -> None:
    document = copy.deepcopy(one_of_each_kind[kind])
    admit(admitting, [document])
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    assert path[-1] in place or isinstance(path[-1], int)
    place[path[-1]] = value
    with pytest.raises(KubectlError, match=message):
        admit(admitting, [document])
