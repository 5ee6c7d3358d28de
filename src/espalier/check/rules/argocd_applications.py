"""KUS103: paths in Argo CD Applications."""

from collections.abc import Iterator

from ..argocd import application_sources, applications
from ..file_tree import path_from_root
from ..finding import Finding
from ..kustomize import kustomizations
from ..parse.yaml_ import Text
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean


@rule("KUS103", title="an Argo CD Application points to a folder that does not exist")
def application_path_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``spec.source.path`` of an Application is a folder of this repository.

    Why: the Application stays in an error state that only Argo CD shows.
    Fix: correct the path.
    Blind spot: charts are not checked; an Application of another repository is treated as one of this repository.
    """
    for resource in applications(repo):
        for source in application_sources(resource):
            path = source.get("path")
            if isinstance(path, Text) and "chart" not in source and "{{" not in path:
                place = path_from_root("", path)
                if place is not None and not repo.is_folder(place):
                    hint = did_you_mean(place, kustomizations(repo))
                    yield Finding(resource.path, path.line, f"the Application's path '{path}' does not exist{hint}")
