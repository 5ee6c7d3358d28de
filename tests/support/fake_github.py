"""A fake GitHub with the part of the REST API that runners need, over HTTP, and with the faults of the real one.

It stores jobs, runners and tokens, verifies the tokens of an app, returns each just-in-time configuration once, assigns
a queued job to any online runner with its labels, and signs its webhook deliveries.
"""

import base64
import functools
import hashlib
import hmac
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

APP, INSTALLATION = "4711", "815"
SECRET = "planted-webhook-secret-0123456789"


@dataclass
class Job:
    id: int
    repository: str
    labels: list[str]
    created: float
    run: int
    status: str = "queued"
    runner: str = ""


@dataclass
class Runner:
    id: int
    name: str
    scope: str
    labels: frozenset[str]
    online: bool = False
    job: int | None = None
    configuration: str = ""


@dataclass
class Fault:
    """Respond with ``status`` to the next ``times`` requests whose path contains ``path``."""

    status: int
    times: int
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False  # fail after the effect: the response is lost, the effect is not


@dataclass
class Delivery:
    headers: dict[str, str]
    body: bytes


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeGitHub:
    def __init__(self, now: Callable[[], float] = time.time, page: int = 100) -> None:
        self.now, self.page = now, page
        self.key = _key()
        self.jobs: dict[int, Job] = {}
        self.runners: dict[int, Runner] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.url = ""
        self._tokens: dict[str, float] = {}
        self._lock = threading.RLock()
        self._next = 1000

    def pem(self) -> str:
        form = serialization.PrivateFormat.TraditionalOpenSSL
        return self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def tokens(self) -> list[str]:
        """Return all tokens that the app has received; none of them may appear in a log."""
        return list(self._tokens)

    # actions of people and machines

    def number(self) -> int:
        self._next += 1
        return self._next

    def queue(self, labels: list[str], repository: str = "acme/churn", created: float | None = None) -> Job:
        with self._lock:
            when = self.now() if created is None else created
            job = Job(self.number(), repository, labels, when, self.number())
            self.jobs[job.id] = job
            return job

    def cancel(self, job: Job) -> None:
        job.status = "completed"

    def online(self, configuration: str) -> Runner:
        """Start a runner with its configuration, as a machine does."""
        with self._lock:
            [runner] = [r for r in self.runners.values() if r.configuration == configuration]
            runner.online = True
            return runner

    def assign(self) -> None:
        """Assign queued jobs to idle runners, oldest first."""
        with self._lock:
            for job in sorted(self.jobs.values(), key=lambda job: job.created):
                for runner in self.runners.values():
                    fits = {label.lower() for label in job.labels} <= runner.labels
                    here = runner.scope.startswith("orgs/") or runner.scope == f"repos/{job.repository}"
                    if job.status == "queued" and runner.online and runner.job is None and fits and here:
                        job.status, job.runner, runner.job = "in_progress", runner.name, job.id

    def finish(self, job: Job) -> None:
        """End a job, and its ephemeral runner with it."""
        with self._lock:
            job.status = "completed"
            self.runners = {number: runner for number, runner in self.runners.items() if runner.job != job.id}

    def delivery(self, job: Job, action: str, secret: str = SECRET, private: bool = True) -> Delivery:
        payload = {
            "action": action,
            "workflow_job": {
                "id": job.id,
                "run_id": job.run,
                "status": job.status,
                "labels": job.labels,
                "created_at": stamp(job.created),
                "runner_name": job.runner or None,
            },
            "repository": {"full_name": job.repository, "private": private},
        }
        body = json.dumps(payload).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "x-github-event": "workflow_job",
            "x-github-delivery": str(uuid.uuid4()),
            "x-hub-signature-256": signature,
        }
        return Delivery(headers, body)

    # the API

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        parameters = dict(part.split("=") for part in query.split("&") if part)
        if found := re.fullmatch(rf"/app/installations/{INSTALLATION}/access_tokens", path):
            if not self._app(token):
                return 401, {"message": "A JSON web token could not be decoded"}
            made = f"ghs_{uuid.uuid4().hex}"
            self._tokens[made] = self.now() + 3600
            return 201, {"token": made, "expires_at": stamp(self.now() + 3600)}
        if self._tokens.get(token, 0.0) <= self.now():
            return 401, {"message": "Bad credentials"}
        if found := re.fullmatch(r"/repos/([^/]+/[^/]+)/actions/jobs/(\d+)", path):
            job = self.jobs.get(int(found[2]))
            return (200, self._job(job)) if job and job.repository == found[1] else (404, {"message": "Not Found"})
        if found := re.fullmatch(r"/repos/([^/]+/[^/]+)/actions/runs", path):
            jobs = [
                job for job in self.jobs.values() if job.repository == found[1] and job.status == parameters["status"]
            ]
            return 200, self._page("workflow_runs", [{"id": job.run} for job in jobs], parameters)
        if found := re.fullmatch(r"/repos/([^/]+/[^/]+)/actions/runs/(\d+)/jobs", path):
            jobs = [job for job in self.jobs.values() if job.run == int(found[2])]
            return 200, self._page("jobs", [self._job(job) for job in jobs], parameters)
        if found := re.fullmatch(r"/((?:orgs/[^/]+)|(?:repos/[^/]+/[^/]+))/actions/runners(/.*)?", path):
            return self._runners(method, found[1], found[2] or "", parameters, body)
        return 404, {"message": "Not Found"}

    def _runners(
        self, method: str, scope: str, rest: str, parameters: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        here = [runner for runner in self.runners.values() if runner.scope == scope]
        if method == "POST" and rest == "/generate-jitconfig":
            if any(runner.name == body["name"] for runner in here):
                return 409, {"message": f"Already exists - A runner with the name *** {body['name']} *** exists"}
            labels = frozenset(label.lower() for label in body["labels"])
            runner = Runner(self.number(), body["name"], scope, labels)
            runner.configuration = base64.b64encode(f"jit {runner.id} {uuid.uuid4().hex}".encode()).decode()
            self.runners[runner.id] = runner
            return 201, {"runner": {"id": runner.id}, "encoded_jit_config": runner.configuration}
        if method == "DELETE":
            number = int(rest.removeprefix("/"))
            if number not in self.runners:
                return 404, {"message": "Not Found"}
            if self.runners[number].job is not None:
                return 422, {"message": "Runner is currently running a job and cannot be deleted."}
            del self.runners[number]
            return 204, None
        listed = [
            {"id": r.id, "name": r.name, "status": "online" if r.online else "offline", "busy": r.job is not None}
            for r in here
        ]
        return 200, self._page("runners", listed, parameters)

    def _page(self, key: str, items: list[Any], parameters: dict[str, str]) -> dict[str, Any]:
        size, number = int(parameters.get("per_page", 30)), int(parameters.get("page", 1))
        return {"total_count": len(items), key: items[(number - 1) * size : number * size]}

    @staticmethod
    def _job(job: Job) -> dict[str, Any]:
        return {"id": job.id, "status": job.status, "labels": job.labels, "created_at": stamp(job.created)}

    def _app(self, token: str) -> bool:
        """Return whether the app signed the token, and whether it is valid now and for at most ten minutes."""
        try:
            signed, _, signature = token.rpartition(".")
            self.key.public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
            claims = json.loads(_decoded(signed.split(".")[1]))
        except (InvalidSignature, ValueError, IndexError):
            return False
        fits = claims["iss"] == APP and claims["exp"] - claims["iat"] <= 600
        return bool(fits and claims["iat"] <= self.now() < claims["exp"])

    def handle(self, method: str, path: str, token: str, raw: bytes) -> tuple[int, dict[str, str], Any]:
        with self._lock:
            self.requests.append(f"{method} {path}")
            fault = next((f for f in self.faults if f.times > 0 and f.path in path), None)
            body = json.loads(raw) if raw else {}
            if fault is None or fault.after:
                status, answer = self.answer(method, path, token, body)
                if fault is None:
                    return status, {}, answer
            fault.times -= 1
            return fault.status, fault.headers, {"message": "fault"}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def served(github: FakeGitHub) -> Iterator[FakeGitHub]:
    """Listen on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, headers, answer = github.handle(self.command, self.path, token, raw)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing: ``requests`` is the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    github.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
