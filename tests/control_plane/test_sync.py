"""Argo CD syncs the generated Application: git decides what runs, and a mistake in git does not interrupt serving."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from control_plane.argocd import ArgoCD
from control_plane.canary import switch_to_canary
from control_plane.cluster import ready_digests
from control_plane.delivered import Delivered, deliver, digest
from control_plane.git_server import GitServer
from control_plane.rollouts import Rollouts
from support.manifests import Render

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control_plane")]

NUMBERS = count(1)


@pytest.fixture
def delivered(argo_cd: ArgoCD, git_server: GitServer, rendered: Render, tmp_path: Path) -> Iterator[Delivered]:
    """The default repository with its own namespace, synced."""
    name = f"model-{next(NUMBERS)}"
    folder = Path(shutil.copytree(rendered(project_slug=name, namespace=name), tmp_path / name))
    made = deliver(argo_cd, git_server, folder)
    made.until_healthy()
    yield made
    made.remove()


def test_a_push_changes_the_serving_image(delivered: Delivered) -> None:
    assert delivered.serving() == {digest("0")}
    delivered.write_digest("a")
    delivered.push("promote a")
    delivered.until_healthy()
    delivered.until_serving("a")


def test_manual_drift_is_healed(delivered: Delivered) -> None:
    image = delivered.image
    kubectl = delivered.argo_cd.cluster.kubectl
    by_hand = "registry.example.org/other@" + digest("f")
    kubectl("set", "image", "deployment/model", f"model={by_hand}", f"--namespace={delivered.namespace}")
    assert delivered.image != image or delivered.deployment()["metadata"]["generation"] > 2
    delivered.argo_cd.cluster.processes.until("the image is healed", lambda: delivered.image == image)
    kubectl("delete", "service", "model", f"--namespace={delivered.namespace}")
    find = ("get", "service", "model", f"--namespace={delivered.namespace}", "--ignore-not-found")
    delivered.argo_cd.cluster.processes.until("the service is back", lambda: kubectl(*find))
    delivered.until_serving("0")


@pytest.mark.parametrize(
    ("right", "wrong", "sync", "message"),
    [
        ("cpu: 250m", "cpu: 2500m", "OutOfSync", "must be less than or equal to cpu limit"),
        ("cpu: 250m", "cpu: lots", "Unknown", "quantities must match"),
        ("replicas: 1", "replicas: 1: 2", "Unknown", "mapping values are not allowed"),
    ],
    ids=["rejected by the server", "not a quantity", "not YAML"],
)
def test_after_an_invalid_push_the_old_version_serves_and_a_revert_heals(
    delivered: Delivered, right: str, wrong: str, sync: str, message: str
) -> None:
    delivered.write_digest("b")
    deployment = delivered.folder / "deploy" / "base" / "deployment.yaml"
    text = deployment.read_text(encoding="utf-8")
    assert text.count(right) == 1
    deployment.write_text(text.replace(right, wrong), encoding="utf-8")
    delivered.push("promote b, with a mistake")

    def not_synced() -> bool:
        state = delivered.argo_cd.state(delivered.application)
        return state.sync == sync and message in state.message + state.problems

    delivered.argo_cd.cluster.processes.until("the application reports the mistake", not_synced)
    assert delivered.serving() == {digest("0")}
    delivered.revert()
    delivered.until_healthy()
    assert delivered.serving() == {digest("0")}


def test_if_the_pods_of_a_version_never_start_the_old_version_serves_and_the_application_is_degraded(
    delivered: Delivered,
) -> None:
    delivered.write_digest("d")
    deployment = delivered.folder / "deploy" / "base" / "deployment.yaml"
    text = deployment.read_text(encoding="utf-8")
    # no node has the label; the deadline of a second replaces that of five minutes
    changed = text.replace("serviceAccountName: model", "serviceAccountName: model\n      nodeSelector: {disk: none}")
    changed = changed.replace("progressDeadlineSeconds: 300", "progressDeadlineSeconds: 1")
    assert changed.count("disk: none") == changed.count("progressDeadlineSeconds: 1\n") == 1
    deployment.write_text(changed, encoding="utf-8")
    delivered.push("promote d, which cannot be scheduled")

    def degraded() -> bool:
        return delivered.argo_cd.state(delivered.application).health == "Degraded"

    delivered.argo_cd.cluster.processes.until("the application is degraded", degraded)
    assert delivered.serving() == {digest("0")}
    delivered.revert()
    delivered.until_healthy()
    assert delivered.serving() == {digest("0")}


def test_a_push_that_fixes_a_mistake_is_synced_by_the_next_retry(delivered: Delivered) -> None:
    deployment = delivered.folder / "deploy" / "base" / "deployment.yaml"
    right = deployment.read_text(encoding="utf-8")
    deployment.write_text(right.replace("cpu: 250m", "cpu: 2500m"), encoding="utf-8")
    delivered.push("a mistake")
    state = delivered.argo_cd.state
    delivered.argo_cd.cluster.processes.until(
        "the sync is tried again", lambda: "Retrying" in state(delivered.application).message
    )
    deployment.write_text(right, encoding="utf-8")
    delivered.write_digest("c")
    delivered.push("fix, and promote c")
    # the retries are half a minute, a minute and two minutes apart, and the next one must use the fix
    processes = delivered.argo_cd.cluster.processes
    processes.until("the fix serves", lambda: delivered.serving() == {digest("c")}, seconds=180)
    delivered.until_healthy()


def test_switching_to_a_canary_causes_no_downtime(argo_rollouts: Rollouts, delivered: Delivered) -> None:
    """Argo CD must find git and cluster equal before it reports healthy, or it applies the Rollout repeatedly."""
    switch_to_canary(delivered.overlay.parent)
    delivered.push("a canary from now on")
    kubectl, head = delivered.argo_cd.cluster.kubectl, delivered.head
    served = []

    def only_the_rollout_is_left() -> bool:
        served.append(delivered.serving())
        of_a_deployment = ("get", "replicasets,deployments", f"--namespace={delivered.namespace}")
        state = delivered.argo_cd.state(delivered.application)
        done = (state.sync, state.health, state.revision) == ("Synced", "Healthy", head)
        return done and not kubectl(*of_a_deployment, "--selector=!rollouts-pod-template-hash", "--ignore-not-found")

    delivered.argo_cd.cluster.processes.until("only the rollout serves", only_the_rollout_is_left)
    assert set(map(frozenset, served)) == {frozenset({digest("0")})}
    assert len(ready_digests(kubectl, delivered.namespace)) == 1
    assert argo_rollouts.state("model", delivered.namespace).phase == "Healthy"
