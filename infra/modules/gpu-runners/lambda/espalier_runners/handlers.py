"""Entry points of the Lambda functions. Only this module reads the environment and the clock.

Clients are kept for the lifetime of the process. Secrets are read again after five minutes, so that a rotation needs no
deployment.
"""

import base64
import functools
import json
import os
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from espalier_runners import aws, settings, webhook
from espalier_runners.errors import RunnersError
from espalier_runners.github import GitHub
from espalier_runners.ports import World
from espalier_runners.reap import reap
from espalier_runners.reconcile import reconcile
from espalier_runners.scale_up import scale_up
from espalier_runners.signing import PrivateKey, read_key

NAMESPACE = "Espalier/Runners"
SECRET_SECONDS = 300.0


def report(metric: str, value: float = 1.0, **about: Any) -> None:
    """Print a log line that CloudWatch also reads as a metric (embedded metric format)."""
    pool = os.environ.get("ESPALIER_POOL", "")
    dimensions = [["pool"]] + ([["pool", "runner_class"]] if "runner_class" in about else [])
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": [{"Name": metric}]}],
        },
        "pool": pool,
        metric: value,
        **about,
    }
    print(json.dumps(line, default=str), flush=True)


@functools.cache
def _client(service: str) -> Any:
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client(service, config=config)  # type: ignore[call-overload]


@functools.cache
def _settings() -> settings.Settings:
    return settings.parse(os.environ.get(settings.VARIABLE))


class _Secrets:
    """SSM parameters, cached for five minutes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, list[str]]] = {}

    def lines(self, name: str) -> list[str]:
        until, lines = self._kept.get(name, (0.0, []))
        if time.monotonic() >= until:
            lines = list(aws.secret_lines(_client("ssm"), name))
            self._kept[name] = (time.monotonic() + SECRET_SECONDS, lines)
        return lines


_secrets = _Secrets()


def _key() -> PrivateKey:
    return read_key("\n".join(_secrets.lines(_settings().github_app_key_parameter)))


@functools.cache
def _world() -> World:
    found = _settings()
    return World(
        settings=found,
        ledger=aws.DynamoLedger(_client("dynamodb"), found.table_name),
        cloud=aws.Ec2Cloud(
            _client("ec2"),
            _client("ssm"),
            found.pool,
            found.configuration_path,
            found.kms_key_arn,
            found.instance_arn_prefix,
        ),
        forge=GitHub(
            found.github_api_url,
            found.github_app.id,
            found.github_app.installation_id,
            _key,
            bool(found.organization),
        ),
        queue=aws.SqsQueue(_client("sqs"), found.queue_url),
        now=time.time,
        report=report,
    )


def on_webhook(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Handle a request of the HTTP API: a webhook delivery."""
    body = str(event.get("body") or "")
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    found = _settings()
    secrets = _secrets.lines(found.github_webhook_secret_parameter)
    response = webhook.receive(
        webhook.Delivery(headers, raw),
        found,
        secrets,
        aws.DynamoLedger(_client("dynamodb"), found.table_name),
        aws.SqsQueue(_client("sqs"), found.queue_url),
        time.time(),
        report,
    )
    return {"statusCode": response.status, "headers": {"content-type": "text/plain"}, "body": response.text}


def on_message(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Handle messages of the queue; a failed one returns to it, and after five failures to the dead-letter queue."""
    failed = []
    for record in event["Records"]:
        try:
            outcome = scale_up(_world(), aws.job_from_text(record["body"]))
            report("Messages", outcome=outcome.value)
        except (RunnersError, BotoCoreError, ClientError) as error:
            report("MessageErrors", said=str(error), message=record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def on_minute(event: Mapping[str, Any], context: object) -> None:
    """Run the reconciler once."""
    reconcile(_world())


def on_reaper(event: Mapping[str, Any], context: object) -> None:
    """Run the reaper once. It needs only EC2, the name of the pool and a number, so wrong settings cannot stop it."""
    pool = os.environ["ESPALIER_POOL"]
    lifetime = float(os.environ["ESPALIER_LIFETIME_MINUTES"])
    reap(aws.Ec2Cloud(_client("ec2"), _client("ssm"), pool), time.time(), lifetime, report)
