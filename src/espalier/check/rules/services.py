"""NAME105: references to Services, workloads, ServiceAccounts and labels match deployed objects."""

import re
from collections.abc import Iterator
from typing import Any

from ..commands.every_command import commands
from ..finding import Finding
from ..kustomize import Resource, deployed_together, includes_remote, manifests, root_kustomizations, selected_pods
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Repo
from ..suggestion import closest, suggestion

WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Rollout", "ReplicaSet", "Job", "CronJob", "Pod"}


@rule("NAME105", title="a service or workload has two names")
def service_has_one_name(repo: Repo) -> Iterator[Finding]:
    """An object that refers to a Service by name (an Ingress, route, rollout or monitor) names a Service that is
    deployed with it and one of its ports; a label selector (of a Service, a disruption budget) selects the pods of a
    workload; an autoscaler names a workload; ``kubectl port-forward`` names a Service and one of its ports; the name
    of a ServiceAccount is not misspelled.

    Why: each object is valid by itself, but requests get the response 503.
    Fix: correct the name, or the labels.
    Blind spot: objects that another repository deploys; kustomizations that include remote resources.
    """
    open_roots = any(includes_remote(repo, own.folder) for own in root_kustomizations(repo))
    if open_roots:
        return
    for group in deployed_together(repo):
        services = {r.name: r for r in group if r.kind == "Service"}
        workloads = {r.name for r in group if r.kind in WORKLOADS}
        accounts = {r.name for r in group if r.kind == "ServiceAccount"}
        for resource in group:
            account = resource.pod.get("serviceAccountName")
            # the account of another repository has a different name; a misspelled one is similar
            if isinstance(account, Text) and account not in accounts and closest(account, accounts):
                message = f"{resource.kind} '{resource.name}' runs as the ServiceAccount '{account}'"
                yield Finding(resource.path, account.line, f"{message}: {suggestion(account, accounts)}")
            yield from _selectors(resource, group)
            yield from _service_references(resource, services)
            spec = as_map(resource.body.get("spec"))
            name = as_map(spec.get("scaleTargetRef") or spec.get("workloadRef")).get("name")
            if isinstance(name, Text) and workloads and name not in workloads:
                message = f"{resource.kind} '{resource.name}' scales '{name}', which is not deployed"
                yield Finding(resource.path, name.line, f"{message}: {suggestion(name, workloads)}")
    yield from _forwarded(repo)


def _selectors(resource: Resource, group: list[Resource]) -> Iterator[Finding]:
    spec = as_map(resource.body.get("spec"))
    if resource.kind in ("Deployment", "StatefulSet", "DaemonSet", "Rollout") and resource.pod:
        labels = as_map(as_map(spec.get("selector")).get("matchLabels"))
        if labels and not {k: str(v) for k, v in labels.items()}.items() <= resource.pod_labels.items():
            message = f"{resource.kind} '{resource.name}' selects {_shown(labels)}, its own pods have"
            yield Finding(resource.path, labels.line, f"{message} {_shown(resource.pod_labels)}")
        return
    if resource.kind == "Service":
        selector = as_map(spec.get("selector"))
    elif resource.kind in ("PodDisruptionBudget", "PodMonitor"):
        selector = as_map(as_map(spec.get("selector")).get("matchLabels"))
    elif resource.kind == "NetworkPolicy":
        selector = as_map(as_map(spec.get("podSelector")).get("matchLabels"))
    else:
        return
    pods = [r for r in group if r.pod and r.kind in WORKLOADS]
    if selector and pods and not selected_pods(group, selector):
        message = f"{resource.kind} '{resource.name}' selects {_shown(selector)}, which no pod deployed with it has"
        other = f"{pods[0].kind} '{pods[0].name}' has {_shown(pods[0].pod_labels)}"
        yield Finding(resource.path, selector.line, f"{message}: {other}")


def _shown(labels: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items()) or "no label"


def _service_references(resource: Resource, services: dict[str, Resource]) -> Iterator[Finding]:
    if not services or resource.kind in ("Service", "Application", "ApplicationSet", "AppProject"):
        return
    spec = resource.body.get("spec")
    for item in mappings(spec):
        for key in ("canaryService", "stableService", "activeService", "previewService", "serviceName"):
            name = item.get(key)
            if isinstance(name, Text) and name not in services:
                yield Finding(
                    resource.path,
                    name.line,
                    f"{resource.kind} '{resource.name}' names the Service '{name}': {suggestion(name, services)}",
                )
        backend = as_map(item.get("service")) if resource.kind == "Ingress" else Map(1)
        references = [backend] if backend else []
        if resource.kind in ("HTTPRoute", "GRPCRoute", "TCPRoute"):
            references += [
                as_map(r) for r in as_list(item.get("backendRefs")) if as_map(r).get("kind", "Service") == "Service"
            ]
        for reference in references:
            yield from _check_backend(resource, reference, services)
    if resource.kind == "ServiceMonitor":
        names = {
            str(p.get("name"))
            for s in services.values()
            for p in map(as_map, as_list(as_map(s.body.get("spec")).get("ports")))
        }
        for endpoint in map(as_map, as_list(as_map(spec).get("endpoints"))):
            if isinstance(endpoint.get("port"), Text) and endpoint["port"] not in names:
                message = f"ServiceMonitor '{resource.name}' scrapes port '{endpoint['port']}'"
                yield Finding(
                    resource.path, endpoint.line_of("port"), f"{message}: {suggestion(endpoint['port'], names)}"
                )


def _check_backend(resource: Resource, reference: Map, services: dict[str, Resource]) -> Iterator[Finding]:
    name = reference.get("name")
    if not isinstance(name, Text) or "namespace" in reference:
        return
    service = services.get(name)
    if service is None:
        yield Finding(
            resource.path,
            name.line,
            f"{resource.kind} '{resource.name}' sends to the Service '{name}': {suggestion(name, services)}",
        )
        return
    port = reference.get("port")
    wanted = as_map(port).get("number", as_map(port).get("name")) if isinstance(port, Map) else port
    known = _service_port_names(service)
    if wanted is not None and known and str(wanted) not in known:
        line = reference.line_of("port")
        yield Finding(
            resource.path,
            line,
            f"{resource.kind} '{resource.name}' sends to port '{wanted}' of '{name}': {suggestion(str(wanted), known)}",
        )


def _service_port_names(service: Resource) -> set[str]:
    entries = [as_map(port) for port in as_list(as_map(service.body.get("spec")).get("ports"))]
    return {str(value) for port in entries for value in (port.get("name"), port.get("port")) if value is not None}


def _forwarded(repo: Repo) -> Iterator[Finding]:
    services = {r.name: r for r in manifests(repo) if r.kind == "Service"}
    for command in commands(repo):
        if services and "port-forward" in command.words and command.words[0].rpartition("/")[2] == "kubectl":
            for position, word in enumerate(command.words):
                match = re.fullmatch(r"(?:svc|service|services)/([\w.-]+)", word)
                if not match:
                    continue
                if match[1] not in services:
                    yield Finding(
                        command.path,
                        command.line,
                        f"there is no Service '{match[1]}': {suggestion(match[1], services)}",
                    )
                    continue
                for pair in command.words[position + 1 :]:
                    ports = re.fullmatch(r"(?:\d*:)?([\w-]+)", pair)
                    known = _service_port_names(services[match[1]])
                    if ports and known and re.search(r"\d", pair) and ports[1] not in known:
                        yield Finding(
                            command.path,
                            command.line,
                            f"Service '{match[1]}' has no port {ports[1]}: {suggestion(ports[1], known)}",
                        )
