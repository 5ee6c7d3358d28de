"""The metrics of the server, for Prometheus. Each app has its own registry; nothing is global."""

import time
from collections import Counter as Counted
from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlops.model import Predictions, Task

# Seconds: around the limits in a new model_gates.yaml (10, 30, 50 ms), and up to a usual client timeout.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one app."""

    def __init__(self) -> None:
        """Create the metrics in a new registry."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "model_requests", "Completed requests.", ["path", "status"], registry=self.registry
        )  # exposed as model_requests_total
        # Start at 0: if a series started with the first errors, Prometheus would not count them as an increase.
        for status in ("500", "503"):
            self.requests.labels("/predict", status)
        self.latency = Histogram(
            "model_request_duration_seconds",
            "Time from the headers of the request to the last byte of the response.",
            ["path"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.predictions = Counter(
            "model_predictions",
            "Predicted rows, by label; all rows of a regression have the label 'value'.",
            ["label"],
            registry=self.registry,
        )
        self.ready = Gauge("model_ready", "1 if the server accepts requests, else 0.", registry=self.registry)
        self.info = Gauge(
            "model_info",
            "The model that is served, in the labels; always 1.",
            ["name", "digest", "task"],
            registry=self.registry,
        )

    def count(self, task: Task, predictions: Predictions) -> None:
        """Count the rows of one response."""
        if task == "regression":
            self.predictions.labels("value").inc(len(predictions.score))
            return
        for label, rows in Counted(predictions.label.tolist()).items():
            self.predictions.labels(str(label)).inc(rows)

    def render(self) -> bytes:
        """Return the text that Prometheus scrapes."""
        return generate_latest(self.registry)


class RequestMetrics:
    """ASGI middleware that counts and times each request.

    A path that is not in ``paths`` counts as 'other': requests to arbitrary paths must not add series.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        """Wrap ``app``; ``paths`` are the paths with their own series."""
        self.app = app
        self.metrics = metrics
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self.paths else "other"
        status = 500  # the status that the server sends if the app raises before it responds
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
