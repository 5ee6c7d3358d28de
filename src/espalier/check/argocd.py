"""Argo CD's Applications and the sources that they deploy."""

from .kustomize import Resource, manifests
from .parse.yaml_ import Map, as_list, as_map
from .repo import Repo


def applications(repo: Repo) -> list[Resource]:
    """Return Argo CD's Applications and ApplicationSets."""
    return [
        r
        for r in manifests(repo)
        if r.kind in ("Application", "ApplicationSet") and "argoproj" in str(r.body.get("apiVersion"))
    ]


def application_sources(resource: Resource) -> list[Map]:
    """Return the sources of an Application."""
    spec = as_map(resource.body.get("spec"))
    if resource.kind == "ApplicationSet":
        spec = as_map(as_map(spec.get("template")).get("spec"))
    return [as_map(spec.get("source")), *map(as_map, as_list(spec.get("sources")))]
