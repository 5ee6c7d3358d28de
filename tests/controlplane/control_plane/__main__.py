"""``python -m control_plane``: start a control plane for a person."""

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from control_plane import argocd, build, rollouts
from control_plane.build import BuildError
from control_plane.cluster import Cluster, Refused
from control_plane.processes import NotInTime, ProcessEnded


def up() -> int:
    """Start everything, say how to reach it, and wait for Ctrl-C."""
    folder = Path(tempfile.mkdtemp(prefix="control-plane-"))
    began = time.monotonic()
    try:
        with Cluster(build.built(), folder) as cluster:
            argocd.start(cluster)
            rollouts.start(cluster)
            print(f"ready after {time.monotonic() - began:.1f} s, with Argo CD and Argo Rollouts; in another terminal:")
            print(f"export KUBECONFIG={cluster.kubeconfig}")
            print(f"Logs are in {cluster.processes.folder}. Ctrl-C stops all and removes the folder.", flush=True)
            cluster.processes.until("Ctrl-C", lambda: None, seconds=float("inf"))
    except KeyboardInterrupt:
        print("\nstopped")
    except (ProcessEnded, NotInTime, Refused) as error:
        print(f"control plane: {error}", file=sys.stderr)  # the folder stays, for its logs
        return 1
    shutil.rmtree(folder)
    return 0


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, interrupt)  # so that `kill` tidies up like Ctrl-C does
    try:
        return up()
    except BuildError as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
