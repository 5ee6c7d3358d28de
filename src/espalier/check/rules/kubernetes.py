"""Kustomizations hold together, and what they deploy fits the application."""

import ast
import re
from collections.abc import Iterator

from ..calls import commands, dockerfiles
from ..finding import Finding
from ..hints import instead, near
from ..kustomize import (
    NAMES,
    Kustomization,
    Resource,
    as_components_leave,
    gathered,
    image_overrides,
    is_open,
    kustomizations,
    local,
    manifests,
    meets,
    split_image,
    taken_in,
)
from ..parse.yaml_ import Map, Text, as_list, as_map, mappings, texts
from ..registry import rule
from ..repo import Kind, Repo, join


@rule("KUS101", title="a kustomization names a file that is not there")
def kustomization_files_exist(repo: Repo) -> Iterator[Finding]:
    """Every resource, component, patch, generator file and setting of a kustomization is there; a folder that is
    named holds a kustomization that does not take in this one, and a file lies in or below the kustomization's folder.

    Why: ``kustomize build`` refuses the whole overlay, and the cluster stays at the last version without a word.
    Fix: correct the path, or add the file.
    Blind spot: what is fetched from elsewhere, and plugins' own files.
    """
    for own in kustomizations(repo).values():
        for line, name, key in _named_files(own.body):
            place = local(own.folder, name)
            if place is None:
                if name.startswith(("../", "/")):
                    yield Finding(own.path, line, f"{key} names '{name}', which is outside this repository")
                continue
            if repo.is_folder(place):
                if key in ("resources", "bases", "components") and _comes_back(repo, place, own.folder):
                    yield Finding(own.path, line, f"{key} names the folder '{name}', which takes in this one: a cycle")
                elif key in ("resources", "bases", "components") and place not in kustomizations(repo):
                    yield Finding(
                        own.path, line, f"{key} names the folder '{name}', which holds none of {', '.join(NAMES)}"
                    )
            elif not repo.is_file(place):
                close = near(place, [*repo.files, *kustomizations(repo)])
                hint = f": did you mean '{close[0]}'?" if close else ""
                yield Finding(own.path, line, f"{key} names '{name}', which is not there{hint}")
            elif own.folder and not place.startswith(own.folder + "/"):
                yield Finding(
                    own.path, line, f"{key} names the file '{name}' outside this folder, which kustomize refuses"
                )


def _comes_back(repo: Repo, place: str, folder: str) -> bool:
    return any(own.folder == folder for own in taken_in(repo, place))


def _named_files(body: Map) -> Iterator[tuple[int, str, str]]:
    """Line, path and key of each file or folder that a kustomization names."""
    for key in (
        "resources",
        "bases",
        "components",
        "crds",
        "configurations",
        "transformers",
        "generators",
        "validators",
    ):
        for name in texts(body.get(key)):
            if "\n" not in name:
                yield name.line, name, key
    for name in texts(body.get("patchesStrategicMerge")):
        if "\n" not in name:
            yield name.line, name, "patchesStrategicMerge"
    for key in ("patches", "patchesJson6902", "replacements"):
        for item in as_list(body.get(key)):
            file = as_map(item).get("path")
            if isinstance(file, Text):
                yield file.line, file, key
    for key in ("configMapGenerator", "secretGenerator"):
        for item in as_list(body.get(key)):
            for source in ("files", "envs", "env"):
                for name in texts(as_map(item).get(source)):
                    yield name.line, name.rpartition("=")[2], key


SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")  # whose replicas kustomize sets


@rule("KUS102", title="a patch has no target")
def patch_target_exists(repo: Repo) -> Iterator[Finding]:
    """Every patch of a kustomization meets at least one resource that the kustomization, or for a component each
    kustomization that takes it in, brings; a container that it patches is one of the resource's containers, and what
    ``replicas`` scales is there.

    Why: kustomize refuses a patch without target or leaves it out in silence, and adds a container that is misspelled.
    Fix: correct kind or name of the target, or the name of the container.
    Blind spot: targets by label or annotation, paths inside a JSON patch, and resources fetched from elsewhere.
    """
    every = kustomizations(repo)
    for own in every.values():
        users = [o for o in every.values() if own.folder in o.components] if own.is_component else [own]
        for user in users:
            if is_open(repo, user.folder):
                continue
            known = gathered(repo, user.folder) if own.is_component else as_components_leave(repo, user.folder)
            where = f" in {user.folder}" if user is not own else ""
            for patch, target, line in own.patches:
                yield from _judge_patch(own, patch, target, line, known, where)
            scaled = [r.name for r in known if r.kind in SCALED]
            for entry in map(as_map, as_list(own.body.get("replicas"))):
                name = entry.get("name")
                if isinstance(name, Text) and name not in scaled:
                    message = f"replicas are set for '{name}', which is not there{where}: {instead(name, scaled)}"
                    yield Finding(own.path, name.line, message)


def _judge_patch(
    own: Kustomization, patch: Resource, target: Map, line: int, known: list[Resource], where: str
) -> Iterator[Finding]:
    if "labelSelector" in target or "annotationSelector" in target:
        return
    kind = str(target.get("kind", "") if target else patch.kind)
    name = str(target.get("name", "") if target else patch.name)
    if not target and not (kind and name):
        return  # a list of operations without target; kustomize's own message is clear
    met = [r for r in known if (meets(r, target) if target else (r.kind, r.name) == (kind, name))]
    path, at = (own.path, line) if target or patch.line_offset else (patch.path, patch.line)
    if not met:
        of_kind = [r.name for r in known if not kind or r.kind == kind]
        wanted = " ".join(filter(None, (kind, f"'{name}'" if name else "")))
        others = sorted({r.kind for r in known if r.name == name and r.pod})
        hint = f"'{name}' is a {' and a '.join(others)} here" if others else f"there is no {kind or 'resource'}"
        if of_kind:
            hint = instead(name, of_kind)
        yield Finding(path, at, f"a patch is meant for {wanted or 'nothing'}, which is not there{where}: {hint}")
        return
    names = {str(c.get("name")) for r in met for c in r.containers}
    for container in patch.containers:
        if names and str(container.get("name")) not in names and "image" not in container:
            message = f"a patch names the container '{container.get('name')}' of {kind} '{met[0].name}'"
            at = container.line_of("name") + patch.line_offset
            yield Finding(
                patch.path, at, f"{message}, which has no such container: {instead(str(container.get('name')), names)}"
            )


