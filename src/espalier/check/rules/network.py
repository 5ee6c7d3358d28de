"""What is deployed together speaks of the same namespaces, ports and services."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ..calls import commands
from ..finding import Finding
from ..hints import instead, near
from ..kustomize import Resource, gathered, is_open, kustomizations, manifests, roots
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Kind, Repo, join
from .kubernetes import applications, exposed, is_ours, requests, served, sources


@rule("NAME103", title="a namespace is named two ways")
def namespace_has_one_name(repo: Repo) -> Iterator[Finding]:
    """An overlay, the Argo CD Application that deploys it, the AppProject that allows it and the recorded answer name
    one namespace; so does ``kubectl -n`` in recipes, workflows and pages, and every address
    ``<service>.<namespace>.svc``. What an Application reads from is a repository that its project allows.

    Why: Argo CD creates the second namespace without asking, and the alarms keep watching the first.
    Fix: write the overlay's namespace everywhere; the answer is the name that updates will write.
    Blind spot: overlays without ``namespace``, and namespaces of other teams.
    """
    answer = repo.answer("namespace")
    own_names = {own.folder: own.body.get("namespace") for own in kustomizations(repo).values()}
    known = {str(value) for value in own_names.values() if isinstance(value, str)}
    for own in kustomizations(repo).values():
        value = own.body.get("namespace")
        if not isinstance(value, Text):
            continue
        allowed = {answer, f"{answer}-{own.folder.rpartition('/')[2]}"} if answer else {str(value)}
        if str(value) not in allowed:
            wanted = f"{answer}-{own.folder.rpartition('/')[2]}"
            yield Finding(
                own.path, value.line, f"the namespace is '{value}', the answer '{answer}' asks for '{wanted}'"
            )
        for resource in gathered(repo, own.folder):
            # a Namespace that the kustomization brings is renamed by it
            if resource.namespace is not None and resource.namespace != str(value) and resource.kind != "Namespace":
                metadata = as_map(resource.body.get("metadata"))
                if resource.namespace not in known:
                    yield Finding(
                        resource.path,
                        metadata.line_of("namespace"),
                        f"the namespace is '{resource.namespace}' here and '{value}' in {own.path}",
                    )
    yield from _application_namespaces(repo, own_names)
    yield from _allowed_namespaces(repo)
    yield from _addressed_namespaces(repo, known)


def _application_namespaces(repo: Repo, own_names: dict[str, Any]) -> Iterator[Finding]:
    for resource in applications(repo):
        spec = as_map(resource.body.get("spec"))
        spec = as_map(as_map(spec.get("template")).get("spec")) if resource.kind == "ApplicationSet" else spec
        destination = as_map(spec.get("destination"))
        namespace = destination.get("namespace")
        for source in sources(resource):
            folder = join("", str(source.get("path", "")))
            wanted = own_names.get(folder or "")
            if isinstance(namespace, str) and "{{" not in namespace and isinstance(wanted, str) and namespace != wanted:
                line = destination.line_of("namespace")
                yield Finding(
                    resource.path,
                    line,
                    f"the Application deploys to '{namespace}', its overlay {folder} names '{wanted}'",
                )


def _allowed_namespaces(repo: Repo) -> Iterator[Finding]:
    """An Application's project is there and allows its repository and namespace."""
    projects = {r.name: as_map(r.body.get("spec")) for r in manifests(repo) if r.kind == "AppProject"}
    for resource in applications(repo):
        spec = as_map(resource.body.get("spec"))
        project, destination = spec.get("project"), as_map(spec.get("destination"))
        if not projects or not isinstance(project, Text) or project == "default":
            continue
        if project not in projects:
            message = f"the Application's project '{project}' is not there: {instead(project, projects)}"
            yield Finding(resource.path, project.line, message)
            continue
        repositories = [str(url) for url in as_list(projects[project].get("sourceRepos"))]
        for source in sources(resource):
            url = source.get("repoURL")
            if isinstance(url, Text) and repositories and not any(fnmatchcase(url, p) for p in repositories):
                message = f"the Application reads from '{url}', which its project '{project}' does not allow"
                yield Finding(resource.path, url.line, f"{message}: {instead(url, repositories)}")
        allowed = [str(as_map(d).get("namespace")) for d in as_list(projects[project].get("destinations"))]
        namespace = destination.get("namespace")
        if isinstance(namespace, str) and allowed and not any(fnmatchcase(namespace, pattern) for pattern in allowed):
            line = destination.line_of("namespace")
            message = f"the Application deploys to '{namespace}', which its project '{project}' does not allow"
            yield Finding(resource.path, line, f"{message}: {instead(namespace, allowed)}")


