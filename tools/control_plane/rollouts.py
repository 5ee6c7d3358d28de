"""Argo Rollouts for a cluster: the controller that promotes or aborts a canary."""

from dataclasses import dataclass
from typing import Any

from control_plane.cluster import Cluster
from control_plane.processes import free_ports
from control_plane.web import status

NAMESPACE = "argo-rollouts"
API = "argoproj.io/v1alpha1"


@dataclass(frozen=True, slots=True)
class State:
    """The status of a Rollout."""

    phase: str  # Healthy, Progressing, Paused or Degraded
    message: str
    aborted: bool
    stable: str  # hash of the version that serves all requests that the canary does not
    current: str  # hash of the newest version; the same as stable once it is promoted
    paused_for: tuple[str, ...]


class Rollouts:
    """Read the Rollouts of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def state(self, name: str, namespace: str) -> State:
        """Return the status of a Rollout."""
        found = self.cluster.kubectl.get("rollouts.argoproj.io", name, f"--namespace={namespace}")
        status: dict[str, Any] = found.get("status", {})
        seen = str(status.get("observedGeneration", "")) == str(found["metadata"]["generation"])
        return State(
            phase=status.get("phase", "") if seen else "",
            message=status.get("message", ""),
            aborted=status.get("abort", False),
            stable=status.get("stableRS", ""),
            current=status.get("currentPodHash", ""),
            paused_for=tuple(one["reason"] for one in status.get("pauseConditions") or []),
        )

    def analyses(self, namespace: str) -> dict[str, str]:
        """Return the AnalysisRuns as name to phase."""
        found = self.cluster.kubectl.get("analysisruns.argoproj.io", f"--namespace={namespace}")["items"]
        return {one["metadata"]["name"]: one.get("status", {}).get("phase", "") for one in found}


def install(cluster: Cluster) -> None:
    """Install the custom resource definitions of Argo Rollouts, without the controller."""
    cluster.install(cluster.programs.manifests("argo-rollouts"), API)


def start(cluster: Cluster) -> Rollouts:
    """Start the controller and wait until it reports that it is healthy."""
    install(cluster)
    kubectl = cluster.kubectl
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    # the controller ends if one of these is missing
    kubectl.apply(
        *(
            {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
            for kind, name in (
                ("ConfigMap", "argo-rollouts-config"),
                ("ConfigMap", "argo-rollouts-notification-configmap"),
                ("Secret", "argo-rollouts-notification-secret"),
            )
        ),
        namespace=NAMESPACE,
    )
    metrics, health = free_ports(2)
    cluster.processes.start(
        "rollouts-controller",
        [
            cluster.programs.path("rollouts-controller"),
            f"--kubeconfig={cluster.kubeconfig}",
            f"--namespace={NAMESPACE}",
            "--leader-elect=false",
            f"--metricsport={metrics}",
            f"--healthzPort={health}",
        ],
    )
    cluster.processes.until("Argo Rollouts is up", lambda: status(f"http://127.0.0.1:{health}/healthz") == 200)
    return Rollouts(cluster)
