"""Argo CD for a cluster: the controller and the repository server, without Argo CD's API server and web interface."""

import secrets
from dataclasses import dataclass
from typing import Any

import yaml

from control_plane.cluster import Cluster
from control_plane.processes import free_ports
from control_plane.web import status

NAMESPACE = "argocd"
API = "argoproj.io/v1alpha1"


@dataclass(frozen=True, slots=True)
class State:
    """The status of an Application."""

    sync: str  # Synced, OutOfSync or Unknown
    health: str  # Healthy, Progressing, Degraded, Missing, ...
    operation: str  # phase of the last sync: Succeeded, Failed, Running, ...
    message: str
    problems: str  # why it cannot compare git with the cluster, or cannot sync
    revision: str


class ArgoCD:
    """Read and refresh the Applications of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def state(self, application: str) -> State:
        """Return the status of an Application."""
        found = self.cluster.kubectl.get("application", application, f"--namespace={NAMESPACE}")
        status: dict[str, Any] = found.get("status", {})
        operation = status.get("operationState", {})
        return State(
            sync=status.get("sync", {}).get("status", ""),
            health=status.get("health", {}).get("status", ""),
            operation=operation.get("phase", ""),
            message=operation.get("message", ""),
            problems="; ".join(one["message"] for one in status.get("conditions") or []),
            revision=status.get("sync", {}).get("revision", ""),
        )

    def refresh(self, application: str) -> None:
        """Make Argo CD read git now, as the webhook of a git host does after a push."""
        self.cluster.kubectl(
            *("annotate", "application", application, f"--namespace={NAMESPACE}", "--overwrite"),
            "argocd.argoproj.io/refresh=normal",
        )


def install(cluster: Cluster) -> None:
    """Install Argo CD's custom resource definitions and settings, without its programs."""
    cluster.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    cluster.install(cluster.programs.manifests("argo-cd"), API, NAMESPACE)


def start(cluster: Cluster) -> ArgoCD:
    """Start Argo CD and wait until both of its programs report that they are healthy."""
    install(cluster)
    kubectl, program = cluster.kubectl, cluster.programs.path("argocd")
    folder = cluster.folder / "argocd"
    for name in ("tls", "ssh", "gnupg", "temporary", "redis"):
        (folder / name).mkdir(parents=True)
    (folder / "ssh" / "ssh_known_hosts").touch()
    session = {"stringData": {"server.secretkey": secrets.token_hex(16)}}
    labels = {"app.kubernetes.io/name": "argocd-secret", "app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": "argocd-secret", "labels": labels}
    kubectl.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **session}, namespace=NAMESPACE)
    # Argo CD reads its settings from the namespace of its kubeconfig
    kubeconfig = folder / "kubeconfig"
    document = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    document["contexts"][0]["context"]["namespace"] = NAMESPACE
    kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")
    environment = {
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
        "ARGOCD_GNUPGHOME": str(folder / "gnupg"),
        "KUBECONFIG": str(kubeconfig),
        "TMPDIR": str(folder / "temporary"),
        "PATH": f"{cluster.programs.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",  # our kustomize, the system's git
    }
    redis, server, server_metrics, controller_metrics = free_ports(4)
    run = cluster.processes.start
    run(
        "redis",
        [
            *("redis-server", "--bind", "127.0.0.1", "--port", str(redis), "--dir", str(folder / "redis")),
            *("--save", "", "--set-proc-title", "no"),  # the process keeps the name that it was started with
        ],
    )
    to_redis = f"--redis=127.0.0.1:{redis}"
    run(
        "argocd-repo-server",
        [
            program,
            "--address=127.0.0.1",
            f"--port={server}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={server_metrics}",
            to_redis,
            "--disable-tls",
        ],
        {**environment, "ARGOCD_BINARY_NAME": "argocd-repo-server"},
    )
    run(
        "argocd-application-controller",
        [
            program,
            f"--kubeconfig={kubeconfig}",
            f"--repo-server=127.0.0.1:{server}",
            "--repo-server-plaintext",
            to_redis,
            f"--metrics-port={controller_metrics}",
            "--app-resync=5",
            "--self-heal-timeout-seconds=1",
        ],
        {**environment, "ARGOCD_BINARY_NAME": "argocd-application-controller"},
    )
    for metrics in (server_metrics, controller_metrics):
        address = f"http://127.0.0.1:{metrics}/healthz"
        cluster.processes.until("Argo CD is up", lambda address=address: status(address) == 200)  # type: ignore[misc]
    return ArgoCD(cluster)
