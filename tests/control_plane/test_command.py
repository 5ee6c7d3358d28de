"""`make control-plane` prints one line to copy, and leaves nothing behind."""

import os
import re
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from control_plane.build import Programs
from control_plane.cluster import Cluster, Kubectl, KubectlError
from support.processes import LISTENING, left_behind, until
from support.working_tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control_plane")]


@contextmanager
def running(temporary: Path, *command: str) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Run a command that starts a control plane; yield its process and the kubeconfig that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [*LISTENING, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("export KUBECONFIG="):
                    yield process, Path(line.strip().partition("=")[2])
                    return
            pytest.fail(f"it ended with {process.wait()}")
        finally:
            process.kill()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_any_signal_that_ends_the_command_ends_all_its_programs(
    programs: Programs, tool: Callable[[str], str], tmp_path: Path, sent: signal.Signals
) -> None:
    tool("redis-server")
    with running(tmp_path, sys.executable, "-m", "control_plane") as (process, kubeconfig):
        kubectl = Kubectl(programs.path("kubectl"), kubeconfig)
        assert len(kubectl.get("nodes")["items"]) == 3
        names = {Path(name).name for name in left_behind(kubeconfig.parent)}
        assert {"etcd", "kube-apiserver", "kwok", "argocd", "rollouts-controller", "redis-server"} <= names
        process.send_signal(sent)
        code = process.wait(timeout=30)
    until(lambda: left_behind(kubeconfig.parent) == [])
    if sent != signal.SIGKILL:
        assert code == 0
        assert not kubeconfig.parent.exists()


def test_terminating_make_ends_all_programs(programs: Programs, tool: Callable[[str], str], tmp_path: Path) -> None:
    """A service manager signals only make; Ctrl-C in a terminal reaches make and the command."""
    tool("redis-server")
    options = (f"PYTHON={sys.executable}", "--old-file=setup", "--old-file=control-plane-build")
    with running(tmp_path, tool("make"), *options, "control-plane") as (process, kubeconfig):
        process.terminate()
        process.wait(timeout=30)
    until(lambda: left_behind(kubeconfig.parent) == [])
    until(lambda: not kubeconfig.parent.exists())


def test_a_missing_program_is_reported_before_anything_is_started(programs: Programs, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TMPDIR": str(tmp_path), "PATH": "/nowhere"}
    command = [sys.executable, "-m", "control_plane"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "redis-server (apt-get install redis-server)" in line
    assert line.endswith("nothing was built or started")
    assert list(tmp_path.iterdir()) == []


def test_two_control_planes_run_at_once_and_are_independent(
    cluster: Cluster, programs: Programs, tmp_path: Path
) -> None:
    with Cluster(programs, tmp_path / "second") as second:
        second.kubectl("create", "namespace", "of-the-second")
        with pytest.raises(KubectlError, match="not found"):
            cluster.kubectl("get", "namespace", "of-the-second")
        assert cluster.kubectl("get", "--raw", "/readyz") == second.kubectl("get", "--raw", "/readyz") == "ok"
        # each trusts only its own authority
        document = yaml.safe_load(cluster.kubeconfig.read_text())
        other = yaml.safe_load(second.kubeconfig.read_text())
        document["clusters"][0]["cluster"]["server"] = other["clusters"][0]["cluster"]["server"]
        mixed = tmp_path / "mixed"
        mixed.write_text(yaml.safe_dump(document))
        with pytest.raises(KubectlError, match="certificate signed by unknown authority"):
            Kubectl(programs.path("kubectl"), mixed)("get", "nodes")


def test_the_kubeconfig_verifies_the_server_and_an_anonymous_client_has_no_rights(cluster: Cluster) -> None:
    text = cluster.kubeconfig.read_text()
    assert "insecure" not in text
    [place] = yaml.safe_load(text)["clusters"]
    trusting = ssl.create_default_context(cafile=place["cluster"]["certificate-authority"])
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{place['cluster']['server']}/api/v1/nodes", context=trusting)
    assert error.value.code in (401, 403)
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        urllib.request.urlopen(f"{place['cluster']['server']}/api/v1/nodes")


def test_client_and_server_have_the_same_version(cluster: Cluster) -> None:
    output = cluster.kubectl("version")
    versions = re.findall(r"(?:Client|Server) Version: (\S+)", output)
    assert len(versions) == 2
    assert len(set(versions)) == 1
