"""A generated repository that a git server publishes and that Argo CD deploys to the cluster."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from control_plane.argocd import NAMESPACE, ArgoCD
from control_plane.cluster import ready_digests
from control_plane.git_server import GitServer, git, push, revert


def digest(character: str) -> str:
    """Return the image digest that consists of one hexadecimal character."""
    return f"sha256:{character * 64}"


@dataclass(frozen=True)
class Delivered:
    """A repository whose staging overlay Argo CD syncs to the cluster."""

    argo_cd: ArgoCD
    folder: Path
    application: str
    namespace: str

    @property
    def overlay(self) -> Path:
        """Return the kustomization.yaml of staging."""
        return self.folder / "deploy" / "overlays" / "staging" / "kustomization.yaml"

    def write_digest(self, character: str) -> None:
        """Write an image digest to the overlay, as a promotion does."""
        text, number = re.subn(r"sha256:\w+", digest(character), self.overlay.read_text(encoding="utf-8"))
        assert number == 1
        self.overlay.write_text(text, encoding="utf-8")

    def remove(self) -> None:
        """Delete the Application and then its namespace, with everything that still runs there."""
        kubectl = self.argo_cd.cluster.kubectl
        kubectl("delete", "application", self.application, f"--namespace={NAMESPACE}")
        kubectl("delete", "namespace", self.namespace, "--wait=false")

    def deployment(self) -> dict[str, Any]:
        """Return the Deployment of the model from the cluster."""
        return self.argo_cd.cluster.kubectl.get("deployment", "model", f"--namespace={self.namespace}")

    @property
    def image(self) -> str:
        """Return the image of the Deployment."""
        return str(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"])

    def serving(self) -> set[str]:
        """Return the image digests of the pods that are ready."""
        return set(ready_digests(self.argo_cd.cluster.kubectl, self.namespace))

    def push(self, message: str) -> None:
        """Commit and push, and make Argo CD read git, as the webhook of a git host does."""
        push(self.folder, message)
        self.argo_cd.refresh(self.application)

    def revert(self) -> None:
        """Revert the last commit with a new commit."""
        revert(self.folder)
        self.argo_cd.refresh(self.application)

    @property
    def head(self) -> str:
        """Return the last commit of the repository."""
        return git(self.folder, "rev-parse", "HEAD")

    def until_healthy(self) -> None:
        """Wait until the last commit is synced and healthy."""
        head = self.head

        def healthy() -> bool:
            state = self.argo_cd.state(self.application)
            return (state.sync, state.health, state.revision) == ("Synced", "Healthy", head)

        self.argo_cd.cluster.processes.until(f"{self.application} runs {head[:7]}", healthy)

    def until_serving(self, character: str) -> None:
        """Wait until all pods that are ready have the image digest of this character."""
        wanted = {digest(character)}
        self.argo_cd.cluster.processes.until(f"pods serve {character}", lambda: self.serving() == wanted)


def deliver(argo_cd: ArgoCD, git_server: GitServer, folder: Path) -> Delivered:
    """Publish a repository and apply its Argo CD project and its staging Application.

    Only the address of the repository differs from the generated files, which name GitHub.
    """
    address = git_server.publish(folder)
    manifests = []
    for file in ("project.yaml", "staging.yaml"):
        text = (folder / "deploy" / "argocd" / file).read_text(encoding="utf-8")
        [generated] = re.findall(r"https://github\.com/\S+\.git", text)
        manifests.append(yaml.safe_load(text.replace(generated, address)))
    argo_cd.cluster.kubectl.apply(*manifests)
    application = manifests[1]
    namespace = application["spec"]["destination"]["namespace"]
    return Delivered(argo_cd, folder, application["metadata"]["name"], namespace)
