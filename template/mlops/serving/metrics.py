"""What the server counts, for Prometheus. Each app has a registry of its own; nothing is global."""

import time
from collections import Counter as Counted
from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlops.model import Predictions, Task

# Seconds. Around the limits that model_gates.yaml starts with (10, 30, 50 ms), up to a client's patience.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The series of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "model_requests", "Requests answered.", ["path", "status"], registry=self.registry
        )  # exposed as model_requests_total
        # From 0 on: Prometheus sees no increase in a series that begins with the first errors.
        for status in ("500", "503"):
            self.requests.labels("/predict", status)
        self.latency = Histogram(
            "model_request_duration_seconds",
            "From the request's head to the last byte of the answer.",
            ["path"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.predictions = Counter(
            "model_predictions",
            "Rows predicted, by label; a regression's rows all count under 'value'.",
            ["label"],
            registry=self.registry,
        )
        self.ready = Gauge("model_ready", "1 when requests are welcome.", registry=self.registry)
        self.info = Gauge(
            "model_info",
            "The model that answers; always 1.",
            ["name", "digest", "task"],
            registry=self.registry,
        )

    def count(self, task: Task, predictions: Predictions) -> None:
        """Add the rows of one answer."""
        if task == "regression":
            self.predictions.labels("value").inc(len(predictions.score))
            return
        for label, rows in Counted(predictions.label.tolist()).items():
            self.predictions.labels(str(label)).inc(rows)

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)


class RequestMetrics:
    """ASGI middleware that counts and times each request.

    A path outside ``paths`` counts as 'other': a scanner must not be able to grow the number of series.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self.paths else "other"
        status = 500  # what the server answers for the app when it raises before it answers
        started = time.perf_counter()

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note_status)
        finally:
            self.metrics.latency.labels(path).observe(time.perf_counter() - started)
            self.metrics.requests.labels(path, str(status)).inc()
