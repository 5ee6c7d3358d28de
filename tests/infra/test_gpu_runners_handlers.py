"""The entry points of the Lambda functions, with events of Lambda and settings from the environment."""

import base64
import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.fake_github import SECRET, Delivery
from support.runners import GPU, REGION, Setup, setup

# isort: split
from espalier_runners import handlers
from espalier_runners.settings import VARIABLE, Settings, parse


def as_terraform_writes(found: Settings) -> str:
    """Return the settings as functions.tf encodes them: instance types as pairs, since a map has no order."""
    raw = dataclasses.asdict(found)
    for runner_class in raw["classes"]:
        runner_class["labels"] = sorted(runner_class["labels"])
        runner_class["gpus"] = list(runner_class["gpus"].items())
    raw["repositories"] = sorted(raw["repositories"])
    return json.dumps(raw)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    with setup() as made:
        made.clock.time = time.time()  # the handlers use the real clock
        ssm = made.clients["ssm"]
        found = made.world.settings
        ssm.put_parameter(Name=found.github_app_key_parameter, Value=made.github.pem(), Type="SecureString")
        ssm.put_parameter(Name=found.github_webhook_secret_parameter, Value=f"{SECRET}\n", Type="SecureString")
        for name, value in {
            VARIABLE: as_terraform_writes(found),
            "ESPALIER_POOL": found.pool,
            "ESPALIER_LIFETIME_MINUTES": "360",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(handlers, "_secrets", handlers._Secrets())
        for cached in (handlers._client, handlers._settings, handlers._world):
            cached.cache_clear()
        yield made
        for cached in (handlers._client, handlers._settings, handlers._world):
            cached.cache_clear()


def call(delivery: Delivery, encoded: bool = False) -> dict[str, Any]:
    body = base64.b64encode(delivery.body).decode() if encoded else delivery.body.decode()
    headers = {name.title(): value for name, value in delivery.headers.items()}
    return handlers.on_webhook({"headers": headers, "body": body, "isBase64Encoded": encoded}, None)


def messages(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def test_parsed_settings_equal_the_written_ones(lab: Setup) -> None:
    assert parse(as_terraform_writes(lab.world.settings)) == lab.world.settings


@pytest.mark.parametrize("encoded", [False, True], ids=["text", "base64"])
def test_from_a_delivery_to_an_instance_without_a_secret_in_the_log(
    lab: Setup, encoded: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    job = lab.github.queue(GPU)
    assert call(lab.github.delivery(job, "queued"), encoded)["statusCode"] == 202
    url = lab.world.settings.queue_url
    [message] = lab.clients["sqs"].receive_message(QueueUrl=url)["Messages"]
    assert handlers.on_message(messages(message["Body"]), None) == {"batchItemFailures": []}
    [instance] = lab.live()
    configuration = lab.configuration(instance)
    handlers.on_minute({}, None)
    handlers.on_reaper({}, None)
    assert lab.live() == [instance]

    log = capsys.readouterr().out
    names = set()
    for line in log.splitlines():
        found = json.loads(line)  # CloudWatch can read each line
        [metric] = [entry["Name"] for entry in found["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
        assert isinstance(found[metric], int | float)
        assert found["pool"] == "espalier"
        names.add(metric)
    assert {"Launches", "SecondsToLaunch", "Messages", "Instances", "GpuHoursToday", "OldestJobSeconds"} <= names
    secrets = [SECRET, configuration, *lab.github.tokens(), *lab.github.pem().split("\n")[1:3]]
    assert not any(secret in log for secret in secrets)


def test_a_bad_signature_gets_a_401_response(lab: Setup) -> None:
    delivery = lab.github.delivery(lab.github.queue(GPU), "queued", secret="another-secret-of-some-length")
    assert call(delivery)["statusCode"] == 401
    assert handlers.on_webhook({}, None)["statusCode"] == 401


def test_only_the_failed_message_returns_to_the_queue(lab: Setup) -> None:
    job = lab.github.queue(GPU)
    good = json.dumps({"id": str(job.id), "repository": "acme/churn", "runner_class": "gpu", "queued": job.created})
    answer = handlers.on_message(messages("no json", good, "{}"), None)
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["m0", "m2"]
    assert len(lab.live()) == 1


def test_a_rotated_secret_is_read_without_a_deployment(lab: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    job = lab.github.queue(GPU)
    assert call(lab.github.delivery(job, "queued"))["statusCode"] == 202
    rotated = "rotated-webhook-secret-0123456789"
    name = lab.world.settings.github_webhook_secret_parameter
    lab.clients["ssm"].put_parameter(Name=name, Value=f"{rotated}\n{SECRET}", Type="SecureString", Overwrite=True)
    assert call(lab.github.delivery(lab.github.queue(GPU), "queued", secret=rotated))["statusCode"] == 401
    monkeypatch.setattr(handlers, "SECRET_SECONDS", 0.0)
    handlers._secrets._kept = {
        kept: (0.0, lines) for kept, (_, lines) in handlers._secrets._kept.items()
    }  # as if expired
    for secret in (rotated, SECRET):
        assert call(lab.github.delivery(lab.github.queue(GPU), "queued", secret=secret))["statusCode"] == 202
