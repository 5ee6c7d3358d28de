"""Programs that run beside the caller, and never longer than it."""

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

# Below the ports that Linux and macOS give to outgoing connections, so that none of those takes one that was chosen.
PORTS = range(20000, 32000)


# The kernel tells of a parent's death only from when it was asked to: a parent that died before is seen here.
WITH_ITS_PARENT = 'if [ "$PPID" = "$0" ]; then exec "$@"; fi'


class ProcessEnded(Exception):
    """A program ended by itself; the message has the end of its log."""


class NotInTime(Exception):
    """What was waited for did not happen."""


def end_on_sigterm() -> None:
    """Have `kill` tidy up like Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, all different."""
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
    raise NotInTime(f"{number} free ports in {PORTS}: only {len(found)} are free")


@dataclass(frozen=True, slots=True)
class Process:
    """A program that was started; its output goes to ``log``."""

    name: str
    log: Path
    handle: "subprocess.Popen[bytes]"

    @property
    def last_lines(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-15:])


class Processes:
    """All programs of one control plane, with a log each below ``folder``; leaving the context kills them.

    They are killed rather than asked to end: their data lies in a temporary folder, and nobody reads it again. The
    kernel kills them also when this process dies without leaving the context, by whatever signal.
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
        """Start a program in a session of its own: Ctrl-C in the terminal reaches this process alone."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            handle = subprocess.Popen(
                # the parent is the thread that starts it: call this from one that lives as long as the programs
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
        """Kill one program and what it started."""
        self.running.remove(process)
        if process.handle.poll() is None:
            os.killpg(process.handle.pid, signal.SIGKILL)
        process.handle.wait()

    def stop(self) -> None:
        """Kill all, those that use others first."""
        for process in reversed(self.running.copy()):
            self.end(process)

    def until(self, what: str, condition: Callable[[], Found | None], seconds: float = 60) -> Found:
        """Ask ``condition`` until it gives something that is true.

        Raises:
            ProcessEnded: meanwhile one of the programs ended, so that waiting on is in vain.
            NotInTime: it did not happen within ``seconds``.
        """
        end = time.monotonic() + seconds
        while True:
            if found := condition():
                return found
            for process in self.running:
                if process.handle.poll() is not None:
                    code = process.handle.returncode
                    raise ProcessEnded(f"{process.name} ended with {code}; {process.log}:\n{process.last_lines}")
            if time.monotonic() > end:
                raise NotInTime(f"{what}: not within {seconds:g} s; logs are in {self.folder}")
            time.sleep(0.1)

    def memory(self) -> int:
        """Bytes of memory that the programs and what they started hold now; what several share counts once (Linux)."""
        sessions = {process.handle.pid for process in self.running}
        held = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getsid(int(folder.name)) in sessions:
                    [size] = re.findall(r"(?m)^Pss: +(\d+) kB", (folder / "smaps_rollup").read_text())
                    held += int(size) * 1024
            except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                continue
        return held
