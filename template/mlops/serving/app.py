"""The HTTP app of one model: it loads the model once and validates each request against the model's signature."""

import asyncio
import importlib.metadata
import logging
import platform
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
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
from mlops.serving.request import PredictRequest, request_model, validation_details

PATHS = ("/predict", "/healthz", "/readyz", "/metrics", "/version")
DISCARD_FACTOR = (
    16  # of a body that is too large, at most so many times the limit is read before the connection is closed
)
LIBRARIES = ("numpy", "pandas", "scikit-learn", "pydantic", "fastapi")

log = logging.getLogger("uvicorn.error")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request that the server accepts."""

    instances: int = 1000
    body_bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded model and the type of its requests."""

    predictor: model.Predictor
    request: type[PredictRequest]
    name: str

    @property
    def identity(self) -> dict[str, str]:
        """Return the model's name and digest, as responses and metrics contain them."""
        return {"name": self.name, "digest": self.predictor.digest}


class ModelSlot:
    """The model of the server once it is loaded, and whether the server accepts requests."""

    def __init__(self) -> None:
        """Start without a model."""
        self.loaded: Loaded | None = None
        self.problem = "the model is still being loaded"
        self.draining = False

    @property
    def not_ready(self) -> str | None:
        """Return why the server should not get new requests, or None."""
        if self.draining:
            return "the server is shutting down"
        return self.problem if self.loaded is None else None


def load(directory: Path, name: str | None, expected_digest: str | None, limits: Limits) -> Loaded:
    """Load a model and predict its example, so that the first request is not slower than the others.

    Raises:
        MlopsError: There is no model, its digest is not the expected one (it is then not unpickled), or it cannot
            predict its example.
    """
    predictor = model.load(directory, expected_digest)
    predictor.predict(model.records([predictor.signature.example]))
    request = request_model(predictor.signature, limits.instances)
    return Loaded(predictor, request, name or predictor.signature.package)


def fill(slot: ModelSlot, metrics: Metrics, directory: Path, load_model: Callable[[], Loaded]) -> None:
    """Load the model into ``slot``; if that fails, record and log the reason."""
    try:
        slot.loaded = load_model()
    except MlopsError as error:
        slot.problem = str(error)
        log.error("%s", error)
    except Exception as error:  # unpickling runs the team's code, which may raise anything
        slot.problem = f"{directory} could not be loaded: {type(error).__name__}: {error}"
        log.exception("%s", slot.problem)
    else:
        identity = slot.loaded.identity
        metrics.info.labels(task=slot.loaded.predictor.signature.task, **identity).set(1)
        log.info("loaded %s %s", identity["name"], identity["digest"])


async def read_body(request: Request, limit: int) -> bytes | None:
    """Return the body, or None if it is larger than ``limit`` bytes.

    Part of a body that is too large is read and discarded: if the connection were closed while the client still sends,
    the client would get a broken pipe and not the response with the reason.
    """
    body = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= limit:
            body += chunk
        elif received > DISCARD_FACTOR * limit:
            break
    return bytes(body) if received <= limit else None


async def respond_to_predict(request: Request, slot: ModelSlot, metrics: Metrics, limits: Limits) -> Response:
    """Return the response to ``POST /predict``: predictions, or an error with its reason."""
    loaded = slot.loaded
    if loaded is None:
        return JSONResponse({"detail": slot.problem}, status_code=503)
    try:
        body = await read_body(request, limits.body_bytes)
    except ClientDisconnect:
        return Response(status_code=400)  # the client has gone; without this, the log would have a stack trace
    if body is None:
        reason = f"the body is larger than {limits.body_bytes} bytes: send fewer instances"
        return JSONResponse({"detail": reason}, status_code=413)
    try:
        rows = loaded.request.model_validate_json(body).frame()
    except ValidationError as error:
        return JSONResponse({"detail": validation_details(error)}, status_code=422)
    try:
        # In a thread, so that the server responds to probes during a large request.
        predicted = await run_in_threadpool(loaded.predictor.predict, rows)
    except MlopsError as error:
        log.error("%s", error)
        return JSONResponse({"detail": str(error)}, status_code=500)
    pairs = zip(predicted.label.tolist(), predicted.score.tolist(), strict=True)
    predictions = [{"label": label, "score": score} for label, score in pairs]
    metrics.count(loaded.predictor.signature.task, predicted)
    return JSONResponse({"predictions": predictions, "model": loaded.identity})


def describe_api(app: FastAPI, loaded: Loaded | None) -> dict[str, Any]:
    """Return FastAPI's OpenAPI document, with the inputs of the loaded model as the body of /predict."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    if loaded is not None:
        body = loaded.request.model_json_schema(ref_template="#/components/schemas/{model}")
        document.setdefault("components", {}).setdefault("schemas", {}).update(body.pop("$defs"))
        content = {"application/json": {"schema": body}}
        document["paths"]["/predict"]["post"]["requestBody"] = {"required": True, "content": content}
    return document


def create_app(
    model_directory: Path,
    *,
    name: str | None = None,
    expected_digest: str | None = None,
    commit: str | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """Return the app for the model in ``model_directory``; it loads the model in the background after startup.

    Args:
        model_directory: Contains model.joblib and signature.json.
        name: The model's name in responses and metrics; by default the package that built it.
        expected_digest: ``sha256:...``; a model with another digest is not unpickled, and /readyz reports it.
        commit: The Git commit that the model was trained from, for /version.
        limits: The largest request to accept.

    The app starts even if the model cannot be loaded: /readyz then reports the reason, and /healthz still succeeds,
    because a restart would not fix it.
    """
    limits = limits or Limits()
    slot = ModelSlot()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        load_model = partial(load, model_directory, name, expected_digest, limits)
        loading = asyncio.create_task(asyncio.to_thread(fill, slot, metrics, model_directory, load_model))
        yield
        await loading

    app = FastAPI(title="model", lifespan=lifespan)
    app.state.slot = slot
    app.add_middleware(RequestMetrics, metrics=metrics, paths=PATHS)
    metrics.ready.set_function(lambda: float(slot.not_ready is None))

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        """Predict each instance, in the order given."""
        return await respond_to_predict(request, slot, metrics, limits)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Succeed while the process runs."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> Response:
        """Succeed if the server accepts requests; otherwise return 503 with the reason."""
        if reason := slot.not_ready:
            return JSONResponse({"status": "not ready", "detail": reason}, status_code=503)
        return JSONResponse({"status": "ready"})

    @app.get("/metrics")
    async def show_metrics() -> Response:
        """Return the metrics for Prometheus."""
        return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/version")
    async def version() -> dict[str, Any]:
        """Return the versions of model, code and libraries; ``model`` is null until the model is loaded."""
        return {
            "model": slot.loaded and {**slot.loaded.identity, "task": slot.loaded.predictor.signature.task},
            "commit": commit,
            "python": platform.python_version(),
            "libraries": {library: importlib.metadata.version(library) for library in LIBRARIES},
        }

    app.openapi = lambda: describe_api(app, slot.loaded)  # type: ignore[method-assign]  # FastAPI's documented way
    return app
