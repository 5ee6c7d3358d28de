"""Programs end with the process that started them, however it ends, and do not affect others."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from control_plane.processes import ProcessEndedError, Processes, WaitTimeoutError, free_ports
from support.processes import LISTENING, lives, until
from support.working_tree import ROOT

SLEEP = (sys.executable, "-c", "import time; print('started', flush=True); time.sleep(600)")
# A process that starts a program as a test run does, and prints its process id.
RUN = """
import sys, time
from pathlib import Path
from control_plane.processes import Processes

with Processes(Path(sys.argv[1])) as processes:
    started = processes.start("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"])
    print(started.handle.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_program_ends_with_the_run_that_started_it(
    sent: signal.Signals, tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("setpriv")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    command = [*LISTENING, sys.executable, "-c", RUN, str(tmp_path)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        try:
            assert run.stdout is not None
            pid = int(run.stdout.readline())
            assert lives(pid)
            run.send_signal(sent)
            run.wait(timeout=10)
        finally:
            run.kill()
    until(lambda: not lives(pid))


def test_a_program_does_not_start_if_its_parent_has_already_ended(
    tool: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("setpriv")
    with Processes(tmp_path) as processes:
        here = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: here + 1)  # not the process id of the parent
        late = processes.start("late", SLEEP)
        assert late.handle.wait(timeout=10) == 0
        assert late.log.read_text() == ""


def test_leaving_the_context_ends_a_program_and_its_children(tool: Callable[[str], str], tmp_path: Path) -> None:
    tool("setpriv")
    parent = f"import subprocess, sys; subprocess.run({list(SLEEP)!r})"
    with Processes(tmp_path) as processes:
        started = processes.start("parent", [sys.executable, "-c", parent])
        until(lambda: "started" in started.log.read_text())
        children = Path(f"/proc/{started.handle.pid}/task/{started.handle.pid}/children")
        [child] = map(int, children.read_text().split())
    assert not lives(started.handle.pid)
    until(lambda: not lives(child))


def test_a_program_that_ends_early_is_reported_with_its_log(tool: Callable[[str], str], tmp_path: Path) -> None:
    tool("setpriv")
    with Processes(tmp_path) as processes:
        processes.start("hasty", [sys.executable, "-c", "import sys; sys.exit('no disk')"])
        with pytest.raises(ProcessEndedError, match=r"(?s)hasty ended with 1; .*hasty\.log:.*no disk"):
            processes.until("never", lambda: None, seconds=10)
    assert "no disk" in (tmp_path / "hasty.log").read_text()


def test_waiting_returns_the_result_or_times_out(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        assert processes.until("a value", lambda: "value", seconds=1) == "value"
        with pytest.raises(WaitTimeoutError, match="the sun: not within 0.2 s"):
            processes.until("the sun", lambda: None, seconds=0.2)


def test_free_ports_are_free_and_differ() -> None:
    import socket

    ports = free_ports(50)
    assert len(set(ports)) == 50
    with socket.socket() as held:
        held.bind(("127.0.0.1", ports[0]))
        assert ports[0] not in free_ports(500)
