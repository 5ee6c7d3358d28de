"""Answer predictions over HTTP until the process is told to end."""

import os
import socket
from argparse import ArgumentParser, Namespace
from pathlib import Path

import uvicorn

from mlops import paths
from mlops.errors import MlopsError
from mlops.project import Project
from mlops.serving.app import Limits, create_app, load
from mlops.serving.server import DrainingServer

# What a request in flight may still take. Together with the drain below the 30 s that Kubernetes grants.
FINISH_SECONDS = 15


def add_arguments(parser: ArgumentParser) -> None:
    environment = os.environ
    parser.add_argument(
        "--model",
        type=Path,
        default=Path(environment.get("MODEL_DIR") or paths.CANDIDATE),
        help="model directory; MODEL_DIR in the environment sets the default (%(default)s)",
    )
    parser.add_argument(
        "--digest",
        default=environment.get("MODEL_DIGEST") or None,
        help="sha256:... that the model must have, else it is not loaded; default from MODEL_DIGEST",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 in a container (%(default)s)"
    )
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 takes a free one (%(default)s)")
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=5.0,
        help="after SIGTERM, how long /readyz already fails while requests are still answered (%(default)s)",
    )
    parser.add_argument("--check", action="store_true", help="load the model, let it answer its own example, and end")


def run(arguments: Namespace) -> int:
    name = Project.load().settings.model_name
    if arguments.check:
        loaded = load(arguments.model, name, arguments.digest, Limits())
        print(f"{name} {loaded.predictor.digest} loads and answers its example")
        return 0
    if not arguments.model.is_dir():
        raise MlopsError(
            f"{arguments.model} is no folder: `make train` writes {paths.CANDIDATE}; --model names another"
        )
    app = create_app(
        arguments.model,
        name=name,
        expected_digest=arguments.digest,
        commit=os.environ.get("MODEL_COMMIT") or None,
    )
    listener = listen(arguments.host, arguments.port)
    # No access log: probes would fill it; /metrics counts the requests.
    config = uvicorn.Config(app, log_level="info", access_log=False, timeout_graceful_shutdown=FINISH_SECONDS)
    slot = app.state.slot
    server = DrainingServer(config, lambda: setattr(slot, "draining", True), arguments.drain_seconds)
    host, port = listener.getsockname()[:2]
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(f"serving {name} from {arguments.model} at http://{authority}", flush=True)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # Ctrl-C: the server has closed in order and hands the signal on
        return 0
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, opened here so that a port in use is one line and not a trace.

    Raises:
        MlopsError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise MlopsError(
            f"cannot listen on {host}:{port}: {error}; --port names another, 0 takes a free one"
        ) from error
