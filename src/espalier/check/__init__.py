"""Check a generated repository as a whole and find defects that schema linters cannot find.

The package needs only the standard library and PyYAML, so that the generator's hook, ``make check`` and ``espalier
check`` run the same code anywhere. It opens no network connection, runs no program (except with ``--tools``) and
changes no file.

Layout: ``rules/`` contains the rules, ``commands/`` the commands that files contain, ``parse/`` the parsers,
``workflows.py`` GitHub workflows, ``kustomize.py`` Kubernetes objects, ``repo.py`` the repository as rules see it.

    >>> from espalier import check
    >>> findings = check.run(Path("my-model"))
    >>> exit_code = check.main(["my-model", "--format", "json"])
"""

from .cli import main
from .file_tree import UnusableRepositoryError
from .finding import Finding, Severity
from .runner import run

__all__ = ["Finding", "Severity", "UnusableRepositoryError", "main", "run"]
