"""A delivery of GitHub's: believed only with its signature, counted once, and never the reason for more than asking.

That a job really waits is asked of GitHub before anything is launched. A captured delivery that is sent again
therefore starts nothing, even after it was forgotten here.
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
REMEMBERED = 7 * 86400.0  # a delivery older than this is refused by its own time
RANK = {"queued": 0, "in_progress": 1, "completed": 2}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Delivery:
    headers: Mapping[str, str]  # names in lower case
    body: bytes


def signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets signed the body; several are valid while one is rotated.

    Each secret is compared, in constant time, so that the time says nothing about the signature nor about which fits.
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
) -> Answer:
    """Answer one delivery. A 2xx says that everything that follows from it is stored."""
    if not secrets or not all(len(secret) >= 16 for secret in secrets):
        report("WebhooksRefused", reason="the webhook's secret is missing or shorter than 16 characters")
        return Answer(500, "The webhook's secret is not set.")
    if len(delivery.body) > MAX_BODY:
        report("WebhooksRefused", reason="too large")
        return Answer(413, "Too large.")
    if not signed(delivery.body, delivery.headers.get("x-hub-signature-256", ""), secrets):
        report("WebhooksRefused", reason="signature")
        return Answer(401, "The signature does not fit.")
    # From here on GitHub is the sender, though perhaps not today.
    if delivery.headers.get("x-github-event") != "workflow_job":
        return Answer(202, "Only workflow_job is of interest.")
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
        return Answer(400, "Not a workflow_job.")
    if action not in RANK:
        return Answer(202, "Only queued, in_progress and completed are of interest.")
    if repository not in settings.repositories:
        report("WebhooksRefused", reason="repository", repository=repository)
        return Answer(202, "This repository has no runners here.")
    if not private and not settings.allow_public_repositories:
        report("WebhooksRefused", reason="public repository", repository=repository)
        return Answer(202, "A public repository gets no runner: anybody could start one by a pull request.")
    runner_class = settings.match(labels)
    if runner_class is None:
        return Answer(202, "No class has these labels.")
    if now >= queued + REMEMBERED:
        report("WebhooksRefused", reason="too old", job=number)
        return Answer(202, "Too old.")
    # The signature covers the body, not the delivery's number: the body is what can be recognized.
    digest = hashlib.sha256(delivery.body).hexdigest()
    if ledger.seen(digest):
        report("WebhooksRepeated", job=number)
        return Answer(200, "Known already.")
    job = ledger.open_job(Job(number, repository, runner_class.name, queued, changed=now, retry=now + 120.0))
    if action == "queued":
        if job.state is State.WAITING:
            queue.send(job)
    else:
        advance(ledger, job, action, now)
    # Last: whoever dies before this line has the delivery repeated, and repeating is harmless.
    ledger.remember(digest, now + REMEMBERED)
    return Answer(202, "Stored.")


def advance(ledger: Ledger, job: Job, action: str, now: float) -> None:
    """Deliveries overtake each other: a job only ever moves forward."""
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
    raise LostRace(f"job {job.id} changes faster than it can be written; GitHub delivers it again")
