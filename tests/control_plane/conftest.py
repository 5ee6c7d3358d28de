"""One control plane for all tests of a process; each test uses its own namespaces."""

from collections.abc import Callable, Generator, Iterator

import pytest

from control_plane import argocd, build, rollouts
from control_plane.argocd import ArgoCD
from control_plane.build import BuildError, Programs
from control_plane.cluster import Cluster
from control_plane.git_server import GitServer
from control_plane.rollouts import Rollouts


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest, tool: Callable[[str], str]) -> Programs:
    """The programs of `make control-plane-build`; without them, the test fails (``--allow-missing``: skips)."""
    tool("setpriv")
    try:
        return build.built()
    except BuildError as error:
        if request.config.getoption("--allow-missing"):
            pytest.skip(str(error))
        pytest.fail(str(error))


@pytest.fixture(scope="session")
def cluster(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(programs, tmp_path_factory.mktemp("control-plane")) as running:
        yield running


@pytest.fixture(scope="session")
def argo_cd(cluster: Cluster, tool: Callable[[str], str]) -> ArgoCD:
    tool("redis-server")
    return argocd.start(cluster)


@pytest.fixture(scope="session")
def argo_rollouts(cluster: Cluster) -> Rollouts:
    return rollouts.start(cluster)


@pytest.fixture(scope="session")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with GitServer(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report the folder of the logs if a test failed; pytest keeps the folders of its last three runs."""
    report = yield
    running = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and running is not None:
        report.sections.append(("control plane", f"logs: {running.processes.folder}"))
    return report
