"""The Lambda functions of the runners on an emulated AWS and a fake GitHub, with a clock that the test sets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import hcl2
from moto import mock_aws

from espalier_runners import aws
from espalier_runners.github import GitHub
from espalier_runners.ports import Job, World
from espalier_runners.scale_up import Outcome, scale_up
from espalier_runners.settings import GitHubApp, Limits, RunnerClass, Settings
from espalier_runners.signing import read_key
from support.fake_github import APP, INSTALLATION, FakeGitHub, served
from support.working_tree import ROOT

MODULE = ROOT / "infra" / "modules" / "gpu-runners"
LAMBDA = MODULE / "lambda"
REGION = "us-east-1"
GPU = ["self-hosted", "gpu"]
START = 1_800_000_000.0  # 08:00 UTC on a Friday


class Killed(BaseException):
    """Lambda ends a worker; ``except Exception`` does not catch it."""


@dataclass
class Clock:
    time: float = START

    def __call__(self) -> float:
        return self.time


@dataclass
class Reports:
    lines: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, metric: str, value: float = 1.0, **about: Any) -> None:
        self.lines.append((metric, value, about))

    def of(self, metric: str) -> list[dict[str, Any]]:
        return [about for name, _, about in self.lines if name == metric]


class Ec2:
    """moto's EC2 with additions: capacity shortage, client tokens that have an effect, and the test's clock."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self.shortage: Callable[[bool, str, str], str | None] = lambda spot, kind, subnet: None
        self.calls: list[dict[str, Any]] = []
        self._answers: dict[str, dict[str, Any]] = {}
        self._launched: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def create_fleet(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        if request["ClientToken"] in self._answers:
            return self._answers[request["ClientToken"]]
        spot = request["TargetCapacitySpecification"]["DefaultTargetCapacityType"] == "spot"
        [config] = request["LaunchTemplateConfigs"]
        errors, able = [], []
        for override in config["Overrides"]:
            code = self.shortage(spot, override["InstanceType"], override["SubnetId"])
            if code is None:
                able.append(override)
            else:
                errors.append({"LaunchTemplateAndOverrides": {"Overrides": override}, "ErrorCode": code})
        answer: dict[str, Any] = {"Instances": [], "Errors": errors}
        if able:
            answer = self._client.create_fleet(**{**request, "LaunchTemplateConfigs": [{**config, "Overrides": able}]})
            for fleet in answer["Instances"]:
                self._launched |= dict.fromkeys(fleet["InstanceIds"], self._clock())
        self._answers[request["ClientToken"]] = answer
        return answer

    def get_paginator(self, name: str) -> Any:
        pages = self._client.get_paginator(name)
        launched = self._launched

        class Paginator:
            def paginate(self, **request: Any) -> Iterator[Any]:
                for page in pages.paginate(**request):
                    for reservation in page["Reservations"]:
                        for found in reservation["Instances"]:
                            when = launched.get(found["InstanceId"], START)
                            found["LaunchTime"] = datetime.fromtimestamp(when, UTC)
                    yield page

        return Paginator()


@dataclass
class Setup:
    world: World
    github: FakeGitHub
    clock: Clock
    reports: Reports
    ec2: Ec2
    clients: dict[str, Any]
    subnets: tuple[str, ...]

    def request(self, job: Any, runner_class: str = "gpu") -> Job:
        return Job(str(job.id), job.repository, runner_class, job.created)

    def messages(self) -> list[Job]:
        """Receive and delete all messages of the queue."""
        found = []
        while True:
            url = self.world.settings.queue_url
            batch = self.clients["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            if not batch:
                return found
            for message in batch:
                found.append(aws.job_from_text(message["Body"]))
                self.clients["sqs"].delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def work(self) -> list[Outcome]:
        """Process the messages of the queue as the scale-up Lambda does."""
        return [scale_up(self.world, job) for job in self.messages()]

    def configuration(self, instance: str) -> str:
        name = f"{self.world.settings.configuration_path}/{instance}"
        return str(self.clients["ssm"].get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    def boot(self, instance: str) -> Any:
        """Read the configuration of a machine and bring its runner online."""
        return self.github.online(self.configuration(instance))

    def live(self) -> list[str]:
        return sorted(instance.id for instance in self.world.cloud.instances())


def settings(subnets: tuple[str, ...], template: str, url: str, **changes: Any) -> Settings:
    limits = {
        "max_instances": 5,
        "max_gpu_hours_per_day": 50.0,
        "job_max_wait_minutes": 240.0,
        "idle_minutes": 10.0,
        "boot_minutes": 12.0,
        "lifetime_minutes": 360.0,
        "max_failed_boots": 3,
    }
    limits |= {name: changes.pop(name) for name in list(changes) if name in limits}
    gpu = RunnerClass("gpu", frozenset({"gpu"}), {"g5.xlarge": 1, "g4dn.xlarge": 1}, True, template, 0, 4, 1)
    cpu = RunnerClass("cpu", frozenset({"cpu"}), {"c7i.large": 0}, False, template, 0, 4, 1)
    values: dict[str, Any] = {
        "pool": "espalier",
        "table_name": "ledger",
        "queue_url": "",
        "configuration_path": "/espalier/runners",
        "kms_key_arn": "alias/aws/ssm",
        "instance_arn_prefix": "arn:aws:ec2:us-east-1:123456789012:instance/",
        "github_api_url": url,
        "github_app": GitHubApp(APP, INSTALLATION),
        "github_app_key_parameter": "/espalier/app-key",
        "github_webhook_secret_parameter": "/espalier/webhook-secret",
        "organization": "acme",
        "repositories": frozenset({"acme/churn"}),
        "allow_public_repositories": False,
        "subnet_ids": subnets,
        "classes": (gpu, cpu),
        "limits": Limits(**limits),
    }
    return Settings(**{**values, **changes})


def make_table(dynamo: Any, name: str = "ledger") -> None:
    dynamo.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "open")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open",
                "KeySchema": [{"AttributeName": "open", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


@contextmanager
def setup(**changes: Any) -> Iterator[Setup]:
    """Yield an account with a network, a table, a queue and a launch template, and a fake GitHub."""
    clock, reports = Clock(), Reports()
    with (
        mock_aws(config={"core": {"passthrough": {"urls": [r"http://127\.0\.0\.1.*"]}}}),
        served(FakeGitHub(clock)) as github,
    ):
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        clients = {
            service: boto3.client(service, region_name=REGION, **keys) for service in ("ec2", "ssm", "sqs", "dynamodb")
        }
        vpc = clients["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = tuple(
            clients["ec2"].create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("abc")
        )
        template = clients["ec2"].create_launch_template(
            LaunchTemplateName="runner", LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "c7i.large"}
        )["LaunchTemplate"]["LaunchTemplateId"]
        make_table(clients["dynamodb"])
        url = clients["sqs"].create_queue(QueueName="jobs")["QueueUrl"]
        found = settings(subnets, template, github.url, **{"queue_url": url, **changes})
        ec2 = Ec2(clients["ec2"], clock)
        key = read_key(github.pem())
        world = World(
            settings=found,
            ledger=aws.DynamoLedger(clients["dynamodb"], found.table_name),
            cloud=aws.Ec2Cloud(
                ec2, clients["ssm"], found.pool, found.configuration_path, found.kms_key_arn, found.instance_arn_prefix
            ),
            forge=GitHub(
                github.url, APP, INSTALLATION, lambda: key, bool(found.organization), clock, sleep=lambda seconds: None
            ),
            queue=aws.SqsQueue(clients["sqs"], url),
            now=clock,
            report=reports,
        )
        yield Setup(world, github, clock, reports, ec2, clients, subnets)


def alarms() -> dict[str, dict[str, Any]]:
    """Return the alarms that the module declares, by name."""
    text = (MODULE / "alarms.tf").read_text(encoding="utf-8")
    [block] = [block for block in hcl2.loads(text)["locals"] if "alarms" in block]
    found = block["alarms"]
    found_alarms = {}
    for name, alarm in found.items():
        found_alarms[name.strip('"')] = {
            key.strip('"'): value.strip('"') if isinstance(value, str) else value for key, value in alarm.items()
        }
    return found_alarms
