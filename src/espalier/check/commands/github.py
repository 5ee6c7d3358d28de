"""Commands in GitHub workflows and actions, and the files that these name outside their scripts."""

import re
from collections.abc import Iterator
from typing import Any

from ..file_tree import path_from_root
from ..parse.yaml_ import Map
from ..repo import Repo
from ..workflows import Step, workflows
from .command import UNKNOWN, Command, script_commands_of
from .operands import FileUse

VERSION_AND_SETTINGS_FILES = (
    "python-version-file",
    "go-version-file",
    "node-version-file",
    "dockerfile",
    "config-file",
)


def workflow_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every step that runs bash or sh."""
    for workflow in workflows(repo):
        for step in workflow.steps:
            if step.script is not None:
                start = None if UNKNOWN.search(step.folder) else path_from_root("", step.folder)
                yield from script_commands_of(workflow.path, "workflow", step.script, step.script.line, start)


def workflow_file_uses(repo: Repo) -> Iterator[FileUse]:
    """Yield the files that a workflow names by an action's input, a folder, a local action, or ``hashFiles``."""
    for workflow in workflows(repo):
        for step in workflow.steps:
            yield from _step_files(workflow.path, step)
        for uses in workflow.used:
            if uses.startswith("./"):
                target = path_from_root("", uses) or ""
                if target.endswith((".yml", ".yaml")):
                    yield FileUse(workflow.path, uses.line, "workflow", target)
                elif not any(repo.is_file(f"{target}/{name}") for name in ("action.yml", "action.yaml", "Dockerfile")):
                    yield FileUse(workflow.path, uses.line, "workflow", f"{target}/action.yml")
        yield from _hashed_files(repo, workflow.path)


def _step_files(path: str, step: Step) -> Iterator[FileUse]:
    for key in VERSION_AND_SETTINGS_FILES:
        yield from _use(path, step.inputs, key)
    if "build-push-action" in step.action:
        yield from _use(path, step.inputs, "file")
        yield from _use(path, step.inputs, "context", folder=True)
    for name in str(step.inputs.get("cache-dependency-path") or "").split():
        yield from _literal(path, step.inputs.line_of("cache-dependency-path"), name)
    yield from _use(path, step.body, "working-directory", folder=True)


def _hashed_files(repo: Repo, path: str) -> Iterator[FileUse]:
    for number, line in enumerate(repo.text(path).split("\n"), 1):
        for call in re.findall(r"hashFiles\(([^)]*)\)", line) if "hashFiles" in line else ():
            for name in re.findall(r"'([^']+)'", call):
                yield from _literal(path, number, name)


def _use(path: str, container: Map, key: str, folder: bool = False) -> Iterator[FileUse]:
    value: Any = container.get(key)
    if isinstance(value, str):
        yield from _literal(path, container.line_of(key), value, folder)


def _literal(path: str, line: int, name: str, folder: bool = False) -> Iterator[FileUse]:
    target = path_from_root("", name) if name and not UNKNOWN.search(name) and "://" not in name else None
    if target:
        yield FileUse(path, line, "workflow", target, folder)
