"""The module mlflow-registry after an apply: its resources, no visible secret, and the effect of a rotation."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.infra import MODULES, Emulator, Terraform

DOCKER = MODULES / "mlflow-registry" / "docker"
# A rotation changes the secret, the password of the database, and the tasks that use a version of the secret.
CHANGES = {
    "complete": (
        {"secrets_version": 2},
        {
            "module.registry.aws_db_instance.this",
            "module.registry.aws_ecs_service.server[0]",
            "module.registry.aws_ecs_task_definition.migration",
            "module.registry.aws_ecs_task_definition.server[0]",
            "module.registry.aws_secretsmanager_secret_version.this",
        },
    ),
}


def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None:
    [database] = emulator.client("rds").describe_db_instances()["DBInstances"]
    assert database["MultiAZ"]
    assert database["StorageEncrypted"]
    assert not database["PubliclyAccessible"]
    assert database["BackupRetentionPeriod"] == 14
    bucket = "mlflow-artifacts-123456789012-us-east-1"
    s3 = emulator.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert list(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == [True] * 4
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == database["KmsKeyId"]
    balancers = emulator.client("elbv2")
    [balancer] = balancers.describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    [listener] = balancers.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    open_to_all = [
        rule
        for rule in emulator.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
        if not rule["IsEgress"] and rule.get("CidrIpv4") == "0.0.0.0/0"
    ]
    assert open_to_all == []
    no_secret_is_shown(terraform, emulator)
    each_alarm_trips_and_stays_quiet(emulator)
    the_migration_command_ends_as_the_task_does(terraform, terraform.root)


def no_secret_is_shown(terraform: Terraform, emulator: Emulator) -> None:
    """Check that the generated passwords are in Secrets Manager and in no file that Terraform writes."""
    keeper = emulator.client("secretsmanager")
    secrets = json.loads(keeper.get_secret_value(SecretId="mlflow-server")["SecretString"])
    assert sorted(secrets) == ["admin", "database", "session"]
    shown = json.dumps(terraform.plan().document)
    definitions = emulator.client("ecs")
    told = [
        definitions.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        for arn in definitions.list_task_definitions()["taskDefinitionArns"]
    ]
    assert len(told) == 2
    for key, value in secrets.items():
        assert len(value) == 40
        for place, text in {
            "state": terraform.state(),
            "log": terraform.log,
            "plan": shown,
            "task definition": json.dumps(told, default=str),
        }.items():
            assert value not in text, f"the {key} secret is in the {place}"


def alarmed(alarm: dict[str, Any], values: list[float | None]) -> bool:
    """Return whether CloudWatch raises the alarm: each of the last periods breaches; None is a period without data."""
    breaches = {
        "GreaterThanThreshold": lambda value: value > alarm["Threshold"],
        "LessThanThreshold": lambda value: value < alarm["Threshold"],
    }[alarm["ComparisonOperator"]]
    silence = {"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]]
    last = values[-alarm["EvaluationPeriods"] :]
    assert len(last) == alarm["EvaluationPeriods"]
    return all(silence if value is None else breaches(value) for value in last)


GIB = 1024**3
ALARMS: dict[str, tuple[list[list[float | None]], list[list[float | None]]]] = {  # alarm, no alarm
    "no-healthy-server": ([[2, 0, 0, 0], [None, None, None]], [[0, 0, 1], [2, 2, 2]]),
    "server-errors": ([[0, 11]], [[10], [None]]),
    "load-balancer-errors": ([[0, 11]], [[10], [None]]),
    "slow-answers": ([[0.1, 6, 5.1, 7]], [[6, 6, 5], [None, None, None], [9, 0.2, 9]]),
    "server-cpu": ([[86, 99, 90]], [[99, 99, 85], [None, None, None]]),
    "server-memory": ([[91, 95, 99]], [[95, 95, 90], [None, None, None]]),
    "database-cpu": ([[81, 95, 99], [None, None, None]], [[95, 95, 80], [5, 5, 5]]),
    "database-memory": ([[GIB / 5, GIB / 5, GIB / 5], [None, None, None]], [[GIB / 5, GIB / 5, GIB / 4], [GIB] * 3]),
    "database-storage": ([[4.9 * GIB] * 3, [None, None, None]], [[4 * GIB, 4 * GIB, 5 * GIB], [40 * GIB] * 3]),
}


def each_alarm_trips_and_stays_quiet(emulator: Emulator) -> None:
    alarms = {
        alarm["AlarmName"].removeprefix("mlflow-"): alarm
        for alarm in emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    }
    assert sorted(alarms) == sorted(ALARMS)
    for name, (trips, quiet) in ALARMS.items():
        assert alarms[name]["AlarmActions"] == alarms[name]["OKActions"] != []
        assert all(alarmed(alarms[name], values) for values in trips), name
        assert not any(alarmed(alarms[name], values) for values in quiet), name


# Responds as the AWS command line does: the ARN of the task, one timeout of the wait, the exit code of the container.
AWS = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$2" in
  run-task) echo arn:task ;;
  wait) [ "$(grep -c 'wait tasks-stopped' "$CALLS")" -gt 1 ] ;;
  describe-tasks) echo "$EXIT_CODE" ;;
esac
"""


