"""NAME103: overlays, Argo CD, commands and addresses use the same namespace."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ..argocd import application_sources, applications
from ..commands.every_command import commands
from ..file_tree import path_from_root
from ..finding import Finding
from ..kustomize import included_resources, kustomizations, manifests
from ..parse.yaml_ import Text, as_list, as_map
from ..registry import rule
from ..repo import Repo
from ..source import Kind
from ..suggestion import closest, suggestion


@rule("NAME103", title="a namespace has two names")
def namespace_has_one_name(repo: Repo) -> Iterator[Finding]:
    """An overlay, the Argo CD Application that deploys it, the AppProject that allows it, and the recorded answer use
    the same namespace; so do ``kubectl -n`` in recipes, workflows and pages, and addresses
    ``<service>.<namespace>.svc``. The source repository of an Application is one that its project allows.

    Why: Argo CD creates the second namespace without asking, and the alerts continue to watch the first.
    Fix: write the overlay's namespace everywhere; template updates write the recorded answer.
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
                own.path,
                value.line,
                f"the namespace is '{value}', but the recorded answer '{answer}' requires '{wanted}'",
            )
        for resource in included_resources(repo, own.folder):
            # a kustomization renames the Namespace objects that it includes
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
        for source in application_sources(resource):
            folder = path_from_root("", str(source.get("path", "")))
            wanted = own_names.get(folder or "")
            if isinstance(namespace, str) and "{{" not in namespace and isinstance(wanted, str) and namespace != wanted:
                line = destination.line_of("namespace")
                yield Finding(
                    resource.path,
                    line,
                    f"the Application deploys to '{namespace}', but its overlay {folder} sets '{wanted}'",
                )


def _allowed_namespaces(repo: Repo) -> Iterator[Finding]:
    """Yield Applications whose project does not exist, or does not allow their repository or namespace."""
    projects = {r.name: as_map(r.body.get("spec")) for r in manifests(repo) if r.kind == "AppProject"}
    for resource in applications(repo):
        spec = as_map(resource.body.get("spec"))
        project, destination = spec.get("project"), as_map(spec.get("destination"))
        if not projects or not isinstance(project, Text) or project == "default":
            continue
        if project not in projects:
            message = f"the Application's project '{project}' does not exist: {suggestion(project, projects)}"
            yield Finding(resource.path, project.line, message)
            continue
        repositories = [str(url) for url in as_list(projects[project].get("sourceRepos"))]
        for source in application_sources(resource):
            url = source.get("repoURL")
            if isinstance(url, Text) and repositories and not any(fnmatchcase(url, p) for p in repositories):
                message = f"the Application reads from '{url}', which its project '{project}' does not allow"
                yield Finding(resource.path, url.line, f"{message}: {suggestion(url, repositories)}")
        allowed = [str(as_map(d).get("namespace")) for d in as_list(projects[project].get("destinations"))]
        namespace = destination.get("namespace")
        if isinstance(namespace, str) and allowed and not any(fnmatchcase(namespace, pattern) for pattern in allowed):
            line = destination.line_of("namespace")
            message = f"the Application deploys to '{namespace}', which its project '{project}' does not allow"
            yield Finding(resource.path, line, f"{message}: {suggestion(namespace, allowed)}")


def _addressed_namespaces(repo: Repo, known: set[str]) -> Iterator[Finding]:
    if not known:
        return
    for command in commands(repo):
        if command.words[0].rpartition("/")[2] in ("kubectl", "k", "helm", "argocd", "stern"):
            for position, word in enumerate(command.words):
                option, equals, value = word.partition("=")
                if option in ("-n", "--namespace"):
                    name = value if equals else (command.words[position + 1 : position + 2] or ("",))[0]
                    if name and name not in known and closest(name, known) and not re.search(r"[$<{]", name):
                        yield Finding(
                            command.path,
                            command.line,
                            f"no overlay has the namespace '{name}': {suggestion(name, known)}",
                        )
    services = {r.name for r in manifests(repo) if r.kind == "Service"}
    for path in repo.of_kind(Kind.YAML):
        text = repo.text(path)
        for match in re.finditer(r"\b([a-z0-9-]+)\.([a-z0-9-]+)\.svc\b", text) if ".svc" in text else ():
            service, namespace = match[1], match[2]
            line = text.count("\n", 0, match.start()) + 1
            if service in services and namespace not in known and closest(namespace, known):
                yield Finding(path, line, f"no overlay has the namespace '{namespace}': {suggestion(namespace, known)}")
            elif namespace in known and services and service not in services:
                yield Finding(path, line, f"'{namespace}' has no Service '{service}': {suggestion(service, services)}")
