"""Missing programs are reported all at once, before anything is installed or compiled."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from control_plane.system_programs import HOW_TO_GET, NEEDED, ProgramMissingError, require
from support.working_tree import ROOT


@pytest.fixture
def programs(tmp_path: Path, tool: Callable[[str], str]) -> Path:
    """A folder for a PATH with make and its shell, and with a go and a setup that leave a trace if they are started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("make", "env", "sh"):
        (folder / name).symlink_to(tool(name))
    for name in ("git", "go", "prometheus", "redis-server", "setpriv", "uv"):
        (folder / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/started-'{name}\nexit 1\n")
        (folder / name).chmod(0o755)
    return folder


def make(target: str, programs: Path) -> "subprocess.CompletedProcess[str]":
    """Run a target of a clone without an environment and without a compiled control plane."""
    clone = programs.parent / "clone"
    clone.mkdir()
    shutil.copy(ROOT / "Makefile", clone)
    for folder in ("tools", "template"):
        (clone / folder).symlink_to(ROOT / folder)
    environment = {"PATH": str(programs), "HOME": str(programs.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["make", "--silent", f"PYTHON3={sys.executable}", target]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        ("control-plane", ["redis-server"]),
        ("control-plane", ["go", "git", "redis-server", "setpriv"]),
        ("control-plane-demo", ["prometheus"]),
        ("control-plane-demo", ["go", "git", "prometheus", "redis-server", "setpriv"]),
        ("control-plane-build", ["go"]),
    ],
)
def test_make_reports_all_missing_programs_before_it_installs_or_compiles(
    target: str, missing: list[str], programs: Path
) -> None:
    for name in missing:
        (programs / name).unlink()
    done = make(target, programs)
    assert done.returncode != 0
    assert done.stdout == ""
    verb = "is" if len(missing) == 1 else "are"
    listed = ", ".join(f"{name} ({HOW_TO_GET[name]})" for name in missing)
    assert done.stderr.splitlines()[0] == f"control plane: {listed} {verb} missing; nothing was built or started"
    assert sorted(path.name for path in programs.parent.iterdir()) == ["bin", "clone"]
    assert sorted(path.name for path in (programs.parent / "clone").iterdir()) == ["Makefile", "template", "tools"]


def test_go_is_not_needed_once_the_control_plane_is_compiled(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(programs))
    (programs / "go").unlink()
    for purpose in NEEDED:
        require(purpose, compiled=True)
        with pytest.raises(ProgramMissingError, match=r"\Ago \(Go .* or later"):
            require(purpose, compiled=False)


def test_every_program_that_the_package_starts_by_name_is_checked_for() -> None:
    """The programs that are compiled are started by their path; these come from PATH."""
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tools" / "control_plane").glob("*.py"))
    for name in HOW_TO_GET:
        assert f'"{name}"' in sources.replace((ROOT / "tools/control_plane/system_programs.py").read_text("utf-8"), "")
    assert set(HOW_TO_GET) == {"go", *(name for names in NEEDED.values() for name in names)}


def test_an_old_python_reports_the_versions_that_work() -> None:
    program = (
        "import runpy, sys; sys.version_info = (3, 8); sys.argv[1:] = ['run']; "
        "runpy.run_module('control_plane.check_programs', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "Python 3.11, 3.12 or 3.13 is needed" in line
