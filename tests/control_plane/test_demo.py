"""`make control-plane-demo` runs every step in order, and prints a figure for each."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from control_plane.build import Programs
from support.processes import LISTENING, left_behind
from support.working_tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long(place=15)]

STEPS = [
    "Kubernetes is ready",
    "Argo CD and Argo Rollouts are up",
    "two serving apps respond",
    "the generated repository is pushed, synced and healthy",
    "a good version is pushed, and synced",
    "it is promoted: three analyses found no errors",
    "the service was deleted by hand, and is back",
    "a version that responds with errors is pushed, and synced",
    "it is aborted: the analysis found its errors",
    "only the previous version serves",
    "the push is reverted, and all is healthy",
]
FIGURES = {
    "build, the first time",
    "build, found in the cache",
    "start of Kubernetes",
    "start of Argo CD and Argo Rollouts",
    "start of both apps and Prometheus",
    "new application -> healthy",
    "push -> synced",
    "good push -> promoted, with three analyses",
    "drift by hand -> healed",
    "bad push -> aborted, with one analysis",
    "aborted -> only the old version serves",
    "revert -> healthy",
}


COMMAND = [sys.executable, "-m", "control_plane.demo"]
VARIABLES = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tools"), str(ROOT / "template")])}


def demo(**environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as make does."""
    return subprocess.run(COMMAND, env=VARIABLES | environment, capture_output=True, text=True, check=False)


def test_each_step_is_printed_with_its_figure_and_nothing_is_left_behind(
    programs: Programs, tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("prometheus")
    tool("redis-server")
    done = demo(TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    places = [done.stdout.index(step) for step in STEPS]
    assert places == sorted(places)
    seconds = re.findall(r"(?m)^(\S.*?) +[\d.]+ s$", done.stdout)
    assert set(seconds) == FIGURES
    [gibibytes] = re.findall(r"(?m)^peak memory of all programs +([\d.]+) GiB$", done.stdout)
    assert 0.1 < float(gibibytes) < 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_behind(
    programs: Programs, tool: Callable[[str], str], tmp_path: Path, sent: signal.Signals
) -> None:
    tool("prometheus")
    tool("redis-server")
    variables = VARIABLES | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([*LISTENING, *COMMAND], env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert any(STEPS[0] in line for line in process.stdout)
            process.send_signal(sent)
            assert process.wait(timeout=60) == 130
        finally:
            process.kill()
    assert list(tmp_path.iterdir()) == []
    assert left_behind(tmp_path) == []


def test_missing_programs_are_named_with_the_way_to_get_each(tmp_path: Path) -> None:
    done = demo(TMPDIR=str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "prometheus (apt-get install prometheus)" in line
    assert "setpriv (apt-get install util-linux)" in line
    assert line.endswith("nothing was built or started")
    assert list(tmp_path.iterdir()) == []