def _addressed_namespaces(repo: Repo, known: set[str]) -> Iterator[Finding]:
    if not known:
        return
    for command in commands(repo):
        if command.words[0].rpartition("/")[2] in ("kubectl", "k", "helm", "argocd", "stern"):
            for position, word in enumerate(command.words):
                option, equals, value = word.partition("=")
                if option in ("-n", "--namespace"):
                    name = value if equals else (command.words[position + 1 : position + 2] or ("",))[0]
                    if name and name not in known and near(name, known) and not re.search(r"[$<{]", name):
                        yield Finding(
                            command.path, command.line, f"no overlay has the namespace '{name}': {instead(name, known)}"
                        )
    services = {r.name for r in manifests(repo) if r.kind == "Service"}
    for path in repo.of_kind(Kind.YAML):
        text = repo.text(path)
        for match in re.finditer(r"\b([a-z0-9-]+)\.([a-z0-9-]+)\.svc\b", text) if ".svc" in text else ():
            service, namespace = match[1], match[2]
            line = text.count("\n", 0, match.start()) + 1
            if service in services and namespace not in known and near(namespace, known):
                yield Finding(path, line, f"no overlay has the namespace '{namespace}': {instead(namespace, known)}")
            elif namespace in known and services and service not in services:
                yield Finding(path, line, f"'{namespace}' has no Service '{service}': {instead(service, services)}")


@rule("NAME104", title="a port is named two ways")
def port_has_one_number(repo: Repo) -> Iterator[Finding]:
    """The port of the model's container is the one that its image exposes and its server listens on; a probe, a
    Service's ``targetPort`` and a network policy name a port of the container, by number or name.

    Why: the pod runs, the Service has endpoints, and every connection is refused.
    Fix: write one number, and refer to it by the port's name.
    Blind spot: ports that a variable sets at run time.
    """
    ports = exposed(repo)
    for resource in manifests(repo):
        for container in resource.containers:
            numbers = [p.get("containerPort") for p in map(as_map, as_list(container.get("ports")))]
            for item in mappings(container):
                get = as_map(item.get("httpGet") or item.get("tcpSocket") or item.get("grpc"))
                if "port" in get and numbers and not _has_port(container, get["port"]):
                    hint = instead(str(get["port"]), _port_names(container))
                    yield Finding(
                        resource.path,
                        get.line_of("port"),
                        f"a probe of '{container.get('name')}' asks port '{get['port']}': {hint}",
                    )
            for port in map(as_map, as_list(container.get("ports"))):
                number = port.get("containerPort")
                if is_ours(repo, container) and isinstance(number, int) and ports and number not in ports:
                    path, line = next(iter(ports.values()))
                    hint = ", ".join(map(str, sorted(ports)))
                    yield Finding(
                        resource.path,
                        port.line_of("containerPort"),
                        f"the container's port is {number}, {path}:{line} exposes {hint}",
                    )
    for own in _groups(repo):
        yield from _service_ports(own)
    yield from _listening(repo, ports)


def _port_names(container: Map) -> set[str]:
    entries = [as_map(port) for port in as_list(container.get("ports"))]
    return {
        str(value) for port in entries for value in (port.get("name"), port.get("containerPort")) if value is not None
    }


def _has_port(container: Map, port: Any) -> bool:
    return str(port) in _port_names(container)


def _groups(repo: Repo) -> list[list[Resource]]:
    """Resources that are deployed together: those of each root kustomization, and those that none takes in."""
    grouped = [gathered(repo, own.folder) for own in roots(repo)]
    taken = {id(resource.body) for group in grouped for resource in group}
    patches = {id(patch.body) for own in kustomizations(repo).values() for patch, _, _ in own.patches}
    loose = [r for r in manifests(repo) if id(r.body) not in taken | patches and not r.path.startswith(".github/")]
    components = {folder for own in kustomizations(repo).values() for folder in own.components}
    loose = [r for r in loose if r.path.rpartition("/")[0] not in components]
    return [*grouped, loose]


