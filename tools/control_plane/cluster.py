"""The API server with etcd, the controllers, the scheduler and the nodes that kwok simulates."""

import json
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from control_plane import certificates, nodes
from control_plane.build import Programs
from control_plane.certificates import Certificates
from control_plane.processes import Processes, free_ports


class KubectlError(Exception):
    """kubectl ended with an error; the message is its error output."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl of the same version as the server, for one kubeconfig."""

    program: str
    kubeconfig: Path

    def __call__(self, *arguments: str, manifest: str | None = None) -> str:
        """Return the output of kubectl; ``manifest`` is its standard input, for ``-f -``.

        Raises:
            KubectlError: it ended with another code than 0.
        """
        done = subprocess.run(
            [
                self.program,
                f"--kubeconfig={self.kubeconfig}",
                f"--cache-dir={self.kubeconfig.parent / 'cache'}",
                *arguments,
            ],
            input=manifest,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise KubectlError(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def apply(self, *documents: object, namespace: str | None = None) -> None:
        """Apply objects with server-side apply and strict validation.

        Args:
            documents: the objects.
            namespace: for the objects that do not name one.
        """
        options = ["--server-side", "--force-conflicts", "--validate=strict"]
        if namespace:
            options.append(f"--namespace={namespace}")
        self("apply", *options, "-f", "-", manifest=yaml.safe_dump_all(documents))

    def get(self, *what: str) -> dict[str, Any]:
        """Return an object, or a list of objects, from the server."""
        found: dict[str, Any] = json.loads(self("get", *what, "--output=json"))
        return found


class Cluster:
    """A Kubernetes control plane on free ports of 127.0.0.1, with all of its files below ``folder``.

    Leaving the context ends all programs, including those that were started later through ``processes``. Pods become
    ready although no container runs. The kubeconfig gives every right to anyone who can read it.
    """

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.processes = Processes(folder / "logs")
        self.kubeconfig = folder / "kubeconfig"
        self.kubectl = Kubectl(programs.path("kubectl"), self.kubeconfig)

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self.processes.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.processes.stop()

    def _start(self) -> None:
        pem = certificates.make(self.folder / "certificates")
        etcd, peers, server = free_ports(3)
        self.write_kubeconfig(self.kubeconfig, pem, server)
        start, program = self.processes.start, self.programs.path
        start(
            "etcd",
            [
                program("etcd"),
                f"--data-dir={self.folder / 'etcd'}",
                f"--listen-client-urls=http://127.0.0.1:{etcd}",
                f"--advertise-client-urls=http://127.0.0.1:{etcd}",
                f"--listen-peer-urls=http://127.0.0.1:{peers}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}",
                f"--initial-cluster=default=http://127.0.0.1:{peers}",
                "--unsafe-no-fsync",  # the data is not needed after a crash
            ],
        )
        start(
            "kube-apiserver",
            [
                program("kube-apiserver"),
                f"--etcd-servers=http://127.0.0.1:{etcd}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                f"--secure-port={server}",
                f"--tls-cert-file={pem.server}",
                f"--tls-private-key-file={pem.server_key}",
                f"--client-ca-file={pem.authority}",
                "--authorization-mode=RBAC",
                # as kubeadm does: pod security decides whether a pod may be privileged
                "--allow-privileged=true",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={pem.service_accounts_key}",
                f"--service-account-signing-key-file={pem.service_accounts_key}",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--endpoint-reconciler-type=none",  # the API server does not announce a loopback address
            ],
        )
        self.processes.until("the API server is ready", self._answers)
        to_server = [f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0"]
        start(
            "kube-controller-manager",
            [
                program("kube-controller-manager"),
                *to_server,
                f"--root-ca-file={pem.authority}",
                f"--service-account-private-key-file={pem.service_accounts_key}",
                # kwok assigns the addresses, and there is no cloud provider
                "--controllers=*,-node-ipam-controller,-cloud-node-lifecycle-controller",
            ],
        )
        start("kube-scheduler", [program("kube-scheduler"), *to_server])
        nodes.start(self.processes, program("kwok"), self.kubeconfig)
        self.kubectl.apply(*nodes.manifests())
        self.processes.until("the nodes are ready", self._nodes_are_ready)
        # a controller creates it shortly after the namespace, and pods are only admitted after that
        self.processes.until("the default service account exists", self._has_service_account)

    def write_kubeconfig(self, path: Path, pem: Certificates, port: int) -> None:
        """Write the administrator's kubeconfig, which verifies the server with the authority of this control plane."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "control-plane",
            "contexts": [{"name": "control-plane", "context": {"cluster": "local", "user": "administrator"}}],
            "clusters": [
                {
                    "name": "local",
                    "cluster": {
                        "server": f"https://127.0.0.1:{port}",
                        "certificate-authority": str(pem.authority),
                    },
                }
            ],
            "users": [
                {
                    "name": "administrator",
                    "user": {
                        "client-certificate": str(pem.administrator),
                        "client-key": str(pem.administrator_key),
                    },
                }
            ],
        }
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

    def install(self, files: Iterable[Path], api: str, namespace: str = "default") -> None:
        """Apply the manifests of a controller's project and wait until its kinds can be used.

        Args:
            files: the manifests.
            api: the API group and version of the kinds.
            namespace: for the objects that do not name one.
        """
        names = [f"--filename={path}" for path in files]
        applied = self.kubectl("apply", "--server-side", f"--namespace={namespace}", *names)
        kinds = set(re.findall(r"^customresourcedefinition\S*/(\w+)\.", applied, re.MULTILINE))

        def can_be_used() -> bool:
            # the list of kinds instead of the definitions, which are megabytes
            try:
                found = json.loads(self.kubectl("get", "--raw", f"/apis/{api}"))
            except KubectlError:
                return False
            return kinds <= {one["name"] for one in found["resources"]}

        self.processes.until(f"the kinds {sorted(kinds)} can be used", can_be_used)

    def _answers(self) -> bool:
        try:
            return self.kubectl("get", "--raw", "/readyz") == "ok"
        except KubectlError:
            return False

    def _nodes_are_ready(self) -> bool:
        found = self.kubectl.get("nodes")["items"]
        ready = [one for one in found if {"Ready": "True"}.items() <= conditions(one).items()]
        return len(ready) == len(nodes.manifests())

    def _has_service_account(self) -> bool:
        return bool(self.kubectl("get", "serviceaccount", "default", "--ignore-not-found"))


def ready_digests(kubectl: Kubectl, namespace: str) -> list[str]:
    """Return the image digests of the pods that are ready and not being deleted, sorted, one for each pod."""
    return sorted(
        pod["spec"]["containers"][0]["image"].partition("@")[2]
        for pod in kubectl.get("pods", f"--namespace={namespace}")["items"]
        if conditions(pod).get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
    )


def conditions(document: dict[str, Any]) -> dict[str, str]:
    """Return the conditions of an object as type to status."""
    return {one["type"]: one["status"] for one in document.get("status", {}).get("conditions") or []}
