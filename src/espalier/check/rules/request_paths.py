"""KUS104: probes and requests use paths that the application serves."""

import re
from collections.abc import Iterator

from ..finding import Finding
from ..kustomize import manifests
from ..model_server import exposed_ports, local_requests, runs_own_image, served_paths
from ..parse.yaml_ import as_map, mappings
from ..registry import rule
from ..repo import Repo
from ..suggestion import suggestion


@rule("KUS104", title="a probe or scrape requests a path that the application does not serve")
def probe_path_is_served(repo: Repo) -> Iterator[Finding]:
    """Every HTTP probe of the model's container, the health check of its image, a scrape of its metrics, and every
    ``curl`` to it in a page requests a path that a route in ``mlops/serving/`` serves.

    Why: a probe that gets the response 404 restarts a healthy pod again and again, or keeps traffic away from it.
    Fix: correct the path, or add the route.
    Blind spot: routes whose path is built at run time; containers of other images.
    """
    routes = served_paths(repo)
    if not routes:
        return
    for resource in manifests(repo):
        for container in resource.containers:
            if not runs_own_image(repo, container):
                continue
            for key in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
                for item in mappings(container.get(key)):
                    if "httpGet" in item:
                        get = as_map(item["httpGet"])
                        yield from _check_path(
                            resource.path,
                            get.line_of("path"),
                            get.get("path"),
                            f"{key} of '{container.get('name')}'",
                            routes,
                        )
        if resource.kind in ("ServiceMonitor", "PodMonitor"):
            for item in mappings(resource.body.get("spec")):
                if "path" in item and "port" in item:
                    yield from _check_path(resource.path, item.line_of("path"), item["path"], resource.kind, routes)
        for item in mappings(resource.body):
            if "prometheus.io/path" in item:
                yield from _check_path(
                    resource.path, item.line_of("prometheus.io/path"), item["prometheus.io/path"], "the scrape", routes
                )
    ports = {port for port in exposed_ports(repo)} or {8080}
    for path, line, port, asked, what in local_requests(repo):
        if port in ports:
            yield from _check_path(path, line, asked, what, routes)


def _check_path(
    path: str, line: int, asked: object, what: str, routes: dict[str, re.Pattern[str]]
) -> Iterator[Finding]:
    if not isinstance(asked, str) or "$" in asked or "{{" in asked:
        return
    plain = "/" + asked.split("?")[0].lstrip("/")
    if not any(route.match(plain) for route in routes.values()):
        yield Finding(
            path, line, f"{what} requests '{asked}', which the application does not serve: {suggestion(plain, routes)}"
        )
