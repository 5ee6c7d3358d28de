"""Serve predictions over HTTP until the process is stopped: the champion, or the candidate before the first release."""

import os
import socket
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mlops import paths
from mlops.errors import MlopsError
from mlops.project import Project
from mlops.serving.app import Limits, create_app, load
from mlops.serving.server import DrainingServer

# What a request in flight may still take. Together with the drain below the 30 s that Kubernetes grants.
FINISH_SECONDS = 15


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model to serve: its folder, the digest that it must have, and what it is, in words."""

    directory: Path
    digest: str | None
    description: str


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of serving; the environment sets the defaults of two of them."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--model",
        type=Path,
        default=Path(os.environ["MODEL_DIR"]) if os.environ.get("MODEL_DIR") else None,
        help="model directory; default from MODEL_DIR, else the champion, else the candidate",
    )
    which.add_argument(
        "--candidate", action="store_true", help=f"serve {paths.CANDIDATE}, also when there is a champion"
    )
    parser.add_argument(
        "--digest",
        default=os.environ.get("MODEL_DIGEST") or None,
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
        help="seconds after SIGTERM in which /readyz fails while requests are still answered (%(default)s)",
    )
    parser.add_argument("--check", action="store_true", help="load the model, predict its own example, and exit")


def run(arguments: Namespace) -> int:
    """Serve until the process is stopped, or only check that the model loads; return the exit code.

    Raises:
        MlopsError: there is no such model, the champion cannot be found, or the address cannot be used.
    """
    project = Project.load()
    name = project.settings.model_name
    served = served_model(arguments, project)
    if arguments.check:
        loaded = load(served.directory, name, served.digest, Limits())
        print(f"{name} {loaded.predictor.digest} ({served.description}) loads and predicts its example")
        return 0
    if not served.directory.is_dir():
        raise MlopsError(
            f"{served.directory} is not a folder: `make train` writes {paths.CANDIDATE}; --model names another one"
        )
    app = create_app(
        served.directory,
        name=name,
        expected_digest=served.digest,
        commit=os.environ.get("MODEL_COMMIT") or None,
    )
    listener = listen(arguments.host, arguments.port)
    # No access log: probes would fill it; /metrics counts the requests.
    config = uvicorn.Config(app, log_level="info", access_log=False, timeout_graceful_shutdown=FINISH_SECONDS)
    slot = app.state.slot
    server = DrainingServer(config, lambda: setattr(slot, "draining", True), arguments.drain_seconds)
    host, port = listener.getsockname()[:2]
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(f"serving {name}, {served.description}, from {served.directory} at http://{authority}", flush=True)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # Ctrl-C: the server has closed in order and hands the signal on
        return 0
    return 0


def served_model(arguments: Namespace, project: Project) -> ServedModel:
    """Return the model that the options name: by default the champion, before the first release the candidate.

    Raises:
        MlopsError: the champion cannot be found.
    """
    if arguments.model is not None and not arguments.candidate:
        return ServedModel(arguments.model, arguments.digest, "the model of --model or MODEL_DIR")
    if arguments.candidate:
        return ServedModel(paths.CANDIDATE, arguments.digest, "the candidate")
    if not (project.root / paths.PRODUCTION).is_file():
        return ServedModel(paths.CANDIDATE, arguments.digest, "the candidate, since there is no champion yet")
    from mlops.champion_model import find_champion  # needs more packages than an image for serving has

    try:
        champion = find_champion(project)
    except MlopsError as error:
        raise MlopsError(f"{error}; `python -m mlops serve --candidate` serves the candidate") from error
    assert champion is not None  # the release record is there
    return ServedModel(champion.directory, arguments.digest or champion.digest, "the champion")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, opened here so that a port in use is reported in one line.

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
