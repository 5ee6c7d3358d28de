"""The installer installs the locked versions with pip or uv, and reports failures in one line."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops import environment
from support.working_tree import ROOT

INSTALLER = ROOT / "template" / "mlops" / "environment.py"
CLOSED = "http://127.0.0.1:9/simple"  # the discard port, on which no program listens

BARE = """[project]
name = "bare"
version = "0"
dependencies = []
[project.optional-dependencies]
needy = ["six"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project without dependencies, whose environment takes seconds and needs no network."""
    (tmp_path / "pyproject.toml").write_text(BARE)
    (tmp_path / "constraints.txt").write_text("six==1.17.0\n")
    return tmp_path


def path_without_uv(folder: Path) -> str:
    """Return a PATH without uv."""
    folder.mkdir(exist_ok=True)
    return os.pathsep.join([str(folder), "/usr/bin", "/bin"])


def setup(project: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the installer as make does, without uv."""
    variables = {**os.environ, "PATH": path_without_uv(project / "nothing"), **more}
    command = [sys.executable, str(INSTALLER), *options]
    return subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only line that a failed command printed to standard error."""
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


def test_a_second_run_does_nothing_and_is_fast(project: Path) -> None:
    assert setup(project).returncode == 0
    made = (project / ".venv" / "installed.sha256").stat().st_mtime_ns
    started = time.monotonic()
    again = setup(project)
    assert time.monotonic() - started < 2
    assert (again.returncode, again.stdout) == (0, "")
    assert (project / ".venv" / "installed.sha256").stat().st_mtime_ns == made
    assert not (project / ".venv.earlier").exists()


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_another_lock_or_requirement_recreates_the_environment(project: Path, name: str) -> None:
    assert setup(project).returncode == 0
    (project / ".venv" / "stray").touch()
    text = (project / name).read_text()
    (project / name).write_text(text.replace("six==1.17.0", "six==1.16.0").replace("[]", '["pip"]'))
    assert setup(project).returncode == 0
    assert not (project / ".venv" / "stray").exists()


def test_an_environment_without_its_python_is_recreated(project: Path) -> None:
    assert setup(project).returncode == 0
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert setup(project).returncode == 0
    assert subprocess.run([str(python), "-c", ""], check=False).returncode == 0


def test_a_folder_that_is_not_an_environment_is_not_changed(project: Path) -> None:
    precious = project / ".venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    assert "is not a virtual environment: remove it or name another" in one_line(setup(project))
    assert precious.read_text() == "years of work"


def test_the_error_about_an_unknown_extra_lists_the_extras(project: Path) -> None:
    line = one_line(setup(project, "--extra", "needed"))
    assert "has no extra ['needed']; there are ['needy']" in line
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_folder_that_is_not_the_root_of_a_repository_is_rejected(project: Path, name: str) -> None:
    (project / name).unlink()
    assert f"{name} does not exist: run this at the root of the repository" in one_line(setup(project))


def test_a_missing_network_is_reported_and_nothing_is_left_behind(project: Path) -> None:
    offline = {"PIP_INDEX_URL": CLOSED, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1", "PIP_FIND_LINKS": ""}
    line = one_line(setup(project, "--extra", "needy", **offline))
    assert "the package index cannot be reached" in line
    assert "127.0.0.1" in (project / ".venv.log").read_text()
    assert not (project / ".venv").exists()


def test_a_missing_network_is_reported_with_uv_too(project: Path, tool: Callable[[str], str]) -> None:
    with_uv = os.pathsep.join([str(Path(tool("uv")).parent), os.environ["PATH"]])
    offline = {"UV_DEFAULT_INDEX": CLOSED, "UV_INDEX_URL": CLOSED, "UV_CACHE_DIR": str(project / "cache")}
    line = one_line(setup(project, "--extra", "needy", PATH=with_uv, UV_HTTP_RETRIES="0", **offline))
    assert "the package index cannot be reached" in line
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("with_uv", [False, True])
def test_an_active_environment_is_renewed_from_within(project: Path, tool: Callable[[str], str], with_uv: bool) -> None:
    """Its own python, and a uv inside it, are moved away before they could be used."""
    assert setup(project).returncode == 0
    inside = project / ".venv" / "bin"
    (project / "constraints.txt").write_text("six==1.16.0\n")
    folders = [str(inside), str(Path(tool("uv")).parent) if with_uv else "", "/usr/bin", "/bin"]
    (inside / "uv").write_text("#!/bin/sh\nexit 1\n")
    (inside / "uv").chmod(0o755)
    command = [str(inside / "python"), str(INSTALLER)]
    variables = {**os.environ, "PATH": os.pathsep.join(filter(None, folders)), "VIRTUAL_ENV": str(project / ".venv")}
    done = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("with uv" in done.stdout) == with_uv
    assert not (inside / "uv").exists()


def test_a_failed_renewal_keeps_the_previous_environment(project: Path) -> None:
    assert setup(project).returncode == 0
    (project / ".venv" / "mine").touch()
    offline = {"PIP_INDEX_URL": CLOSED, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1", "PIP_FIND_LINKS": ""}
    one_line(setup(project, "--extra", "needy", **offline))
    assert (project / ".venv" / "mine").exists()
    assert setup(project).stdout == "", "the previous environment is still current"


def test_a_killed_installation_does_not_count_as_finished(project: Path) -> None:
    assert setup(project).returncode == 0
    (project / ".venv").rename(project / ".venv.earlier")  # the state after a kill during the installation
    (project / ".venv").mkdir()
    (project / ".venv" / "pyvenv.cfg").touch()
    assert setup(project).returncode == 0
    assert (project / ".venv" / "installed.sha256").exists()
    assert not (project / ".venv.earlier").exists()


def test_a_full_disk_is_reported_before_anything_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = shutil.disk_usage(project)._replace(free=1_300_000_000)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage)
    monkeypatch.chdir(project)
    assert environment.main([]) == 2
    assert capsys.readouterr().err == (
        "setup: 1.3 GB of disk are free and 2 GB are needed: free some and run it again\n"
    )
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_is_reported_with_the_way_to_get_it(
    missing: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("PATH", path_without_uv(project / "nothing"))
    if missing == "venv":
        monkeypatch.setitem(sys.modules, "venv", None)
    else:  # what Debian's python3 without python3-venv does
        import venv

        def no_ensurepip(self: venv.EnvBuilder, context: object) -> None:
            output = b"/usr/bin/python3: No module named ensurepip\n"
            raise subprocess.CalledProcessError(1, ["python", "-m", "ensurepip"], output)

        monkeypatch.setattr(venv.EnvBuilder, "_setup_pip", no_ensurepip)
    assert environment.main([]) == 2
    assert "this Python has no venv module: install it" in capsys.readouterr().err
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.9", "3.10", "3.14"])
@pytest.mark.parametrize("door", [["mlops/environment.py"], ["-m", "mlops", "setup"]])
def test_an_unsupported_python_is_reported_in_one_sentence(version: str, door: list[str], tmp_path: Path) -> None:
    """It uses that Python if this machine has it; the next test checks the grammar of Python 3.6 for all versions."""
    pythons = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(pythons.glob(f"{version}.*/bin/python")) or [
        Path(p) for p in [shutil.which(f"python{version}")] if p
    ]
    if not found or subprocess.run([str(found[0]), "-c", ""], capture_output=True, check=False).returncode:
        # This Python with another sys.version_info, which is all that the check reads.
        numbers = tuple(map(int, version.split(".")))
        fake = f"import sys, runpy; sys.version_info = {(*numbers, 0)}; sys.version = '{version}.0 (fake)'; "
        run = f"sys.argv = {door[-1:]}; runpy.run_path({str(INSTALLER)!r}, run_name='__main__')"
        command = [sys.executable, "-c", fake + run]
    else:
        command = [str(found[0]), "-B", *door]
    done = subprocess.run(command, cwd=ROOT / "template", capture_output=True, text=True, check=False)
    line = one_line(done)
    assert re.search(rf"is Python {re.escape(version)}\S*, and Python 3.11, 3.12 or 3.13 is needed: ", line)


def test_the_installer_is_in_the_grammar_of_python_3_6() -> None:
    import ast

    for name in ("environment.py", "__main__.py", "__init__.py"):
        ast.parse((INSTALLER.parent / name).read_text(), feature_version=(3, 6))
