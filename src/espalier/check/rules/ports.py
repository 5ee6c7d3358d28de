"""NAME104: containers, images, Services, probes and network policies use the same port."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from ..commands.every_command import commands
from ..finding import Finding
from ..kustomize import Resource, deployed_together, manifests, selected_pods
from ..model_server import exposed_ports, local_requests, runs_own_image, served_paths
from ..parse.yaml_ import Map, as_list, as_map, mappings
from ..registry import rule
from ..repo import Repo
from ..suggestion import suggestion


@rule("NAME104", title="a port has two numbers")
def port_has_one_number(repo: Repo) -> Iterator[Finding]:
    """The port of the model's container is the one that its image exposes and its server listens on; a probe, a
    Service's ``targetPort`` and a network policy refer to a port of the container, by number or name.

    Why: the pod runs, the Service has endpoints, and every connection is refused.
    Fix: write the number once, and refer to it by the port's name.
    Blind spot: ports that a variable sets at run time.
    """
    ports = exposed_ports(repo)
    for resource in manifests(repo):
        for container in resource.containers:
            numbers = [p.get("containerPort") for p in map(as_map, as_list(container.get("ports")))]
            for item in mappings(container):
                get = as_map(item.get("httpGet") or item.get("tcpSocket") or item.get("grpc"))
                if "port" in get and numbers and not _has_port(container, get["port"]):
                    hint = suggestion(str(get["port"]), _port_names(container))
                    yield Finding(
                        resource.path,
                        get.line_of("port"),
                        f"a probe of '{container.get('name')}' requests port '{get['port']}': {hint}",
                    )
            for port in map(as_map, as_list(container.get("ports"))):
                number = port.get("containerPort")
                if runs_own_image(repo, container) and isinstance(number, int) and ports and number not in ports:
                    path, line = next(iter(ports.values()))
                    hint = ", ".join(map(str, sorted(ports)))
                    yield Finding(
                        resource.path,
                        port.line_of("containerPort"),
                        f"the container's port is {number}, but {path}:{line} exposes {hint}",
                    )
    for own in deployed_together(repo):
        yield from _service_and_policy_ports(own)
    yield from _listening(repo, ports)


def _port_names(container: Map) -> set[str]:
    entries = [as_map(port) for port in as_list(container.get("ports"))]
    return {
        str(value) for port in entries for value in (port.get("name"), port.get("containerPort")) if value is not None
    }


def _has_port(container: Map, port: Any) -> bool:
    return str(port) in _port_names(container)


def _service_and_policy_ports(group: list[Resource]) -> Iterator[Finding]:
    for resource in group:
        spec = as_map(resource.body.get("spec"))
        if resource.kind == "Service":
            known = _pod_ports(group, as_map(spec.get("selector")))
            for port in map(as_map, as_list(spec.get("ports"))):
                key = "targetPort" if "targetPort" in port else "port"
                if known and port.get(key) is not None and str(port[key]) not in known:
                    message = f"Service '{resource.name}' sends to port '{port[key]}', which its pods do not have"
                    yield Finding(resource.path, port.line_of(key), f"{message}: {suggestion(str(port[key]), known)}")
        elif resource.kind == "NetworkPolicy":
            known = _pod_ports(group, as_map(as_map(spec.get("podSelector")).get("matchLabels")))
            for ingress in as_list(spec.get("ingress")):
                for port in map(as_map, as_list(as_map(ingress).get("ports"))):
                    if known and "port" in port and str(port["port"]) not in known:
                        message = (
                            f"NetworkPolicy '{resource.name}' allows port '{port['port']}', which its pods do not have"
                        )
                        hint = suggestion(str(port["port"]), known)
                        yield Finding(resource.path, port.line_of("port"), f"{message}: {hint}")


def _pod_ports(group: list[Resource], selector: Map) -> set[str]:
    """Return the names and numbers of the ports of the selected pods."""
    return {
        name
        for pod in selected_pods(group, selector)
        for container in pod.containers
        for name in _port_names(container)
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
                            command.path, command.line, f"the server listens on {number}, but {where} exposes {shown}"
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
                            f"publishes port {match[1]} of the container, but {where} exposes {shown}",
                        )
    routes = served_paths(repo)
    for path, line, port, asked, what in local_requests(repo):
        if what == "the health check" and port not in ports:
            yield Finding(path, line, f"the health check requests port {port}, but {where} exposes {shown}")
        elif (
            what == "this page"
            and port not in ports
            and any(route.match(asked) for route in routes.values())
            # a page that forwards, publishes or serves another port contains that number again
            and re.search(rf"\b{port}\b(?!/)", repo.text(path)) is None
        ):
            yield Finding(path, line, f"this page requests port {port}, but {where} exposes {shown}")
    default = _default_port(repo)
    if default and default[2] not in ports:
        yield Finding(
            default[0], default[1], f"the server listens on {default[2]} by default, but {where} exposes {shown}"
        )


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
