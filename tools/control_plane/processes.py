"""Background programs that end when the process that started them ends."""

import os
import random
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")

# Below the ports that Linux and macOS use for outgoing connections, so that none of those takes a port that was chosen.
PORTS = range(20000, 32000)


# The kernel reports only the death of a parent after setpriv has requested it: this checks for an earlier death.
WITH_ITS_PARENT = 'if [ "$PPID" = "$0" ]; then exec "$@"; fi'


class ProcessEndedError(Exception):
    """A program ended unexpectedly; the message contains the end of its log."""


class WaitTimeoutError(Exception):
    """A condition was not met in time."""


def end_on_sigterm() -> None:
    """Make SIGTERM raise KeyboardInterrupt, so that `kill` cleans up as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def free_ports(number: int) -> list[int]:
    """Return different ports of 127.0.0.1 on which no program listens.

    Raises:
        WaitTimeoutError: there are too few.
    """
    with ExitStack() as held:
        found: list[int] = []
        for port in random.sample(PORTS, len(PORTS)):
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
            if len(found) == number:
                return found
    raise WaitTimeoutError(f"{number} free ports in {PORTS}: only {len(found)} are free")


@dataclass(frozen=True, slots=True)
class Process:
    """A program that was started; its output goes to ``log``."""

    name: str
    log: Path
    handle: "subprocess.Popen[bytes]"

    @property
    def last_lines(self) -> str:
        """Return the end of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-15:])


class Processes:
    """All programs of one control plane, each with a log below ``folder``; leaving the context kills them.

    They are killed instead of terminated, because their data is in a temporary folder and is not read again. The kernel
    also kills them when any signal ends this process before it leaves the context.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[Process] = []
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Process:
        """Start a program in its own session, so that Ctrl-C in the terminal reaches only this process."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            handle = subprocess.Popen(
                # the parent is the calling thread: call this from a thread that lives as long as the programs
                ["setpriv", "--pdeathsig", "KILL", "sh", "-c", WITH_ITS_PARENT, str(os.getpid()), *command],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = Process(name, log, handle)
        self.running.append(process)
        return process

    def end(self, process: Process) -> None:
        """Kill one program and the programs that it started."""
        self.running.remove(process)
        if process.handle.poll() is None:
            os.killpg(process.handle.pid, signal.SIGKILL)
        process.handle.wait()

    def stop(self) -> None:
        """Kill all programs, the last one that was started first."""
        for process in reversed(self.running.copy()):
            self.end(process)

    def until(self, what: str, condition: Callable[[], Found | None], seconds: float = 60) -> Found:
        """Call ``condition`` until its result is true, and return that result.

        Raises:
            ProcessEndedError: one of the programs ended while waiting.
            WaitTimeoutError: the condition was not met within ``seconds``.
        """
        end = time.monotonic() + seconds
        while True:
            if found := condition():
                return found
            for process in self.running:
                if process.handle.poll() is not None:
                    code = process.handle.returncode
                    raise ProcessEndedError(f"{process.name} ended with {code}; {process.log}:\n{process.last_lines}")
            if time.monotonic() > end:
                raise WaitTimeoutError(f"{what}: not within {seconds:g} s; logs are in {self.folder}")
            time.sleep(0.1)

    def memory(self) -> int:
        """Return the bytes of memory of all programs and their children; shared memory counts once (Linux only)."""
        sessions = {process.handle.pid for process in self.running}
        held = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getsid(int(folder.name)) in sessions:
                    [size] = re.findall(r"(?m)^Pss: +(\d+) kB", (folder / "smaps_rollup").read_text())
                    held += int(size) * 1024
            except (FileNotFoundError, ProcessLookupError):  # the process ended in the meantime
                continue
        return held
