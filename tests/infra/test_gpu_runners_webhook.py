"""The webhook, the GitHub client and the settings: accepted deliveries, repetitions, errors and invalid values."""

import base64
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from support.fake_github import SECRET, FakeGitHub, Fault, served
from support.fake_github import Delivery as Sent
from support.runners import GPU, START, Clock, Killed, Setup, setup

# isort: split
from espalier_runners import webhook
from espalier_runners.errors import ConfigurationError, ForgeError, RateLimited
from espalier_runners.github import GitHub
from espalier_runners.ports import State
from espalier_runners.settings import parse
from espalier_runners.signing import app_token, read_key, sign


@pytest.fixture(scope="module")
def account() -> Iterator[Setup]:
    with setup() as made:
        yield made


@pytest.fixture
def lab(account: Setup) -> Iterator[Setup]:
    account.messages()
    account.reports.lines.clear()
    return account


def deliver(lab: Setup, sent: Sent, secrets: tuple[str, ...] = (SECRET,), **changes: Any) -> webhook.Response:
    settings = dataclasses.replace(lab.world.settings, **changes)
    delivery = webhook.Delivery(sent.headers, sent.body)
    return webhook.receive(delivery, settings, secrets, lab.world.ledger, lab.world.queue, lab.clock(), lab.reports)


def signed(body: bytes) -> Sent:
    """Return a delivery with this body, signed as GitHub signs it."""
    signature = "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    return Sent({"x-github-event": "workflow_job", "x-hub-signature-256": signature}, body)


def test_a_queued_job_becomes_one_message(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    assert deliver(lab, lab.github.delivery(job, "queued")).status == 202
    [message] = lab.messages()
    assert (message.id, message.repository, message.runner_class) == (str(job.id), "acme/churn", "gpu")


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=é" + "0" * 63],
    ids=["none", "empty", "wrong", "old kind", "no ascii"],
)
def test_a_bad_signature_is_refused_and_stores_nothing(lab: Setup, signature: str) -> None:
    job = lab.github.queue(GPU)
    sent = lab.github.delivery(job, "queued")
    sent.headers["x-hub-signature-256"] = signature
    assert deliver(lab, sent).status == 401
    assert lab.messages() == []
    assert lab.world.ledger.job(str(job.id)) is None
    assert lab.reports.of("WebhooksRefused") == [{"reason": "signature"}]


def test_one_changed_byte_is_refused(lab: Setup) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued")
    sent.body = sent.body.replace(b"acme/churn", b"acme/chorn")
    assert deliver(lab, sent).status == 401


