"""Wait for processes that a test starts, and find those that still run after it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

# A shell makes background processes ignore Ctrl-C, and this test run may be one; this command resets it.
LISTENING = ("env", "--default-signal=INT")


def lives(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until a condition is met; fail if it is not met in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def left_behind(folder: Path) -> list[str]:
    """Return the running programs that have the folder in their arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            facts = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # the process ended in the meantime
            continue
        if str(folder).encode() in facts and int(process.name) != os.getpid():
            found.append(facts.partition(b"\0")[0].decode())
    return found
