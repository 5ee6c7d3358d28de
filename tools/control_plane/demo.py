"""``make control-plane-demo``: a good push, drift, a bad push and its revert, as a timeline with figures.

A repository is generated and published by a git server. Argo CD syncs its staging overlay to the cluster, and Argo
Rollouts judges each new version by the metrics of the real serving app, which a real Prometheus scrapes.
"""

import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import copier
from copier.errors import DirtyLocalWarning

from control_plane import argocd, build, prometheus, rollouts
from control_plane.build import BuildError
from control_plane.canary import shorten_analysis, switch_to_canary
from control_plane.cluster import Cluster, KubectlError
from control_plane.delivered import deliver, digest
from control_plane.git_server import GitError, GitServer
from control_plane.processes import ProcessEndedError, WaitTimeoutError, end_on_sigterm
from control_plane.serving import FAILING_SLOPE, GOOD_SLOPE, customers, serve
from control_plane.system_programs import ProgramMissingError, require

ROOT = Path(__file__).resolve().parents[2]


class Timeline:
    """Print lines with the seconds since the start, and keep the figures for the end."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.figures: list[tuple[str, str]] = []
        self.memory = 0

    def say(self, text: str) -> None:
        """Print a line with the seconds since the start."""
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", flush=True)

    @contextmanager
    def measured(self, figure: str, text: str) -> Iterator[None]:
        """Run the block, print the text, and keep the duration under the name of the figure."""
        began = time.monotonic()
        yield
        self.say(text)
        self.figures.append((figure, f"{time.monotonic() - began:.1f} s"))


def run(folder: Path, show: Timeline, stack: ExitStack) -> None:
    """Run every step of the demo in a folder; ``stack`` ends what the steps start."""
    began = time.monotonic()
    programs = build.build(show.say)
    show.figures.append(("build, the first time", f"{programs.seconds:.0f} s"))
    show.figures.append(("build, found in the cache", f"{time.monotonic() - began:.2f} s"))
    with show.measured("start of Kubernetes", "Kubernetes is ready: three nodes simulated by kwok"):
        cluster = stack.enter_context(Cluster(programs, folder / "cluster"))
    with show.measured("start of Argo CD and Argo Rollouts", "Argo CD and Argo Rollouts are up"):
        argo_cd = argocd.start(cluster)
        argo_rollouts = rollouts.start(cluster)

    with show.measured("start of both apps and Prometheus", "two serving apps respond, one of them with errors"):
        apps = []
        for name, slope in (("good", GOOD_SLOPE), ("failing", FAILING_SLOPE)):
            (folder / name).mkdir()
            apps.append(serve(cluster.processes, folder / name, slope))
        good, failing = apps
        stand_ins = {digest("0"): good, digest("a"): good, digest("b"): failing}
        address = stack.enter_context(prometheus.running(cluster, stand_ins))
    stack.enter_context(customers(apps))
    repository = folder / "model"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DirtyLocalWarning)  # the demo shows the working tree
        copier.run_copy(str(ROOT), repository, defaults=True, quiet=True, skip_tasks=True, vcs_ref="HEAD")
    overlay = repository / "deploy" / "overlays" / "staging"
    switch_to_canary(overlay)
    shorten_analysis(overlay, address)
    server = stack.enter_context(GitServer(folder / "served"))

    def note_memory() -> None:
        show.memory = max(show.memory, cluster.processes.memory())

    def rollout() -> rollouts.State:
        note_memory()
        return argo_rollouts.state("model", delivered.namespace)

    def promoted() -> bool:
        state = rollout()
        return state.phase == "Healthy" and state.stable == state.current

    def synced(revision: str) -> bool:
        state = argo_cd.state(delivered.application)
        return (state.sync, state.revision) == ("Synced", revision)

    with show.measured("new application -> healthy", "the generated repository is pushed, synced and healthy"):
        delivered = deliver(argo_cd, server, repository)
        delivered.until_healthy()
    wait = cluster.processes.until

    with show.measured("good push -> promoted, with three analyses", "it is promoted: three analyses found no errors"):
        delivered.write_digest("a")
        with show.measured("push -> synced", "a good version is pushed, and synced"):
            delivered.push("promote a")
            wait("the push is synced", lambda: synced(delivered.head))
        wait("the good version is promoted", promoted, seconds=180)

    with show.measured("drift by hand -> healed", "the service was deleted by hand, and is back"):
        find = ("get", "service", "model", f"--namespace={delivered.namespace}", "--ignore-not-found")
        cluster.kubectl("delete", "service", "model", f"--namespace={delivered.namespace}")
        wait("the service is back", lambda: cluster.kubectl(*find))

    with show.measured("bad push -> aborted, with one analysis", "it is aborted: the analysis found its errors"):
        delivered.write_digest("b")
        delivered.push("promote b, which responds with errors")
        wait("the bad version is synced", lambda: synced(delivered.head))
        show.say("a version that responds with errors is pushed, and synced")
        wait("the bad version is aborted", lambda: rollout().aborted, seconds=180)
    with show.measured("aborted -> only the old version serves", "only the previous version serves"):
        delivered.until_serving("a")

    with show.measured("revert -> healthy", "the push is reverted, and all is healthy"):
        delivered.revert()
        delivered.until_healthy()
    note_memory()


def main() -> int:
    """Run the demo; return 1 after one line on stderr if something fails, 130 if it is interrupted."""
    end_on_sigterm()
    show = Timeline()
    try:
        require("demo", compiled=build.target().is_dir())
    except ProgramMissingError as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="control-plane-demo-"))
    try:
        with ExitStack() as stack:
            run(folder, show, stack)
    except KeyboardInterrupt:
        print("\nstopped")
        shutil.rmtree(folder)
        return 130
    except (BuildError, GitError, ProcessEndedError, WaitTimeoutError, KubectlError) as error:
        print(f"control plane: {error}", file=sys.stderr)  # the folder stays, for its logs
        return 1
    shutil.rmtree(folder)
    print()
    for name, value in [*show.figures, ("peak memory of all programs", f"{show.memory / 2**30:.2f} GiB")]:
        print(f"{name:<45} {value:>9}")
    print("Each analysis includes 10 s of waiting: 9 s until it measures, and 1 s between its two measurements.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
