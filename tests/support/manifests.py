"""What the tests on the control plane share: types of fixtures, and manifests of a generated repository."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from control_plane.cluster import Cluster

Render = Callable[..., Path]
ENVIRONMENTS = ("staging", "production")


def build(cluster: Cluster, overlay: Path) -> list[dict[str, Any]]:
    """The objects of an overlay, as kustomize makes them."""
    return [one for one in yaml.safe_load_all(cluster.kubectl("kustomize", str(overlay))) if one]


def the(kind: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The one object of a kind."""
    [found] = [one for one in objects if one["kind"] == kind]
    return found
