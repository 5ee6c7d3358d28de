"""The model's server as the repository describes it: its image, its ports, its paths, and requests to it."""

import ast
import re
from collections.abc import Iterator

from .commands.docker import dockerfiles
from .commands.every_command import commands
from .kustomize import image_overrides, split_image
from .parse.yaml_ import Map
from .repo import Repo
from .source import Kind


def local_requests(repo: Repo) -> Iterator[tuple[str, int, int, str, str]]:
    """Yield path, line, port, requested path and caller of each request to localhost in a command."""
    address = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):(\d{2,5})(/[^\s'\"?#)]*)?")
    for command in commands(repo):
        if command.caller == "page" and command.words[0] not in ("curl", "wget", "http"):
            continue
        for word in command.words:
            for match in address.finditer(word) if "://" in word else ():
                if not re.search(r"[${<*]", match[2] or ""):
                    what = "the health check" if command.caller == "Dockerfile" else f"this {command.caller}"
                    yield command.path, command.line, int(match[1]), match[2] or "/", what


def runs_own_image(repo: Repo, container: Map) -> bool:
    """Return whether the container runs this repository's image."""
    if container.get("name") == "model":
        return True
    name = split_image(str(container.get("image", "")))[0]
    slug = repo.answer("project_slug")
    return bool(name) and (name in image_overrides(repo) or (slug is not None and name.rpartition("/")[2] == slug))


def exposed_ports(repo: Repo) -> dict[int, tuple[str, int]]:
    """Return the ports that the model's Dockerfiles expose, with path and line; servers in ``infra/`` do not count."""
    found: dict[int, tuple[str, int]] = {}
    for path, parsed in dockerfiles(repo).items():
        if path.startswith("infra/"):
            continue
        for instruction in parsed.instructions:
            if instruction.name == "EXPOSE":
                for word in parsed.resolve(instruction.text).split():
                    number = word.split("/")[0]
                    if number.isdigit():
                        found.setdefault(int(number), (path, instruction.line))
    return found


METHODS = {
    "get", "post", "put", "delete", "patch", "head", "options", "route", "api_route", "websocket", "mount",
    "add_route", "add_api_route", "add_websocket_route", "Route", "Mount", "WebSocketRoute", "expose",
}  # fmt: skip


def served_paths(repo: Repo) -> dict[str, re.Pattern[str]]:
    """Return the paths that the application in ``mlops/serving/`` serves, as written and as patterns."""
    return repo.once(_served_paths)


def _served_paths(repo: Repo) -> dict[str, re.Pattern[str]]:
    paths: set[str] = set()
    prefixes = {""}
    mounted: set[str] = set()
    for file in repo.of_kind(Kind.PYTHON):
        tree = repo.python(file) if file.startswith("mlops/serving") else None
        for node in ast.walk(tree) if tree else ():
            if not isinstance(node, ast.Call):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            named = {k.arg: k.value for k in node.keywords}
            if function in METHODS:
                value = node.args[0] if node.args else named.get("path") or named.get("endpoint")
                if function == "expose":
                    value = named.get("endpoint", ast.Constant("/metrics"))
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.startswith("/"):
                    (mounted if function in ("mount", "Mount") else paths).add(value.value)
            prefix = named.get("prefix") or named.get("root_path")
            if isinstance(prefix, ast.Constant) and isinstance(prefix.value, str):
                prefixes.add(prefix.value)
    if not paths and not mounted:
        return {}
    paths |= {"/docs", "/openapi.json", "/redoc"}
    every = {prefix + path: _route(prefix + path) for prefix in prefixes for path in paths}
    every.update({path: re.compile(re.escape(path.rstrip("/")) + r"(?:/.*)?\Z") for path in mounted})
    return every


def _route(path: str) -> re.Pattern[str]:
    pattern = re.sub(r"\\\{\w+:path\\\}", ".+", re.escape(path))
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern) + r"\Z")
