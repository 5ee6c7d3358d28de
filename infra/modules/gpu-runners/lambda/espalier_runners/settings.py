"""The settings that Terraform writes into the environment, as one JSON document."""

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
    """Label set, and the machines that serve it."""

    name: str
    labels: frozenset[str]  # lower case; a job that asks for a subset of them is served
    gpus: Mapping[str, int]  # instance type to its number of GPUs, in order of preference
    spot: bool
    launch_template_id: str
    min: int  # idle runners to keep, 0 scales to zero
    max: int
    runner_group: int


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """The GitHub App, and its installation in the account that owns the repositories."""

    id: str
    installation_id: str


@dataclass(frozen=True, slots=True)
class Limits:
    max_instances: int
    max_gpu_hours_per_day: float  # of a UTC day; 0 refuses every GPU
    job_max_wait_minutes: float
    idle_minutes: float
    boot_minutes: float
    lifetime_minutes: float
    max_failed_boots: int  # failed boots after which a job is refused


@dataclass(frozen=True, slots=True)
class Settings:
    pool: str
    table_name: str
    queue_url: str
    configuration_path: str  # below it, one encrypted SSM parameter for each instance: its runner configuration
    kms_key_arn: str  # encrypts those parameters
    instance_arn_prefix: str  # of this account and region, up to the instance's id
    github_api_url: str
    github_app: GitHubApp
    github_app_key_parameter: str
    github_webhook_secret_parameter: str
    organization: str  # empty: a runner belongs to the repository of its job
    repositories: frozenset[str]  # lower case
    allow_public_repositories: bool
    subnet_ids: tuple[str, ...]  # one for each zone
    classes: tuple[RunnerClass, ...]
    limits: Limits

    def runner_class(self, name: str) -> RunnerClass | None:
        return next((found for found in self.classes if found.name == name), None)

    def scope(self, repository: str) -> str:
        """Where the runner of a job of this repository is registered, as a path of GitHub's API."""
        return f"orgs/{self.organization}" if self.organization else f"repos/{repository}"

    def scopes(self) -> list[str]:
        return sorted({self.scope(repository) for repository in self.repositories})

    def match(self, labels: frozenset[str]) -> RunnerClass | None:
        """The first class that has all labels of the job; GitHub ignores their case, and so do we."""
        wanted = frozenset(label.lower() for label in labels)
        if "self-hosted" not in wanted:
            return None  # a job for GitHub's own machines
        return next((found for found in self.classes if wanted <= found.labels | {"self-hosted"}), None)


def _picked(kind: type[Any], values: Mapping[str, Any], where: str) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    if missing := sorted(names - values.keys()):
        raise ConfigurationError(f"{VARIABLE}: {where} lacks {missing}; Terraform writes it, so apply the module again")
    if unknown := sorted(values.keys() - names):
        raise ConfigurationError(f"{VARIABLE}: {where} has unknown {unknown}; module and package differ in version")
    return dict(values)


def parse(text: str | None) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: they are missing, no JSON, or lack something.
    """
    if not text:
        raise ConfigurationError(f"{VARIABLE} is empty: Terraform sets it on the function")
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{VARIABLE} is no JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{VARIABLE} is no JSON object")
    values = _picked(Settings, raw, "the settings")
    classes = []
    for entry in values["classes"]:
        found = _picked(RunnerClass, entry, f"class {entry.get('name')!r}")
        found["labels"] = frozenset(label.lower() for label in found["labels"])
        # Terraform sorts the keys of a map, and the order of the types is their preference: hence pairs
        found["gpus"] = {kind: int(count) for kind, count in found["gpus"]}
        classes.append(RunnerClass(**found))
    values["classes"] = tuple(classes)
    values["limits"] = Limits(**_picked(Limits, values["limits"], "limits"))
    values["subnet_ids"] = tuple(values["subnet_ids"])
    values["github_app"] = GitHubApp(**_picked(GitHubApp, values["github_app"], "github_app"))
    values["repositories"] = frozenset(name.lower() for name in values["repositories"])
    if wrong := sorted(name for name in values["repositories"] if not REPOSITORY.match(name)):
        raise ConfigurationError(f"{VARIABLE}: not owner/name: {wrong}")
    return Settings(**values)
