"""Argo Rollouts promotes or aborts a canary from the metrics of the real serving app, scraped by a real Prometheus.

The pods are simulated by kwok and run no containers, so an app is started for each version and scraped instead of the
pods. The analysis is the component's own; a patch of the overlay shortens its times and sets this Prometheus.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import yaml

from control_plane import prometheus
from control_plane.canary import ERRORS_IN_A_ROW, LEAST_REQUESTS, PROMETHEUS, patch, shorten_analysis, switch_to_canary
from control_plane.cluster import Cluster, ready_digests
from control_plane.rollouts import Rollouts, State
from control_plane.serving import FAILING_SLOPE, GOOD_SLOPE, REQUEST, customers, serve
from control_plane.web import status
from support.manifests import Render, build

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control_plane")]

NUMBERS = count(1)
OLD, GOOD, FAILING, SILENT = (f"sha256:{character * 64}" for character in "abcd")


@dataclass(frozen=True)
class Watched:
    """Argo Rollouts and Prometheus for a cluster, with an app for each version except the silent one."""

    rollouts: Rollouts
    prometheus: str


@pytest.fixture(scope="module")
def watched(
    argo_rollouts: Rollouts, tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    tool("prometheus")
    processes = argo_rollouts.cluster.processes
    good = serve(processes, tmp_path_factory.mktemp("good"), GOOD_SLOPE)
    failing = serve(processes, tmp_path_factory.mktemp("failing"), FAILING_SLOPE)
    assert [status(f"http://{app}/predict", REQUEST) for app in (good, failing)] == [200, 500]
    stand_ins = {OLD: good, GOOD: good, FAILING: failing}
    with customers([good, failing]), prometheus.running(argo_rollouts.cluster, stand_ins) as address:
        yield Watched(argo_rollouts, address)


@dataclass
class Canary:
    """The production overlay with the canary component, and the old version serving."""

    rollouts: Rollouts
    overlay: Path
    namespace: str

    @property
    def cluster(self) -> Cluster:
        return self.rollouts.cluster

    def release(self, digest: str) -> None:
        """Write another digest to the overlay and apply it, as a promotion does."""
        path = self.overlay / "kustomization.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        document["images"][0]["digest"] = digest
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        objects = build(self.cluster, self.overlay)
        self.cluster.kubectl.apply(*(one for one in objects if one["kind"] == "Namespace"))
        self.cluster.kubectl.apply(*objects)

    def state(self) -> State:
        return self.rollouts.state("model", self.namespace)

    def until(self, what: str, condition: Callable[[State], bool]) -> State:
        def found() -> State | None:
            state = self.state()
            return state if condition(state) else None

        return self.cluster.processes.until(what, found, seconds=120)

    def serving(self) -> list[str]:
        """Return the digests of the pods that are ready, one for each pod."""
        return ready_digests(self.cluster.kubectl, self.namespace)

    def analyses(self) -> list[str]:
        """Return the phases of the analyses that were started."""
        return list(self.rollouts.analyses(self.namespace).values())

    def is_promoted(self, state: State) -> bool:
        return state.phase == "Healthy" and state.stable == state.current


@pytest.fixture
def canary(watched: Watched, rendered: Render, tmp_path: Path) -> Canary:
    name = f"canary-{next(NUMBERS)}"
    repository = Path(shutil.copytree(rendered(namespace=name), tmp_path / "repository"))
    overlay = repository / "deploy" / "overlays" / "production"
    switch_to_canary(overlay)
    shorten_analysis(overlay, watched.prometheus)
    made = Canary(watched.rollouts, overlay, f"{name}-production")
    made.release(OLD)
    made.until("the first version serves", lambda state: state.phase == "Healthy")
    assert made.serving() == [OLD] * 3
    return made


def test_a_good_version_is_promoted_after_three_analyses_and_rolled_back_without_one(canary: Canary) -> None:
    canary.release(GOOD)
    canary.until("the version is promoted", canary.is_promoted)
    assert canary.serving() == [GOOD] * 3
    assert canary.analyses() == ["Successful"] * 3

    # the version turns out to predict badly: a rollback to the previous version takes effect immediately
    canary.release(OLD)
    canary.until("the previous version is back", lambda state: canary.is_promoted(state) and OLD in canary.serving())
    canary.cluster.processes.until("the previous version has all pods", lambda: canary.serving() == [OLD] * 3)
    assert canary.analyses() == ["Successful"] * 3


def test_a_version_that_responds_with_errors_is_aborted_and_the_old_one_serves(canary: Canary) -> None:
    old = canary.state().stable
    canary.release(FAILING)
    state = canary.until("the version is aborted", lambda state: state.aborted)
    assert state.stable == old != state.current
    assert canary.analyses() == ["Failed"]
    canary.cluster.processes.until("the old version has all pods", lambda: canary.serving() == [OLD] * 3)
    assert canary.state().phase == "Degraded"


def test_an_empty_query_result_pauses_the_rollout_for_a_manual_decision(canary: Canary) -> None:
    canary.release(SILENT)
    state = canary.until("the rollout pauses", lambda state: bool(state.paused_for))
    assert state.paused_for == ("InconclusiveAnalysisRun",)
    assert (state.phase, state.aborted) == ("Paused", False)
    assert state.stable != state.current
    assert canary.analyses() == ["Inconclusive"]
    assert canary.serving() == [OLD] * 3 + [SILENT]


def test_too_few_requests_pause_the_rollout_for_a_manual_decision(canary: Canary) -> None:
    patch(canary.overlay, "AnalysisTemplate", "model-errors", {LEAST_REQUESTS: "1000000"})
    canary.release(GOOD)
    state = canary.until("the rollout pauses", lambda state: bool(state.paused_for))
    assert (state.paused_for, state.aborted) == (("InconclusiveAnalysisRun",), False)
    assert canary.analyses() == ["Inconclusive"]


def test_an_unreachable_prometheus_aborts_the_rollout(canary: Canary) -> None:
    changes = {PROMETHEUS: "http://127.0.0.1:9", ERRORS_IN_A_ROW: 0}
    patch(canary.overlay, "AnalysisTemplate", "model-errors", changes)
    canary.release(GOOD)
    state = canary.until("the version is aborted", lambda state: state.aborted)
    assert "consecutiveErrors (1) > consecutiveErrorLimit (0)" in state.message
    assert canary.analyses() == ["Error"]
    canary.cluster.processes.until("the old version has all pods", lambda: canary.serving() == [OLD] * 3)


def test_a_version_whose_pods_do_not_start_is_aborted(canary: Canary) -> None:
    changes = {"/spec/template/spec/nodeSelector": {"disk": "none"}, "/spec/progressDeadlineSeconds": 1}
    patch(canary.overlay, "Rollout", "model", changes)
    canary.release(GOOD)
    state = canary.until("the version is aborted", lambda state: state.aborted)
    assert state.stable != state.current
    assert canary.serving() == [OLD] * 3


def test_prometheus_ends_with_its_context(argo_rollouts: Rollouts, tool: Callable[[str], str]) -> None:
    tool("prometheus")
    with prometheus.running(argo_rollouts.cluster, {}) as address:
        argo_rollouts.cluster.processes.until("it is ready", lambda: status(f"{address}/-/ready") == 200)
    assert status(f"{address}/-/ready") == 0