def the_migration_command_ends_as_the_task_does(terraform: Terraform, folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "aws").write_text(AWS)
    (folder / "bin" / "aws").chmod(0o755)
    command = terraform.outputs()["migration_command"]
    for code, expected, sentence in (("0", 0, "now set serving_image"), ("1", 1, "do not change serving_image")):
        calls = folder / f"calls-{code}"
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "CALLS": str(calls), "EXIT_CODE": code}
        done = subprocess.run(["sh"], input=command, env=environment, capture_output=True, text=True)
        assert done.returncode == expected, done.stderr
        assert sentence in done.stdout + done.stderr
        run, *waits, asked = calls.read_text().splitlines()
        assert "--task-definition arn:aws:ecs:us-east-1:123456789012:task-definition/mlflow-migration:1" in run
        assert "awsvpcConfiguration={subnets=[subnet-" in run
        assert len([call for call in waits if call.startswith("ecs wait tasks-stopped")]) == 2
        assert asked.startswith("ecs describe-tasks")


def after_destroy(emulator: Emulator) -> None:
    assert emulator.client("s3").list_buckets()["Buckets"] == []
    rds = emulator.client("rds")
    assert rds.describe_db_instances()["DBInstances"] == []
    assert emulator.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert emulator.client("secretsmanager").list_secrets()["SecretList"] == []
    assert emulator.client("logs").describe_log_groups()["logGroups"] == []
    ecs = emulator.client("ecs")
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    assert {cluster["status"] for cluster in clusters} <= {"INACTIVE"}  # AWS lists a deleted one for some time
    assert emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    keys = emulator.client("kms")
    for key in keys.list_keys()["Keys"]:
        assert keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_the_requirements_of_the_image_have_digests_and_no_index() -> None:
    lock = (DOCKER / "requirements.txt").read_text()
    packages = re.findall(r"(?m)^[A-Za-z0-9].*(?:\n .*)*", lock)
    assert len(packages) > 50
    assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == []
    assert "://" not in lock
    locked = {package.split("==")[0] for package in packages}
    for wanted in ("mlflow", "boto3", "psycopg2-binary", "flask-wtf"):
        assert wanted in locked


def test_the_totals_in_the_readme_are_correct() -> None:
    rows = re.findall(r"(?m)^\|.*\| \**([0-9.]+)\** \| \**([0-9.]+)\** \|$", (DOCKER.parent / "README.md").read_text())
    *parts, total = [[Decimal(cell) for cell in row] for row in rows]
    assert len(parts) == 10
    assert [sum(column) for column in zip(*parts, strict=True)] == total


def test_hadolint_finds_nothing_in_the_image(tool: Callable[[str], str]) -> None:
    done = subprocess.run([tool("hadolint"), str(DOCKER / "mlflow.Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def one_service(emulator: Emulator) -> Any:
    ecs = emulator.client("ecs")
    ecs.create_cluster(clusterName="registry")
    ecs.register_task_definition(family="server", containerDefinitions=[{"name": "a", "image": "b", "memory": 128}])
    ecs.create_service(cluster="registry", serviceName="server", taskDefinition="server", desiredCount=1)
    [service] = ecs.describe_services(cluster="registry", services=["server"])["services"]
    return service


@pytest.mark.slow
def test_quirk_mlflow_registry_steady_state(emulator: Emulator) -> None:
    assert one_service(emulator)["runningCount"] == 0


@pytest.mark.slow
def test_quirk_mlflow_registry_scaling(emulator: Emulator) -> None:
    one_service(emulator)
    scaling = emulator.client("application-autoscaling")
    what = {"ServiceNamespace": "ecs", "ResourceId": "service/registry/server"}
    made = scaling.register_scalable_target(
        **what, ScalableDimension="ecs:service:DesiredCount", MinCapacity=1, MaxCapacity=2
    )
    with pytest.raises(ClientError) as raised:
        scaling.list_tags_for_resource(ResourceARN=made["ScalableTargetARN"])
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
