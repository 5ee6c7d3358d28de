"""The app: one model, loaded once, its requests held against its signature."""

import asyncio
import importlib.metadata
import logging
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from mlops import model
from mlops.errors import MlopsError
from mlops.serving.metrics import Metrics, RequestMetrics
from mlops.serving.request import PredictRequest, problems, request_model

PATHS = ("/predict", "/healthz", "/readyz", "/metrics", "/version")
DROPPED_LIMITS = 16  # how many times the largest body is read before the connection is closed on the sender
LIBRARIES = ("numpy", "pandas", "scikit-learn", "pydantic", "fastapi")

log = logging.getLogger("uvicorn.error")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for; larger ones are refused before they cost anything."""

    instances: int = 1000
    body_bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that answers, and the type of the requests that it takes."""

    predictor: model.Predictor
    request: type[PredictRequest]
    name: str

    @property
    def identity(self) -> dict[str, str]:
        return {"name": self.name, "digest": self.predictor.digest}


class Slot:
    """The place of the model: empty with a reason, or filled; and whether the server is about to leave."""

    def __init__(self) -> None:
        self.loaded: Loaded | None = None
        self.problem = "the model is still being loaded"
        self.draining = False

    @property
    def not_ready(self) -> str | None:
        """Why no new request should come here, or None."""
        if self.draining:
            return "the server is shutting down"
        return self.problem if self.loaded is None else None


def load(directory: Path, name: str | None, expected_digest: str | None, limits: Limits) -> Loaded:
    """Load a model and let it answer its own example, which also warms its code paths.

    Raises:
        MlopsError: no model, another digest than expected (nothing is unpickled then), or no answer.
    """
    predictor = model.load(directory, expected_digest)
    predictor.predict(model.records([predictor.signature.example]))
    request = request_model(predictor.signature, limits.instances)
    return Loaded(predictor, request, name or predictor.signature.package)


async def read_body(request: Request, limit: int) -> bytes | None:
    """The body, or None when it is larger than ``limit`` bytes.

    Some more of a large body is read and dropped: a client that is still sending when the connection closes sees a
    broken pipe and never the answer that says why.
    """
    body = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= limit:
            body += chunk
        elif received > DROPPED_LIMITS * limit:
            break
    return bytes(body) if received <= limit else None


def create_app(
    model_directory: Path,
    *,
    name: str | None = None,
    expected_digest: str | None = None,
    commit: str | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """The app for the model in ``model_directory``; it loads in the background once the server runs.

    Args:
        model_directory: holds model.joblib and signature.json.
        name: the model's name in answers and metrics; by default the package that built it.
        expected_digest: ``sha256:...``; a model with another digest is never unpickled, and /readyz says so.
        commit: Git commit that the model was made from, for /version.
        limits: per request.

    The app itself never fails to start: a model that cannot be loaded shows in /readyz, with the reason, while
    /healthz stays good, because a restart would not mend it.
    """
    limits = limits or Limits()
    slot = Slot()
    metrics = Metrics()

    def fill() -> None:
        try:
            slot.loaded = load(model_directory, name, expected_digest, limits)
        except MlopsError as error:
            slot.problem = str(error)
            log.error("%s", error)
        except Exception as error:  # unpickling runs the team's code, which may raise anything
            slot.problem = f"{model_directory} could not be loaded: {type(error).__name__}: {error}"
            log.exception("%s", slot.problem)
        else:
            identity = slot.loaded.identity
            metrics.info.labels(task=slot.loaded.predictor.signature.task, **identity).set(1)
            log.info("loaded %s %s", identity["name"], identity["digest"])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(asyncio.to_thread(fill))
        yield
        await loading

    app = FastAPI(title="model", lifespan=lifespan)
    app.state.slot = slot
    app.add_middleware(RequestMetrics, metrics=metrics, paths=PATHS)
    metrics.ready.set_function(lambda: float(slot.not_ready is None))

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        """Predict each instance, in the order given."""
        loaded = slot.loaded
        if loaded is None:
            return JSONResponse({"detail": slot.problem}, status_code=503)
        try:
            body = await read_body(request, limits.body_bytes)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read more, and the log needs no trace of it
        if body is None:
            reason = f"the body is larger than {limits.body_bytes} bytes: send fewer instances"
            return JSONResponse({"detail": reason}, status_code=413)
        try:
            rows = loaded.request.model_validate_json(body).frame()
        except ValidationError as error:
            return JSONResponse({"detail": problems(error)}, status_code=422)
        try:
            # In a thread, so that the probes are answered while a large request is worked on.
            predictions = await run_in_threadpool(loaded.predictor.predict, rows)
        except MlopsError as error:
            log.error("%s", error)
            return JSONResponse({"detail": str(error)}, status_code=500)
        pairs = zip(predictions.label.tolist(), predictions.score.tolist(), strict=True)
        answers = [{"label": label, "score": score} for label, score in pairs]
        metrics.count(loaded.predictor.signature.task, predictions)
        return JSONResponse({"predictions": answers, "model": loaded.identity})

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> Response:
        """Whether requests are welcome; 503 with the reason if not."""
        if reason := slot.not_ready:
            return JSONResponse({"status": "not ready", "detail": reason}, status_code=503)
        return JSONResponse({"status": "ready"})

    @app.get("/metrics")
    async def show_metrics() -> Response:
        """For Prometheus."""
        return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/version")
    async def version() -> dict[str, Any]:
        """What runs here; ``model`` is null until it is loaded."""
        return {
            "model": slot.loaded and {**slot.loaded.identity, "task": slot.loaded.predictor.signature.task},
            "commit": commit,
            "python": platform.python_version(),
            "libraries": {library: importlib.metadata.version(library) for library in LIBRARIES},
        }

    def openapi() -> dict[str, Any]:
        """FastAPI's own description, with the loaded model's inputs as the body of /predict."""
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        if slot.loaded is not None:
            body = slot.loaded.request.model_json_schema(ref_template="#/components/schemas/{model}")
            document.setdefault("components", {}).setdefault("schemas", {}).update(body.pop("$defs"))
            content = {"application/json": {"schema": body}}
            document["paths"]["/predict"]["post"]["requestBody"] = {"required": True, "content": content}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app