def test_the_comparison_is_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both secrets are compared, with a function that does not stop at the first difference."""
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return one == other

    body = b"{}"
    signature = "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    monkeypatch.setattr("espalier_runners.webhook.hmac.compare_digest", compare)
    assert webhook.signed(body, signature, [SECRET, "the previous secret"])
    assert len(compared) == 2


def test_both_secrets_are_valid_during_a_rotation_and_one_after_it(lab: Setup) -> None:
    old = lab.github.delivery(lab.github.queue(GPU), "queued", secret="the-secret-before-it")
    assert deliver(lab, old, secrets=(SECRET, "the-secret-before-it")).status == 202
    again = lab.github.delivery(lab.github.queue(GPU), "queued", secret="the-secret-before-it")
    assert deliver(lab, again).status == 401


@pytest.mark.parametrize("secrets", [(), ("",), ("too-short",), ("fifteen-letters",), (SECRET, "")])
def test_without_a_valid_secret_every_delivery_is_refused(lab: Setup, secrets: tuple[str, ...]) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued", secret=secrets[0] if secrets else "")
    assert deliver(lab, sent, secrets=secrets).status == 500
    assert lab.messages() == []


def test_a_secret_of_sixteen_letters_is_long_enough(lab: Setup) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued", secret="sixteen-letters-")
    assert deliver(lab, sent, secrets=("sixteen-letters-",)).text == "Stored."


def test_a_repeated_delivery_is_handled_once_even_with_another_delivery_id(lab: Setup) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued")
    assert deliver(lab, sent).text == "Stored."
    # the signature does not cover the delivery ID, so an attacker can change it
    sent.headers["x-github-delivery"] = "11111111-1111-1111-1111-111111111111"
    answer = deliver(lab, sent)
    assert (answer.status, answer.text) == (200, "Known already.")
    assert len(lab.messages()) == 1


@pytest.mark.parametrize(("age", "answer"), [(7 * 86400 - 1, "Stored."), (7 * 86400, "Too old.")])
def test_an_old_delivery_is_refused_even_after_its_record_expired(lab: Setup, age: int, answer: str) -> None:
    job = lab.github.queue(GPU, created=START - age)
    assert deliver(lab, lab.github.delivery(job, "queued")).text == answer
    assert len(lab.messages()) == (answer == "Stored.")


def test_a_delivery_is_recorded_until_it_is_refused_by_its_age(lab: Setup) -> None:
    """DynamoDB deletes items after ``until``: a delivery whose record expires too early could be sent again."""
    job = lab.github.queue(GPU)
    sent = lab.github.delivery(job, "queued")
    deliver(lab, sent)
    key = {"id": {"S": f"delivery#{hashlib.sha256(sent.body).hexdigest()}"}}
    kept = lab.clients["dynamodb"].get_item(TableName="ledger", Key=key)["Item"]
    assert float(kept["until"]["N"]) >= job.created + webhook.REMEMBERED


def test_a_delivery_can_be_repeated_after_the_function_was_killed(lab: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued")

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(lab.world.queue, "send", killed)
        with pytest.raises(Killed):
            deliver(lab, sent)
    assert deliver(lab, sent).text == "Stored."
    assert len(lab.messages()) == 1


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (["queued", "in_progress", "completed"], State.COMPLETED),
        (["completed", "in_progress", "queued"], State.COMPLETED),
        (["in_progress", "queued"], State.RUNNING),
        (["queued", "completed", "in_progress"], State.COMPLETED),
    ],
)
def test_deliveries_out_of_order_leave_the_latest_state(lab: Setup, order: list[str], state: State) -> None:
    job = lab.github.queue(GPU)
    for action in order:
        deliver(lab, lab.github.delivery(job, action))
    found = lab.world.ledger.job(str(job.id))
    assert found is not None
    assert found.state is state
    assert len(lab.messages()) == (order[0] == "queued")


@pytest.mark.parametrize(
    ("labels", "repository", "private"),
    [
        (["ubuntu-24.04"], "acme/churn", True),
        (["self-hosted", "tpu"], "acme/churn", True),
        (["gpu"], "acme/churn", True),
        (GPU, "acme/other", True),
        (GPU, "acme/churn", False),
    ],
    ids=["GitHub's own", "no class", "not self-hosted", "another repository", "public repository"],
)
def test_a_job_that_the_pool_does_not_serve_starts_nothing(
    lab: Setup, labels: list[str], repository: str, private: bool
) -> None:
    job = lab.github.queue(labels, repository)
    assert deliver(lab, lab.github.delivery(job, "queued", private=private)).status == 202
    assert lab.messages() == []
    assert lab.world.ledger.job(str(job.id)) is None


def test_a_public_repository_is_served_if_the_setting_allows_it(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    assert (
        deliver(lab, lab.github.delivery(job, "queued", private=False), allow_public_repositories=True).text
        == "Stored."
    )


@pytest.mark.parametrize("private", [False, None, 1, "true", "false"])
def test_a_repository_counts_as_private_only_if_the_delivery_has_private_true(lab: Setup, private: Any) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued", private=private)
    assert "public repository" in deliver(lab, sent).text
    assert lab.messages() == []


def test_a_delivery_without_the_key_private_starts_nothing(lab: Setup) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued")
    body = sent.body.replace(b', "private": true', b"")
    assert body != sent.body
    assert deliver(lab, signed(body)).status == 400
    assert lab.messages() == []


def test_repository_names_are_compared_without_regard_to_case(lab: Setup) -> None:
    job = lab.github.queue(GPU, "Acme/Churn")
    assert deliver(lab, lab.github.delivery(job, "queued")).text == "Stored."
    assert [message.repository for message in lab.messages()] == ["acme/churn"]


def test_labels_are_compared_without_regard_to_case(lab: Setup) -> None:
    job = lab.github.queue(["Self-Hosted", "GPU"])
    deliver(lab, lab.github.delivery(job, "queued"))
    assert [message.id for message in lab.messages()] == [str(job.id)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"action": "queued"}', b"\xff\xfe", b"{" * 100])
def test_a_signed_body_that_is_not_a_workflow_job_gets_a_response(lab: Setup, body: bytes) -> None:
    assert deliver(lab, signed(body)).status == 400


def test_other_events_and_large_bodies_are_refused(lab: Setup) -> None:
    sent = lab.github.delivery(lab.github.queue(GPU), "queued")
    assert deliver(lab, Sent({**sent.headers, "x-github-event": "push"}, sent.body)).status == 202
    assert deliver(lab, Sent(sent.headers, b" " * (webhook.MAX_BODY + 1))).status == 413
    assert deliver(lab, Sent(sent.headers, b" " * webhook.MAX_BODY)).status == 401  # read, and not signed correctly
    assert lab.messages() == []


# the GitHub client


def test_a_reference_implementation_verifies_the_signature_of_the_app() -> None:
    github = FakeGitHub()
    for form in (serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8):
        pem = github.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
        signature = sign(b"message", read_key(pem))
        github.key.public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("spoil", [lambda pem: "", lambda pem: pem[:400], lambda pem: pem.replace("A", "!")])
def test_an_unreadable_key_is_refused_with_a_message_that_contains_no_part_of_it(spoil: Any) -> None:
    pem = FakeGitHub().pem()
    with pytest.raises(ConfigurationError, match=r"store the complete \.pem file") as caught:
        read_key(spoil(pem))
    assert not any(line in str(caught.value) for line in pem.splitlines() if line)
    assert str(read_key(pem).private) not in repr(read_key(pem))


def client(github: FakeGitHub, clock: Clock) -> GitHub:
    key = read_key(github.pem())
    return GitHub(github.url, "4711", "815", lambda: key, True, clock, sleep=lambda seconds: None)


def test_a_token_is_kept_for_its_hour_and_then_renewed() -> None:
    clock = Clock()
    with served(FakeGitHub(clock)) as github:
        forge = client(github, clock)
        for minutes in (0, 30, 54, 56):
            clock.time = START + 60 * minutes
            assert forge.runners("orgs/acme") == []
        assert sum("access_tokens" in request for request in github.requests) == 2


def test_the_token_of_another_app_is_refused() -> None:
    clock = Clock()
    with served(FakeGitHub(clock)) as github:
        forge = GitHub(github.url, "4712", "815", lambda: read_key(github.pem()), True, clock, sleep=lambda _: None)
        with pytest.raises(ForgeError, match="401"):
            forge.runners("orgs/acme")


def test_a_server_error_is_repeated_and_a_lasting_one_raised() -> None:
    clock = Clock()
    with served(FakeGitHub(clock)) as github:
        forge = client(github, clock)
        github.faults = [Fault(502, 2, "/actions/runners")]
        assert forge.runners("orgs/acme") == []
        github.faults = [Fault(503, 9, "/actions/runners")]
        with pytest.raises(ForgeError, match="503"):
            forge.runners("orgs/acme")


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "30"}, 30.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START) + 90)}, 90.0),
        (429, {}, 60.0),
    ],
)
def test_a_rate_limit_is_raised_with_its_pause_and_not_repeated(
    status: int, headers: dict[str, str], seconds: float
) -> None:
    clock = Clock()
    with served(FakeGitHub(clock)) as github:
        forge = client(github, clock)
        github.faults = [Fault(status, 9, "/actions/runners", headers)]
        with pytest.raises(RateLimited) as caught:
            forge.runners("orgs/acme")
        assert caught.value.seconds == seconds
        assert sum("/actions/runners" in request for request in github.requests) == 1


def test_all_pages_are_read() -> None:
    clock = Clock()
    with served(FakeGitHub(clock)) as github:
        for _ in range(201):
            github.queue(GPU)
        assert len(client(github, clock).queued_jobs("acme/churn")) == 201


@pytest.mark.parametrize("scope", ["orgs/acme/../../user", "repos/acme", "", "orgs/a?b=c"])
def test_an_invalid_scope_is_refused_before_a_request(scope: str) -> None:
    forge = GitHub("https://github.example", "1", "2", lambda: read_key(""), True)
    with pytest.raises(ForgeError, match="must be orgs"):
        forge.remove_runner(scope, 1)


def test_the_token_of_the_app_is_short_lived() -> None:
    token = app_token("4711", read_key(FakeGitHub().pem()), START)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims == {"iat": int(START) - 60, "exp": int(START) + 540, "iss": "4711"}


# settings


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (None, "is empty"),
        ("", "is empty"),
        ("{", "is not JSON"),
        ("[]", "not a JSON object"),
        ("{}", r"lacks \['allow_public_repositories'"),
    ],
)
def test_invalid_settings_stop_the_function_at_its_start(text: str | None, phrase: str) -> None:
    with pytest.raises(ConfigurationError, match=phrase):
        parse(text)
