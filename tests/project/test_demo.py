"""``make demo`` works from a fresh clone, and reports failures in one line."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import demo
from support.working_tree import copy_working_tree

pytestmark = pytest.mark.long(place=9)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as a fresh clone would contain it."""
    return copy_working_tree(tmp_path_factory.mktemp("fresh") / "espalier")


def make_demo(clone: Path, stop_at: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run the demo with an empty home and the package cache of this machine.

    Args:
        clone: the clone to run it in.
        stop_at: press Ctrl-C when the demo prints this; empty for never.
        more: environment variables.
    """
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "HTTP"))}
    cache = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    # Python compiles the modules that it imports; compiling all takes pip another minute. pip expects a 0 here.
    environment = {**passed_on, "PIP_CACHE_DIR": cache, "PIP_NO_COMPILE": "0", "HOME": str(home), **more}
    environment["PATH"] = "/usr/bin:/bin"
    python = Path(sys.base_prefix) / "bin" / "python3"
    # A shell makes background processes ignore Ctrl-C, and this test run may be one.
    command = ["env", "--default-signal=INT", "make", f"PYTHON3={python}", "demo"]
    output, errors = [], clone.parent / "errors.txt"
    with (
        errors.open("w") as file,
        subprocess.Popen(
            command, cwd=clone, env=environment, stdout=subprocess.PIPE, stderr=file, text=True, start_new_session=True
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line)
            if stop_at and stop_at in line:
                os.killpg(process.pid, signal.SIGINT)
    return subprocess.CompletedProcess(command, process.returncode, "".join(output), errors.read_text())


def assert_uv_would_install_the_same(repository: Path, uv: str, venv: Path) -> None:
    """Assert that uv installs the same versions as pip did for the demo, and that both are those of the lock."""
    command = [sys.executable, "mlops/environment.py", "--venv", str(venv)]
    command += [part for extra in ("train", "serve", "dev") for part in ("--extra", extra)]
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(uv).parent), "/usr/bin", "/bin"])}
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "with uv," in done.stdout
    by_pip, by_uv = installed(repository / ".venv"), installed(venv)
    lock = locked(repository / "constraints.txt")
    assert len(by_uv) > 100
    assert "pip" in by_pip  # so two installers are compared
    assert "pip" not in by_uv
    # an environment created with pip contains pip, and setuptools if ensurepip installs it
    assert {n: v for n, v in by_uv.items() if n != "setuptools"} == {
        n: v for n, v in by_pip.items() if n not in {"pip", "setuptools"}
    }
    assert {name for name, version in by_uv.items() if version not in lock.get(name, set())} == set()


def installed(venv: Path) -> dict[str, str]:
    """Return name and version of every distribution in an environment."""
    found = {}
    for path in venv.glob("lib/python*/site-packages/*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
        found[re.sub(r"[-_.]+", "-", name).lower()] = version
    return found


def locked(lock: Path) -> dict[str, set[str]]:
    """Return name to the versions that a lock allows, one for each marker."""
    found: dict[str, set[str]] = {}
    for line in lock.read_text().splitlines():
        name, _, version = line.partition(";")[0].strip().partition("==")
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.slow
def test_one_model_becomes_champion_and_a_worse_one_is_rejected(clone: Path, tool: Callable[[str], str]) -> None:
    done = make_demo(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    reports = clone / "build" / "demo-reports"
    verdicts = {name: json.loads((reports / f"{name}.verdict.json").read_text()) for name in ("first", "worse")}
    assert (verdicts["first"]["verdict"], verdicts["worse"]["verdict"]) == ("PASS", "FAIL")
    assert verdicts["worse"]["champion"] == verdicts["first"]["candidate"]
    for name, verdict in verdicts.items():
        assert verdict["verdict"] in (reports / f"{name}.html").read_text()
        assert f"build/demo-reports/{name}.html" in done.stdout
    champion = (clone / "build" / "demo" / "releases" / "production.yaml").read_text()
    assert verdicts["first"]["candidate"] in champion

    assert_uv_would_install_the_same(clone / "build" / "demo", tool("uv"), clone.parent / "with-uv")

    # again, until the pipeline starts: the repository is generated again, the previous one is kept, and its environment
    # is reused
    (clone / "build" / "demo" / "notes.txt").write_text("mine")
    stamp = (clone / "build" / "demo" / ".venv" / "installed.sha256").stat().st_mtime_ns
    done = make_demo(clone, stop_at="First model")
    assert done.returncode != 0
    assert "demo: interrupted; the next run starts over" in done.stderr
    assert "Traceback" not in done.stderr
    assert (clone / "build" / "demo-earlier" / "notes.txt").read_text() == "mine"
    assert not (clone / "build" / "demo" / "notes.txt").exists()
    assert (clone / "build" / "demo" / ".venv" / "installed.sha256").stat().st_mtime_ns == stamp


def test_a_demo_without_a_network_ends_with_one_line_and_its_log(tmp_path: Path, clone: Path) -> None:
    here = tmp_path / "espalier"
    shutil.copytree(clone, here, symlinks=True, ignore=shutil.ignore_patterns("build"))
    closed = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    done = make_demo(here, PIP_CACHE_DIR=str(tmp_path / "cache"), **closed)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, done.stderr
    assert "demo: the package index cannot be reached" in lines[0]
    assert not (here / "build" / "tools").exists()


def test_a_demo_without_git_reports_it(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LOG", tmp_path / "demo.log")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(demo.DemoError, match="git is not installed: the demo needs git and make"):
        demo.run(["git", "status"], folder=tmp_path)


def test_a_failing_tool_is_reported_in_one_line_with_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "LOG", tmp_path / "demo.log")
    command = [sys.executable, "-c", "print('fine so far'); raise SystemExit('Error: no such patient')"]
    with pytest.raises(demo.DemoError, match=r"ended with 1 instead of 0: Error: no such patient\Z"):
        demo.run(command, folder=tmp_path)
    assert "fine so far" in (tmp_path / "demo.log").read_text()
