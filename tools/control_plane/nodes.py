"""Nodes of kwok's: the scheduler fills them, their pods become ready, and no container runs."""

from pathlib import Path
from typing import Any

from control_plane.processes import Process, Processes

ZONES = ("a", "b", "c")
SIZE = {"cpu": "32", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "110"}


def manifests() -> list[dict[str, Any]]:
    """One node in each of three zones, so that rules about spreading have something to choose from."""
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
    """Start kwok, in the place of a kubelet for every node."""
    return processes.start(
        "kwok",
        [
            program,
            f"--kubeconfig={kubeconfig}",
            "--manage-all-nodes=true",
            "--node-ip=127.0.0.1",
            "--cidr=10.1.0.0/16",
            "--node-lease-duration-seconds=40",  # without, it renews none, and the nodes are taken for lost
        ],
    )
