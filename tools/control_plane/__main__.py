"""Start a control plane for interactive use: ``python -m control_plane``."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from control_plane import argocd, build, rollouts
from control_plane.build import BuildError
from control_plane.cluster import Cluster, KubectlError
from control_plane.processes import ProcessEndedError, WaitTimeoutError, end_on_sigterm
from control_plane.system_programs import ProgramMissingError, require


def up() -> int:
    """Start everything, print the KUBECONFIG, and wait for Ctrl-C; return the exit code."""
    require("run", compiled=True)  # otherwise, the next line reports how to build it
    programs = build.built()
    folder = Path(tempfile.mkdtemp(prefix="control-plane-"))
    began = time.monotonic()
    try:
        with Cluster(programs, folder) as cluster:
            argocd.start(cluster)
            rollouts.start(cluster)
            print(f"ready after {time.monotonic() - began:.1f} s, with Argo CD and Argo Rollouts; in another terminal:")
            print(f"export KUBECONFIG={cluster.kubeconfig}")
            print(f"Logs are in {cluster.processes.folder}. Ctrl-C stops all and removes the folder.", flush=True)
            cluster.processes.until("Ctrl-C", lambda: None, seconds=float("inf"))
    except KeyboardInterrupt:
        print("\nstopped")
    except (ProcessEndedError, WaitTimeoutError, KubectlError) as error:
        print(f"control plane: {error}", file=sys.stderr)  # the folder stays, for its logs
        return 1
    shutil.rmtree(folder)
    return 0


def main() -> int:
    """Return the exit code; 1 after one line on stderr if a program is missing or nothing is built."""
    end_on_sigterm()
    try:
        return up()
    except (BuildError, ProgramMissingError) as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
