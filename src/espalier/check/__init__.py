"""Read a generated repository as one thing and find what schema linters cannot see.

Needs the standard library and PyYAML only, so that the generator's hook, ``make check`` and ``espalier check`` run
the same code anywhere. It opens no connection, runs nothing (unless ``--tools`` asks for it) and changes nothing.

    >>> from espalier import check
    >>> findings = check.run(Path("my-model"))
    >>> exit_code = check.main(["my-model", "--format", "json"])
"""

from .cli import main
from .file_tree import UnusableRepositoryError
from .finding import Finding, Severity
from .runner import run

__all__ = ["Finding", "Severity", "UnusableRepositoryError", "main", "run"]
