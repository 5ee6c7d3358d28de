"""The settings that Terraform writes into the environment as one JSON document.

A field has the name of the input of the Terraform module; tests/infra/test_setting_names.py lists the exceptions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from espalier_runners.errors import ConfigurationError

VARIABLE = "ESPALIER_RUNNERS"
REPOSITORY = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+\Z")


@dataclass(frozen=True, slots=True)
class RunnerClass:
    """A set of labels, and the instances that serve jobs with these labels."""

    name: str
    labels: frozenset[str]  # lower case; the class serves a job that requests a subset of them
    gpus: Mapping[str, int]  # instance type to its number of GPUs, in order of preference
    spot: bool
    launch_template_id: str
    min: int  # idle runners to keep; 0 scales to zero
    max: int  # instances of the class at the same time
    runner_group: int


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """The GitHub App, and its installation in the account that owns the repositories."""

    id: str
    installation_id: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the pool."""

    max_instances: int
    max_gpu_hours_per_day: float  # of a UTC day; 0 starts no GPU instance
    job_max_wait_minutes: float
    idle_minutes: float
    boot_minutes: float
    lifetime_minutes: float
    max_failed_boots: int  # failed boots after which a job is refused


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the pool, except those of the reaper."""

    pool: str
    table_name: str
    queue_url: str
    configuration_path: str  # below it, one encrypted SSM parameter for each instance: its runner configuration
    kms_key_arn: str  # encrypts those parameters
    instance_arn_prefix: str  # followed by the ID of an instance
    github_api_url: str
    github_app: GitHubApp
    github_app_key_parameter: str
    github_webhook_secret_parameter: str
    organization: str  # empty: a runner is registered in the repository of its job
    repositories: frozenset[str]  # lower case
    allow_public_repositories: bool
    subnet_ids: tuple[str, ...]  # one for each zone
    classes: tuple[RunnerClass, ...]
    limits: Limits

    def runner_class(self, name: str) -> RunnerClass | None:
        """Return the class of this name, or None."""
        return next((found for found in self.classes if found.name == name), None)

    def scope(self, repository: str) -> str:
        """Return where runners for a repository are registered, as a path of the GitHub API."""
        return f"orgs/{self.organization}" if self.organization else f"repos/{repository}"

    def scopes(self) -> list[str]:
        """Return the scopes of all repositories, each once."""
        return sorted({self.scope(repository) for repository in self.repositories})

    def match(self, labels: frozenset[str]) -> RunnerClass | None:
        """Return the first class that has all labels of the job, without regard to case, as GitHub does."""
        wanted = frozenset(label.lower() for label in labels)
        if "self-hosted" not in wanted:
            return None  # a job for runners that GitHub hosts
        return next((found for found in self.classes if wanted <= found.labels | {"self-hosted"}), None)


def _picked(kind: type[Any], values: Mapping[str, Any], where: str) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    if missing := sorted(names - values.keys()):
        raise ConfigurationError(
            f"{VARIABLE}: {where} lacks {missing}; apply the Terraform module again, which writes them"
        )
    if unknown := sorted(values.keys() - names):
        raise ConfigurationError(
            f"{VARIABLE}: {where} has the unknown keys {unknown}; module and package have different versions"
        )
    return dict(values)


def parse(text: str | None) -> Settings:
    """Return the settings in a JSON document.

    Raises:
        ConfigurationError: If the document is missing, is not JSON, or has missing or unknown keys.
    """
    if not text:
        raise ConfigurationError(f"{VARIABLE} is empty: apply the Terraform module again, which sets it")
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{VARIABLE} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{VARIABLE} is not a JSON object")
    values = _picked(Settings, raw, "the settings")
    classes = []
    for entry in values["classes"]:
        found = _picked(RunnerClass, entry, f"class {entry.get('name')!r}")
        found["labels"] = frozenset(label.lower() for label in found["labels"])
        # pairs, because Terraform sorts the keys of a map, and the order of the types is their preference
        found["gpus"] = {kind: int(count) for kind, count in found["gpus"]}
        classes.append(RunnerClass(**found))
    values["classes"] = tuple(classes)
    values["limits"] = Limits(**_picked(Limits, values["limits"], "limits"))
    values["subnet_ids"] = tuple(values["subnet_ids"])
    values["github_app"] = GitHubApp(**_picked(GitHubApp, values["github_app"], "github_app"))
    values["repositories"] = frozenset(name.lower() for name in values["repositories"])
    if wrong := sorted(name for name in values["repositories"] if not REPOSITORY.match(name)):
        raise ConfigurationError(f"{VARIABLE}: repositories must be owner/name, these are not: {wrong}")
    return Settings(**values)
