"""Client of the GitHub REST API for jobs, runners and just-in-time configurations, as an installation of an app."""

import http.client
import json
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from espalier_runners.errors import ConfigurationError, ForgeError, RateLimited
from espalier_runners.ports import Queued, Runner
from espalier_runners.signing import PrivateKey, app_token

SCOPE = re.compile(r"\A(orgs/[A-Za-z0-9-]+|repos/[A-Za-z0-9-]+/[A-Za-z0-9._-]+)\Z")
TRIES = 3
PAGES = 10  # of 100 items each; further items are found when earlier ones are done
TIMEOUT = 10.0


class GitHub:
    """Implement ``ports.Forge``. A token is used until five minutes before it expires."""

    def __init__(
        self,
        github_api_url: str,
        app: str,
        installation: str,
        key: Callable[[], PrivateKey],
        organization: bool,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raise ConfigurationError if github_api_url is not a URL; ``organization`` selects the permissions."""
        parts = urllib.parse.urlsplit(github_api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                f"github_api_url is {github_api_url!r}: use https://api.github.com, or https://github.example.org/api/v3"
            )
        self._parts = parts
        self._app, self._installation, self._key = app, installation, key
        runners = "organization_self_hosted_runners" if organization else "administration"
        self._permissions = {"actions": "read", runners: "write"}
        self._now, self._sleep = now, sleep
        self._token, self._token_until = "", 0.0

    # ports.Forge

    def job_status(self, repository: str, job: str) -> str:
        """Return queued, in_progress or completed as GitHub reports it, or gone."""
        status, found = self._call("GET", f"/repos/{repository}/actions/jobs/{int(job)}", accept=(200, 404))
        return "gone" if status == 404 else str(found["status"])

    def queued_jobs(self, repository: str) -> list[Queued]:
        """Return the queued jobs of all runs that are queued or in progress."""
        jobs: dict[str, Queued] = {}
        for status in ("queued", "in_progress"):
            for run in self._pages(f"/repos/{repository}/actions/runs", "workflow_runs", status=status):
                path = f"/repos/{repository}/actions/runs/{int(run['id'])}/jobs"
                for job in self._pages(path, "jobs", filter="latest"):
                    if job["status"] == "queued":
                        created = datetime.fromisoformat(str(job["created_at"]).replace("Z", "+00:00"))
                        found = str(int(job["id"]))
                        jobs[found] = Queued(found, repository, frozenset(job["labels"]), created.timestamp())
        return list(jobs.values())

    def runner_configuration(self, scope: str, name: str, labels: Iterable[str], group: int) -> str:
        """Register a runner for one job and return its configuration.

        GitHub shows the configuration once. If a killed worker left a record of the same name, it is replaced.
        """
        body = {"name": name, "labels": list(labels), "runner_group_id": group, "work_folder": "_work"}
        path = f"{self._scope(scope)}/actions/runners/generate-jitconfig"
        status, found = self._call("POST", path, body, accept=(201, 409))
        if status == 409:
            for runner in self.runners(scope):
                if runner.name == name and not self.remove_runner(scope, runner.id):
                    raise ForgeError(f"runner {name} exists already and has a job")
            _, found = self._call("POST", path, body, accept=(201,))
        return str(found["encoded_jit_config"])

    def runners(self, scope: str) -> list[Runner]:
        """Return all runners of a scope."""
        found = self._pages(f"{self._scope(scope)}/actions/runners", "runners")
        return [Runner(int(r["id"]), str(r["name"]), r["status"] == "online", r["busy"] is True) for r in found]

    def remove_runner(self, scope: str, runner: int) -> bool:
        """Remove a runner and return True, or return False if it has a job."""
        status, _ = self._call("DELETE", f"{self._scope(scope)}/actions/runners/{runner}", accept=(204, 404, 422))
        return status != 422

    # HTTP

    @staticmethod
    def _scope(scope: str) -> str:
        if not SCOPE.match(scope):
            raise ForgeError(f"scope {scope!r} must be orgs/<name> or repos/<owner>/<name>")
        return f"/{scope}"

    def _pages(self, path: str, key: str, **query: str) -> Iterator[Mapping[str, Any]]:
        for page in range(1, PAGES + 1):
            parameters = urllib.parse.urlencode({**query, "per_page": "100", "page": str(page)})
            _, found = self._call("GET", f"{path}?{parameters}", accept=(200,))
            items = found[key]
            yield from items
            if len(items) < 100:
                return

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, accept: tuple[int, ...] = (200,)
    ) -> tuple[int, Any]:
        if self._now() >= self._token_until:
            token = app_token(self._app, self._key(), self._now())
            asked = {"permissions": self._permissions}
            path_of_tokens = f"/app/installations/{int(self._installation)}/access_tokens"
            _, found = self._try("POST", path_of_tokens, asked, (201,), token)
            until = datetime.fromisoformat(str(found["expires_at"]).replace("Z", "+00:00")).timestamp()
            self._token, self._token_until = str(found["token"]), until - 300.0
        return self._try(method, path, body, accept, self._token)

    def _try(
        self, method: str, path: str, body: Mapping[str, Any] | None, accept: tuple[int, ...], token: str
    ) -> tuple[int, Any]:
        """Send a request up to three times: server errors are repeated, refusals are not."""
        failure = ""
        for attempt in range(TRIES):
            if attempt:
                self._sleep(0.2 * 4.0 ** (attempt - 1))
            try:
                status, headers, raw = self._request(method, path, body, token)
            except (OSError, http.client.HTTPException) as error:
                failure = f"{method} {path}: {error!r}"
                continue
            if status in accept:
                return status, self._json(method, path, raw)
            failure = f"{method} {path}: {status} {raw[:200].decode('utf-8', 'replace')}"
            if status == 401:
                self._token_until = 0.0  # the token was revoked; the next call requests a new one
            limited = status == 429 or (
                status == 403 and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers)
            )
            if limited:
                raise RateLimited(failure, self._pause(headers))
            if status < 500:
                break
        raise ForgeError(failure)

    def _pause(self, headers: Mapping[str, str]) -> float:
        try:
            if "retry-after" in headers:
                return max(float(headers["retry-after"]), 1.0)
            return max(float(headers.get("x-ratelimit-reset", "")) - self._now(), 1.0)
        except ValueError:
            return 60.0

    @staticmethod
    def _json(method: str, path: str, raw: bytes) -> Any:
        if not raw:
            return {}
        try:
            return json.loads(raw)
        except json.JSONDecodeError as error:
            raise ForgeError(f"{method} {path}: the response is not JSON") from error

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, token: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request. http.client follows no redirects, so the token is sent to no other server."""
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._parts.hostname), self._parts.port, timeout=TIMEOUT)
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "espalier-runners",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, self._parts.path.rstrip("/") + path, content, headers)
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()
