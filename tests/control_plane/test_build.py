"""The build reports errors in one line, compiles once for each set of versions, and reads versions from go.mod only."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from control_plane import build
from control_plane.build import BuildError, Programs
from support.working_tree import ROOT

# A replacement for Go: it "downloads", "compiles" two packages, and writes the requested files.
GO = """#!/bin/sh
if [ "$1" = list ]; then echo {module}; exit 0; fi
echo "go: downloading example.org/m v1.0.0" >&2
echo "example.org/m" >&2
for argument in "$@"; do
  if [ "$previous" = -o ]; then for name in cmd server kwok kubectl; do echo program > "$argument$name"; done; fi
  previous=$argument
done
{end}
"""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that installs a replacement for Go with a chosen ending; the cache is empty."""
    module = tmp_path / "module"
    for place in ("manifests/crds", "manifests/base/config"):
        (module / place).mkdir(parents=True)
        (module / place / "one.yaml").write_text("kind: One\n")
        (module / place / "kustomization.yaml").write_text("kind: Kustomization\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(end: str = "exit 0") -> None:
        go = programs / "go"
        go.write_text(GO.format(module=module, end=end))
        go.chmod(0o755)

    return put


def no_lines(line: str) -> None:
    """Ignore a line of progress."""


def left(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "cache" / "espalier" / "control-plane").glob("*")]


def test_a_second_build_reuses_the_first(fake_go: Callable[[str], None], tmp_path: Path) -> None:
    fake_go("exit 0")
    with pytest.raises(BuildError, match="make control-plane-build"):
        build.built()
    made = build.build(no_lines)
    assert left(tmp_path) == [made.folder.name]
    assert Path(made.path("argocd")).read_text() == Path(made.path("etcd")).read_text() == "program\n"
    assert [path.name for path in made.manifests("argo-cd")] == ["one.yaml"]
    fake_go("exit 7")
    shown: list[str] = []
    assert build.build(shown.append) == build.built() == made
    assert shown == [f"already built: {made.folder}"]


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
@pytest.mark.parametrize("module", build.MODULES)
def test_a_new_version_of_any_module_is_built_again(
    module: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build.target()
    copy = Path(shutil.copytree(build.GO, tmp_path / "go"))
    monkeypatch.setattr(build, "GO", copy)
    assert build.target() == before
    (copy / module / file).write_text((copy / module / file).read_text() + "\n")
    assert build.target() != before


@pytest.mark.parametrize("module", build.MODULES)
def test_a_comment_in_go_mod_does_not_cause_a_new_build(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build.target()
    copy = Path(shutil.copytree(build.GO, tmp_path / "go"))
    monkeypatch.setattr(build, "GO", copy)
    path = copy / module / "go.mod"
    path.write_text("// a new reason\n" + path.read_text())
    assert build.target() == before


def test_the_error_about_a_program_that_was_not_built_lists_those_that_were(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "etcd").touch()
    with pytest.raises(BuildError, match=r"program 'etcdd' was not built; the programs are \['etcd'\]"):
        Programs(tmp_path).path("etcdd")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (
            "echo 'go: example.org/refused@v1.2.3: reading https://proxy.example.org/x.zip: 403 Forbidden' >&2; exit 1",
            r"the Go module example\.org/refused@v1\.2\.3 cannot be downloaded: reading .* 403 Forbidden\. "
            r"tools/control_plane/go/cluster needs exactly this version",
        ),
        (
            "echo 'a.go:7:2: example.org/gone@v1.0.0: dial tcp: i/o timeout' >&2; exit 1",
            r"the Go module example\.org/gone@v1\.0\.0 cannot be downloaded: dial tcp",
        ),
        (
            "echo 'go: go.mod requires go >= 1.26.0 (running go 1.22.1; GOTOOLCHAIN=local)' >&2; exit 1",
            r"`go build` in tools/control_plane/go/cluster failed: go: go\.mod requires go >= 1\.26\.0",
        ),
        (
            "printf '# example.org/m\nm.go:7:2: undefined: x\nm.go:9:2: undefined: y\nexample.org/later\n' >&2; exit 1",
            r"`go build` in tools/control_plane/go/cluster failed: m\.go:7:2: undefined: x",
        ),
        ("exit 137", "`go build` in tools/control_plane/go/cluster failed: it printed no reason"),
    ],
)
def test_a_failed_build_reports_the_reason_in_one_line_and_leaves_nothing(
    fake_go: Callable[[str], None], end: str, message: str, tmp_path: Path
) -> None:
    fake_go(end)
    with pytest.raises(BuildError, match=message) as error:
        build.build(no_lines)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith("nothing was built")
    assert left(tmp_path) == []


def test_without_go_the_command_reports_how_to_get_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "control_plane.build"],
        cwd=ROOT / "tools",
        env={"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(
        r"control plane: go \(Go .* or later, see \S+\) is missing; nothing was built or started\n", done.stderr
    )


class Refusing(BaseHTTPRequestHandler):
    """A module proxy that rejects every request."""

    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.mark.slow
def test_the_module_that_the_proxy_rejects_is_named(
    tool: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("go")
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("GOPROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        with pytest.raises(BuildError, match=r"the Go module \S+@v\S+ cannot be downloaded: .* 403 Forbidden"):
            build.build(no_lines)
        monkeypatch.setenv("GOPROXY", "off")
        with pytest.raises(BuildError, match="failed: module lookup disabled by GOPROXY=off; nothing was built"):
            build.build(no_lines)
        proxy.shutdown()


def test_progress_is_shown_while_go_works(fake_go: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go("sleep 1")
    monkeypatch.setattr(build, "SHOW_EVERY_SECONDS", 0.3)
    shown: list[str] = []
    build.build(shown.append)
    form = r"kwok: 1 modules downloaded, 1 packages compiled, [48] programs linked, \d s"
    assert any(re.fullmatch(form, line) for line in shown), shown


def test_versions_are_only_in_the_go_files() -> None:
    """A second copy of a version would become outdated."""
    text = (build.GO / "cluster" / "go.mod").read_text()
    [version] = re.findall(r"k8s\.io/kubernetes v(\d+\.\d+)\.\d+", text)
    assert any(f"gitVersion=v{version}." in flag for flag in build.flags())
    for path in build.GO.parent.glob("*.py"):
        assert re.findall(r"(?<!\.)\bv?\d+\.\d+\.\d+\b(?!\.\d)", path.read_text()) == [], path
