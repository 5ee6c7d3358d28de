"""Processes that a test starts, and those that are still there after it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

# A shell has what it starts in the background ignore Ctrl-C, and this test run may be such a thing.
LISTENING = ("env", "--default-signal=INT")


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody waited for does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def left_behind(folder: Path) -> list[str]:
    """Programs that know the folder, by an argument or by their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if str(folder).encode() in said and int(process.name) != os.getpid():
            found.append(said.partition(b"\0")[0].decode())
    return found
