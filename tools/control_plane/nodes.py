"""Nodes simulated by kwok: the scheduler places pods on them, the pods become ready, and no container runs."""

from pathlib import Path
from typing import Any

from control_plane.processes import Process, Processes

ZONES = ("a", "b", "c")
SIZE = {"cpu": "32", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "110"}


def manifests() -> list[dict[str, Any]]:
    """Return one node in each of three zones, so that topology spread constraints have an effect."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": f"node-{zone}",
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {
                    "kubernetes.io/arch": "amd64",
                    "kubernetes.io/hostname": f"node-{zone}",
                    "kubernetes.io/os": "linux",
                    "topology.kubernetes.io/zone": zone,
                },
            },
            "status": {"allocatable": SIZE, "capacity": SIZE},
        }
        for zone in ZONES
    ]


def start(processes: Processes, program: str, kubeconfig: Path) -> Process:
    """Start kwok, which replaces the kubelet of every node."""
    return processes.start(
        "kwok",
        [
            program,
            f"--kubeconfig={kubeconfig}",
            "--manage-all-nodes=true",
            "--node-ip=127.0.0.1",
            "--cidr=10.1.0.0/16",
            "--node-lease-duration-seconds=40",  # otherwise it renews no lease, and the nodes count as lost
        ],
    )
