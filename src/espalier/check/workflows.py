"""GitHub workflows and the repository's own actions, each read once into a view that every rule uses."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .parse.yaml_ import Map, Text, as_list, as_map, mappings
from .repo import Repo
from .source import Kind

WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
ACTION = re.compile(r"(?:.*/)?action\.ya?ml")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job or of a composite action."""

    body: Map
    default_folder: str  # the folder of the job's or workflow's defaults, as it is written

    @property
    def inputs(self) -> Map:
        """What the step passes to its action."""
        return as_map(self.body.get("with"))

    @property
    def action(self) -> str:
        """The action that the step runs, with its version; empty for a script."""
        return str(self.body.get("uses", ""))

    @property
    def script(self) -> Text | None:
        """The text that the step runs in bash or sh; None if it runs an action or another shell."""
        run = self.body.get("run")
        shell = str(self.body.get("shell", "bash")).split()[0:1]
        return run if isinstance(run, Text) and shell in (["bash"], ["sh"]) else None

    @property
    def folder(self) -> str:
        """The working directory as it is written."""
        return str(self.body.get("working-directory", self.default_folder))


@dataclass(frozen=True)
class Workflow:
    """A workflow, or an action of the repository."""

    path: str
    document: Any  # the first YAML document

    @property
    def is_action(self) -> bool:
        """Return whether this is an action and not a workflow."""
        return WORKFLOW.fullmatch(self.path) is None

    @cached_property
    def jobs(self) -> list[Map]:
        """The jobs in the order of the file; an action has none."""
        return [as_map(job) for job in as_map(as_map(self.document).get("jobs")).values()]

    @cached_property
    def steps(self) -> list[Step]:
        """The steps of all jobs, or of a composite action."""
        document = as_map(self.document)
        default = _working_directory(document, "")
        steps = [
            Step(as_map(step), _working_directory(job, default))
            for job in self.jobs
            for step in as_list(job.get("steps"))
        ]
        return steps + [Step(as_map(step), "") for step in as_list(as_map(document.get("runs")).get("steps"))]

    @cached_property
    def mappings(self) -> list[Map]:
        """Every mapping of the document, at any depth."""
        return list(mappings(self.document))

    @cached_property
    def used(self) -> list[Text]:
        """The value of every ``uses:``, of steps and of jobs."""
        return [uses for item in self.mappings if isinstance(uses := item.get("uses"), Text)]


def workflows(repo: Repo) -> list[Workflow]:
    """Return the workflows of the repository and its own actions."""
    return repo.once(_read)


def _read(repo: Repo) -> list[Workflow]:
    return [
        Workflow(path, repo.yaml(path).first)
        for path in repo.of_kind(Kind.YAML)
        if WORKFLOW.fullmatch(path) or ACTION.fullmatch(path)
    ]


def _working_directory(holder: Map, otherwise: str) -> str:
    value = as_map(as_map(holder.get("defaults")).get("run")).get("working-directory")
    return str(value) if isinstance(value, str) else otherwise
