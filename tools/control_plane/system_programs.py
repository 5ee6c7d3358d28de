"""The programs that the control plane needs from the system.

This module is used before anything is installed, so it needs nothing but Python's standard library.
"""

import shutil
import sys

if sys.version_info < (3, 11):  # noqa: UP036  # an older Python must reach this message instead of a traceback
    sys.exit(
        f"control plane: {sys.executable} is Python {sys.version.split()[0]}, and Python 3.11, 3.12 or 3.13 is needed; "
        "nothing was built or started"
    )

HOW_TO_GET = {
    "git": "apt-get install git",
    "go": "Go 1.26 or later, see go.dev/doc/install",
    "prometheus": "apt-get install prometheus",
    "redis-server": "apt-get install redis-server",
    "setpriv": "apt-get install util-linux",
}
# The programs that each purpose needs; Go is added if the control plane is not built yet.
NEEDED = {
    "build": (),
    "run": ("git", "redis-server", "setpriv"),
    "demo": ("git", "prometheus", "redis-server", "setpriv"),
}


class ProgramMissingError(Exception):
    """A program that the control plane needs is not installed."""


def require(purpose: str, *, compiled: bool) -> None:
    """Check that all programs for a purpose are on PATH.

    Args:
        purpose: a key of NEEDED.
        compiled: whether the control plane is already built, so that Go is not needed.

    Raises:
        ProgramMissingError: at least one is missing; the message names all that are, each with the way to get it.
    """
    names = NEEDED[purpose] if compiled else ("go", *NEEDED[purpose])
    if missing := [name for name in names if shutil.which(name) is None]:
        list_of_missing = ", ".join(f"{name} ({HOW_TO_GET[name]})" for name in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise ProgramMissingError(f"{list_of_missing} {verb} missing; nothing was built or started")
