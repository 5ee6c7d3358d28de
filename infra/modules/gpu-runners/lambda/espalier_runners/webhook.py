"""Webhook deliveries: accepted only with a valid signature, and each handled once.

Before a launch, scale-up asks GitHub whether the job is still queued. Therefore a captured delivery that is sent again
starts no instance, even after its record here has expired.
"""

import dataclasses
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from espalier_runners.errors import LostRace
from espalier_runners.ports import Job, Ledger, Queue, Report, State
from espalier_runners.settings import Settings

MAX_BODY = 1 << 20  # a workflow_job is some 20 kB
REMEMBERED = 7 * 86400.0  # seconds after which a delivery is refused because of its age
RANK = {"queued": 0, "in_progress": 1, "completed": 2}


@dataclass(frozen=True, slots=True)
class Response:
    """The HTTP response to a delivery."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """The HTTP request of a delivery."""

    headers: Mapping[str, str]  # names in lower case
    body: bytes


def signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Return whether one of the secrets signed the body; two are valid during a rotation.

    Every secret is compared in constant time, so the time does not depend on the signature or on which secret fits.
    """
    fits = False
    for secret in secrets:
        expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        fits |= hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    return fits


def _time(text: Any) -> float:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()


def receive(
    delivery: Delivery,
    settings: Settings,
    secrets: Sequence[str],
    ledger: Ledger,
    queue: Queue,
    now: float,
    report: Report,
) -> Response:
    """Handle one delivery. A 2xx status means that all its effects are stored."""
    if not secrets or not all(len(secret) >= 16 for secret in secrets):
        report("WebhooksRefused", reason="the webhook secret is missing or shorter than 16 characters")
        return Response(500, "The webhook secret is not set.")
    if len(delivery.body) > MAX_BODY:
        report("WebhooksRefused", reason="too large")
        return Response(413, "Too large.")
    if not signed(delivery.body, delivery.headers.get("x-hub-signature-256", ""), secrets):
        report("WebhooksRefused", reason="signature")
        return Response(401, "The signature is not valid.")
    # From here on the body is authentic, but it may be a repetition of an older delivery.
    if delivery.headers.get("x-github-event") != "workflow_job":
        return Response(202, "Only the event workflow_job is handled.")
    try:
        payload = json.loads(delivery.body)
        action = str(payload["action"])
        found = payload["workflow_job"]
        repository = str(payload["repository"]["full_name"]).lower()
        private = payload["repository"]["private"] is True
        number = str(int(found["id"]))
        labels = frozenset(str(label) for label in found["labels"])
        queued = _time(found["created_at"])
    except (ValueError, KeyError, TypeError) as error:
        report("WebhooksRefused", reason=f"not a workflow_job: {error!r}")
        return Response(400, "Not a workflow_job.")
    if action not in RANK:
        return Response(202, "Only queued, in_progress and completed are handled.")
    if repository not in settings.repositories:
        report("WebhooksRefused", reason="repository", repository=repository)
        return Response(202, "This pool does not serve the repository.")
    if not private and not settings.allow_public_repositories:
        report("WebhooksRefused", reason="public repository", repository=repository)
        return Response(202, "A public repository gets no runner: any user could start one with a pull request.")
    runner_class = settings.match(labels)
    if runner_class is None:
        return Response(202, "No class has these labels.")
    if now >= queued + REMEMBERED:
        report("WebhooksRefused", reason="too old", job=number)
        return Response(202, "Too old.")
    # The signature covers the body and not the delivery ID, so repetitions are detected by the body.
    digest = hashlib.sha256(delivery.body).hexdigest()
    if ledger.seen(digest):
        report("WebhooksRepeated", job=number)
        return Response(200, "Known already.")
    job = ledger.open_job(Job(number, repository, runner_class.name, queued, changed=now, retry=now + 120.0))
    if action == "queued":
        if job.state is State.WAITING:
            queue.send(job)
    else:
        advance(ledger, job, action, now)
    # Last: if the function is killed before this line, GitHub can repeat the delivery, which is harmless.
    ledger.remember(digest, now + REMEMBERED)
    return Response(202, "Stored.")


def advance(ledger: Ledger, job: Job, action: str, now: float) -> None:
    """Set the state that follows from an action. Deliveries can arrive out of order, so a job never moves backward."""
    for _ in range(5):
        done = job.state in (State.COMPLETED, State.REFUSED) and action == "in_progress"
        if done or job.state is State.COMPLETED:
            return
        state = State.COMPLETED if action == "completed" else State.RUNNING
        try:
            ledger.replace(job, dataclasses.replace(job, state=state, changed=now, reason="", retry=0.0))
            return
        except LostRace:
            current = ledger.job(job.id)
            if current is None:
                return
            job = current
    raise LostRace(
        f"job {job.id} changed during each of five attempts to write it; nothing was stored, deliver it again"
    )
