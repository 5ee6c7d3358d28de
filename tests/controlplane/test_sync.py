"""Argo CD runs the Application as generated: git decides what runs, and a mistake in git stops nothing."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane.argocd import NAMESPACE, ArgoCD
from control_plane.git_server import GitServer, git, push, revert
from controlplane_support import Render

pytestmark = pytest.mark.slow

NUMBERS = count(1)


def digest(character: str) -> str:
    return f"sha256:{character * 64}"


@dataclass(frozen=True)
class Delivered:
    """A generated repository whose staging overlay Argo CD keeps in the cluster."""

    argo_cd: ArgoCD
    folder: Path
    application: str
    namespace: str

    @property
    def overlay(self) -> Path:
        return self.folder / "deploy" / "overlays" / "staging" / "kustomization.yaml"

    def write_digest(self, character: str) -> None:
        """What a promotion does to the overlay."""
        text, number = re.subn(r"sha256:\w+", digest(character), self.overlay.read_text(encoding="utf-8"))
        assert number == 1
        self.overlay.write_text(text, encoding="utf-8")

    def deployment(self) -> dict[str, Any]:
        return self.argo_cd.cluster.kubectl.get("deployment", "model", f"--namespace={self.namespace}")

    @property
    def image(self) -> str:
        return str(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"])

    def serving(self) -> set[str]:
        """The images of the pods that are ready."""
        pods = self.argo_cd.cluster.kubectl.get("pods", f"--namespace={self.namespace}")["items"]
        return {
            pod["spec"]["containers"][0]["image"].partition("@")[2]
            for pod in pods
            if any(status["type"] == "Ready" and status["status"] == "True" for status in pod["status"]["conditions"])
            and "deletionTimestamp" not in pod["metadata"]
        }

    def until_healthy(self) -> None:
        """Wait until the last commit is what runs."""
        head = git(self.folder, "rev-parse", "HEAD")

        def healthy() -> bool:
            state = self.argo_cd.state(self.application)
            return (state.sync, state.health, state.revision) == ("Synced", "Healthy", head)

        self.argo_cd.cluster.processes.until(f"{self.application} runs {head[:7]}", healthy)

    def until_serving(self, character: str) -> None:
        wanted = {digest(character)}
        self.argo_cd.cluster.processes.until(f"pods serve {character}", lambda: self.serving() == wanted)


@pytest.fixture
def delivered(argo_cd: ArgoCD, git_server: GitServer, rendered: Render, tmp_path: Path) -> Iterator[Delivered]:
    """The default repository, published and synced; the address is the one thing in deploy/ that is changed."""
    name = f"model-{next(NUMBERS)}"
    folder = Path(shutil.copytree(rendered(project_slug=name, namespace=name), tmp_path / name))
    address = git_server.publish(folder)
    manifests = []
    for file in ("project.yaml", "staging.yaml"):
        text = (folder / "deploy" / "argocd" / file).read_text(encoding="utf-8")
        generated = re.findall(r"https://github\.com/\S+\.git", text)
        assert len(generated) == 1
        manifests.append(yaml.safe_load(text.replace(generated[0], address)))
    argo_cd.cluster.kubectl.apply(*manifests)
    made = Delivered(argo_cd, folder, f"{name}-staging", f"{name}-staging")
    made.until_healthy()
    yield made
    kubectl = argo_cd.cluster.kubectl
    kubectl("delete", "application", made.application, f"--namespace={NAMESPACE}")
    kubectl("delete", "namespace", made.namespace, "--wait=false")


def test_a_push_changes_the_image_that_serves(delivered: Delivered) -> None:
    assert delivered.serving() == {digest("0")}
    delivered.write_digest("a")
    push(delivered.folder, "promote a")
    delivered.argo_cd.refresh(delivered.application)
    delivered.until_healthy()
    delivered.until_serving("a")


def test_drift_by_hand_is_healed(delivered: Delivered) -> None:
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


def test_what_cannot_be_applied_leaves_the_old_version_serving_and_a_revert_heals(delivered: Delivered) -> None:
    delivered.write_digest("b")
    deployment = delivered.folder / "deploy" / "base" / "deployment.yaml"
    text = deployment.read_text(encoding="utf-8")
    deployment.write_text(text.replace("ephemeral-storage: 64Mi", "ephemeral-storage: lots"), encoding="utf-8")
    push(delivered.folder, "promote b, with a mistake")
    delivered.argo_cd.refresh(delivered.application)

    def failed() -> bool:
        state = delivered.argo_cd.state(delivered.application)
        return state.sync == "OutOfSync" and "lots" in state.message

    delivered.argo_cd.cluster.processes.until("the sync fails", failed)
    print(delivered.argo_cd.state(delivered.application))
    assert delivered.serving() == {digest("0")}
    revert(delivered.folder)
    delivered.argo_cd.refresh(delivered.application)
    delivered.until_healthy()
    assert delivered.serving() == {digest("0")}
