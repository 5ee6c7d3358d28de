"""Kubernetes manifests of generated repositories, for the tests with a control plane."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from control_plane.cluster import Cluster

Render = Callable[..., Path]
ENVIRONMENTS = ("staging", "production")


def build(cluster: Cluster, overlay: Path) -> list[dict[str, Any]]:
    """Return the objects that kustomize builds from an overlay."""
    return [one for one in yaml.safe_load_all(cluster.kubectl("kustomize", str(overlay))) if one]


def only(kind: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the only object of a kind."""
    [found] = [one for one in objects if one["kind"] == kind]
    return found
