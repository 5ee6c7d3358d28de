"""Every command of the repository, from all kinds of files."""

from ..repo import Repo
from .command import Command
from .docker import dockerfile_commands
from .dvc import stage_commands
from .github import workflow_commands
from .gitlab import gitlab_commands
from .jenkins import jenkins_commands
from .kubernetes import manifest_commands
from .make import recipe_commands
from .markdown import page_commands
from .pre_commit import hook_commands
from .shell_scripts import script_commands


def commands(repo: Repo) -> list[Command]:
    """Return every command of the repository."""
    return repo.once(_commands)


def _commands(repo: Repo) -> list[Command]:
    found: list[Command] = []
    for collect in (
        workflow_commands,
        gitlab_commands,
        jenkins_commands,
        stage_commands,
        recipe_commands,
        dockerfile_commands,
        manifest_commands,
        hook_commands,
        script_commands,
        page_commands,
    ):
        found.extend(collect(repo))
    return found