@rule("KUS103", title="an Argo CD Application points to a folder that is not there")
def application_path_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``spec.source.path`` of an Application is a folder of this repository.

    Why: the Application stays in an error that only the Argo CD page shows.
    Fix: correct the path.
    Blind spot: Applications that deploy another repository are taken to deploy this one; charts are left out.
    """
    for resource in applications(repo):
        for source in sources(resource):
            path = source.get("path")
            if isinstance(path, Text) and "chart" not in source and "{{" not in path:
                place = join("", path)
                if place is not None and not repo.is_folder(place):
                    close = near(place, kustomizations(repo))
                    hint = f": did you mean '{close[0]}'?" if close else ""
                    yield Finding(resource.path, path.line, f"the Application's path '{path}' is not there{hint}")


def applications(repo: Repo) -> list[Resource]:
    """Argo CD's Applications, and the templates of ApplicationSets."""
    return [
        r
        for r in manifests(repo)
        if r.kind in ("Application", "ApplicationSet") and "argoproj" in str(r.body.get("apiVersion"))
    ]


def sources(resource: Resource) -> list[Map]:
    """The sources of an Application."""
    spec = as_map(resource.body.get("spec"))
    if resource.kind == "ApplicationSet":
        spec = as_map(as_map(spec.get("template")).get("spec"))
    return [as_map(spec.get("source")), *map(as_map, as_list(spec.get("sources")))]


@rule("KUS104", title="a probe or scrape asks for a path that the application does not serve")
def probe_path_is_served(repo: Repo) -> Iterator[Finding]:
    """Every HTTP probe of the model's container, the health check of its image, a scrape of its metrics, and every
    ``curl`` of a page to it, asks for a path that a route in ``mlops/serving/`` answers.

    Why: a probe that gets 404 restarts a healthy pod for ever, or never lets it have traffic.
    Fix: correct the path, or add the route.
    Blind spot: routes whose path is put together at run time; containers of other images.
    """
    routes = served(repo)
    if not routes:
        return
    for resource in manifests(repo):
        for container in resource.containers:
            if not is_ours(repo, container):
                continue
            for key in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
                for item in mappings(container.get(key)):
                    if "httpGet" in item:
                        get = as_map(item["httpGet"])
                        yield from _judge_path(
                            resource.path,
                            get.line_of("path"),
                            get.get("path"),
                            f"{key} of '{container.get('name')}'",
                            routes,
                        )
        if resource.kind in ("ServiceMonitor", "PodMonitor"):
            for item in mappings(resource.body.get("spec")):
                if "path" in item and "port" in item:
                    yield from _judge_path(resource.path, item.line_of("path"), item["path"], resource.kind, routes)
        for item in mappings(resource.body):
            if "prometheus.io/path" in item:
                yield from _judge_path(
                    resource.path, item.line_of("prometheus.io/path"), item["prometheus.io/path"], "the scrape", routes
                )
    ports = {port for port in exposed(repo)} or {8080}
    for path, line, port, asked, what in requests(repo):
        if port in ports:
            yield from _judge_path(path, line, asked, what, routes)


def requests(repo: Repo) -> Iterator[tuple[str, int, int, str, str]]:
    """Path, line, port, asked path and caller of each request to this machine that a command makes."""
    address = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):(\d{2,5})(/[^\s'\"?#)]*)?")
    for command in commands(repo):
        if command.caller == "page" and command.words[0] not in ("curl", "wget", "http"):
            continue
        for word in command.words:
            for match in address.finditer(word) if "://" in word else ():
                if not re.search(r"[${<*]", match[2] or ""):
                    what = "the health check" if command.caller == "Dockerfile" else f"this {command.caller}"
                    yield command.path, command.line, int(match[1]), match[2] or "/", what


def _judge_path(
    path: str, line: int, asked: object, what: str, routes: dict[str, re.Pattern[str]]
) -> Iterator[Finding]:
    if not isinstance(asked, str) or "$" in asked or "{{" in asked:
        return
    plain = "/" + asked.split("?")[0].lstrip("/")
    if not any(route.match(plain) for route in routes.values()):
        yield Finding(
            path, line, f"{what} asks for '{asked}', which the application does not serve: {instead(plain, routes)}"
        )


def is_ours(repo: Repo, container: Map) -> bool:
    """Whether the container runs this repository's image."""
    if container.get("name") == "model":
        return True
    name = split_image(str(container.get("image", "")))[0]
    slug = repo.answer("project_slug")
    return bool(name) and (name in image_overrides(repo) or (slug is not None and name.rpartition("/")[2] == slug))


def exposed(repo: Repo) -> dict[int, tuple[str, int]]:
    """Ports that the model's Dockerfiles expose, each with its place; servers in ``infra/`` have ports of their own."""
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


def served(repo: Repo) -> dict[str, re.Pattern[str]]:
    """The paths that the application in ``mlops/serving/`` answers, as written and as patterns."""
    return repo.once(_served)


def _served(repo: Repo) -> dict[str, re.Pattern[str]]:
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