def _selected(group: list[Resource], selector: Map) -> list[Resource]:
    wanted = {key: str(value) for key, value in selector.items()}
    return [r for r in group if wanted and r.pod and wanted.items() <= r.pod_labels.items()]


def _service_ports(group: list[Resource]) -> Iterator[Finding]:
    for resource in group:
        spec = as_map(resource.body.get("spec"))
        if resource.kind == "Service":
            known = _pod_ports(group, as_map(spec.get("selector")))
            for port in map(as_map, as_list(spec.get("ports"))):
                key = "targetPort" if "targetPort" in port else "port"
                if known and port.get(key) is not None and str(port[key]) not in known:
                    message = f"Service '{resource.name}' sends to port '{port[key]}', which its pods do not have"
                    yield Finding(resource.path, port.line_of(key), f"{message}: {instead(str(port[key]), known)}")
        elif resource.kind == "NetworkPolicy":
            known = _pod_ports(group, as_map(as_map(spec.get("podSelector")).get("matchLabels")))
            for ingress in as_list(spec.get("ingress")):
                for port in map(as_map, as_list(as_map(ingress).get("ports"))):
                    if known and "port" in port and str(port["port"]) not in known:
                        message = f"NetworkPolicy '{resource.name}' lets in port '{port['port']}', which its pods lack"
                        hint = instead(str(port["port"]), known)
                        yield Finding(resource.path, port.line_of("port"), f"{message}: {hint}")


def _pod_ports(group: list[Resource], selector: Map) -> set[str]:
    """Names and numbers of the ports of the pods that the selector meets."""
    return {
        name for pod in _selected(group, selector) for container in pod.containers for name in _port_names(container)
    }


def _listening(repo: Repo, ports: dict[int, tuple[str, int]]) -> Iterator[Finding]:
    if not ports:
        return
    shown = ", ".join(map(str, sorted(ports)))
    where = ":".join(map(str, next(iter(ports.values()))))
    for command in commands(repo):
        if command.caller == "Dockerfile" or command.caller == "manifest":
            serves = "serve" in command.words or any("uvicorn" in word for word in command.words)
            for position, word in enumerate(command.words if serves else ()):
                option, equals, value = word.partition("=")
                if option == "--port":
                    number = value if equals else (command.words[position + 1 : position + 2] or ("",))[0]
                    if number.isdigit() and int(number) not in ports:
                        yield Finding(
                            command.path, command.line, f"the server listens on {number}, {where} exposes {shown}"
                        )
        elif command.words[0].rpartition("/")[2] in ("docker", "podman") and "run" in command.words[1:3]:
            for position, word in enumerate(command.words):
                if word in ("-p", "--publish") and _runs_own_image(repo, command.words):
                    match = re.fullmatch(
                        r"(?:[\d.]+:)?\d*:(\d+)(?:/tcp)?", (command.words[position + 1 : position + 2] or ("",))[0]
                    )
                    if match and int(match[1]) not in ports:
                        yield Finding(
                            command.path,
                            command.line,
                            f"publishes port {match[1]} of the container, {where} exposes {shown}",
                        )
    routes = served(repo)
    for path, line, port, asked, what in requests(repo):
        if what == "the health check" and port not in ports:
            yield Finding(path, line, f"the health check asks port {port}, {where} exposes {shown}")
        elif (
            what == "this page"
            and port not in ports
            and any(route.match(asked) for route in routes.values())
            # a page that forwards, publishes or serves another port names it once more
            and re.search(rf"\b{port}\b(?!/)", repo.text(path)) is None
        ):
            yield Finding(path, line, f"this page asks port {port}, {where} exposes {shown}")
    default = _default_port(repo)
    if default and default[2] not in ports:
        yield Finding(default[0], default[1], f"the server listens on {default[2]} by default, {where} exposes {shown}")


def _runs_own_image(repo: Repo, words: tuple[str, ...]) -> bool:
    slug = repo.answer("project_slug") or "\0"
    return any(slug in word or "IMAGE" in word for word in words)


def _default_port(repo: Repo) -> tuple[str, int, int] | None:
    path = "mlops/verbs/serve.py"
    tree = repo.python(path)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and any(isinstance(a, ast.Constant) and a.value == "--port" for a in node.args):
            for keyword in node.keywords:
                if (
                    keyword.arg == "default"
                    and isinstance(keyword.value, ast.Constant)
                    and isinstance(keyword.value.value, int)
                ):
                    return path, keyword.value.lineno, keyword.value.value
    return None


WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Rollout", "ReplicaSet", "Job", "CronJob", "Pod"}


@rule("NAME105", title="a service or workload is named two ways")
def service_has_one_name(repo: Repo) -> Iterator[Finding]:
    """What refers to a Service by name (an Ingress, route, rollout or monitor's port) names one that is deployed with
    it and a port it has; what selects pods by labels (a Service, a disruption budget) meets a workload's pods; what
    scales names a workload; ``kubectl port-forward`` names a Service and its port; a ServiceAccount is not misspelled.

    Why: each object is valid alone, and together they answer 503.
    Fix: correct the name, or the labels.
    Blind spot: objects that another repository deploys; kustomizations that take in something from elsewhere.
    """
    open_roots = any(is_open(repo, own.folder) for own in roots(repo))
    if open_roots:
        return
    for group in _groups(repo):
        services = {r.name: r for r in group if r.kind == "Service"}
        workloads = {r.name for r in group if r.kind in WORKLOADS}
        accounts = {r.name for r in group if r.kind == "ServiceAccount"}
        for resource in group:
            account = resource.pod.get("serviceAccountName")
            # an account of another repository has a name of its own; one that is only misspelled has not
            if isinstance(account, Text) and account not in accounts and near(account, accounts):
                message = f"{resource.kind} '{resource.name}' runs as the ServiceAccount '{account}'"
                yield Finding(resource.path, account.line, f"{message}: {instead(account, accounts)}")
            yield from _selectors(resource, group)
            yield from _service_references(resource, services)
            spec = as_map(resource.body.get("spec"))
            name = as_map(spec.get("scaleTargetRef") or spec.get("workloadRef")).get("name")
            if isinstance(name, Text) and workloads and name not in workloads:
                message = f"{resource.kind} '{resource.name}' scales '{name}', which is not deployed"
                yield Finding(resource.path, name.line, f"{message}: {instead(name, workloads)}")
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
    if selector and pods and not _selected(group, selector):
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
                    f"{resource.kind} '{resource.name}' names the Service '{name}': {instead(name, services)}",
                )
        backend = as_map(item.get("service")) if resource.kind == "Ingress" else Map(1)
        references = [backend] if backend else []
        if resource.kind in ("HTTPRoute", "GRPCRoute", "TCPRoute"):
            references += [
                as_map(r) for r in as_list(item.get("backendRefs")) if as_map(r).get("kind", "Service") == "Service"
            ]
        for reference in references:
            yield from _backend(resource, reference, services)
    if resource.kind == "ServiceMonitor":
        names = {
            str(p.get("name"))
            for s in services.values()
            for p in map(as_map, as_list(as_map(s.body.get("spec")).get("ports")))
        }
        for endpoint in map(as_map, as_list(as_map(spec).get("endpoints"))):
            if isinstance(endpoint.get("port"), Text) and endpoint["port"] not in names:
                message = f"ServiceMonitor '{resource.name}' scrapes port '{endpoint['port']}'"
                yield Finding(resource.path, endpoint.line_of("port"), f"{message}: {instead(endpoint['port'], names)}")


def _backend(resource: Resource, reference: Map, services: dict[str, Resource]) -> Iterator[Finding]:
    name = reference.get("name")
    if not isinstance(name, Text) or "namespace" in reference:
        return
    service = services.get(name)
    if service is None:
        yield Finding(
            resource.path,
            name.line,
            f"{resource.kind} '{resource.name}' sends to the Service '{name}': {instead(name, services)}",
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
            f"{resource.kind} '{resource.name}' sends to port '{wanted}' of '{name}': {instead(str(wanted), known)}",
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
                        command.path, command.line, f"there is no Service '{match[1]}': {instead(match[1], services)}"
                    )
                    continue
                for pair in command.words[position + 1 :]:
                    ports = re.fullmatch(r"(?:\d*:)?([\w-]+)", pair)
                    known = _service_port_names(services[match[1]])
                    if ports and known and re.search(r"\d", pair) and ports[1] not in known:
                        yield Finding(
                            command.path,
                            command.line,
                            f"Service '{match[1]}' has no port {ports[1]}: {instead(ports[1], known)}",
                        )
