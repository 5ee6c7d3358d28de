"""The module gpu-runners: its resources after an apply, the Lambda package, alarms, and the boot script."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.infra import MODULES, Emulator, Terraform
from support.runners import LAMBDA, REGION, Reports, alarms

# isort: split
from espalier_runners.settings import parse

MODULE = MODULES / "gpu-runners"
BOOT = MODULE / "boot.sh"

CONFIGURED = {f'module.runners.aws_lambda_function.this["{name}"]' for name in ("webhook", "scale-up", "reconciler")}
CHANGES = {
    "default-network": (
        {"idle_minutes": 20},
        CONFIGURED,
    ),
}


def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None:
    outputs = terraform.outputs()
    assert outputs["runs_on"] == {"gpu": ["self-hosted", "gpu"], "cpu": ["self-hosted", "cpu"]}
    ec2 = emulator.client("ec2")
    templates = {one["LaunchTemplateName"]: one["LaunchTemplateId"] for one in _templates(ec2)}
    assert sorted(templates) == ["churn-runners-cpu", "churn-runners-gpu"]
    for found in templates.values():
        [version] = ec2.describe_launch_template_versions(LaunchTemplateId=found)["LaunchTemplateVersions"]
        data = version["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert data["InstanceInitiatedShutdownBehavior"] == "terminate"
        assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    [group] = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["churn-runners-runner"]}])[
        "SecurityGroups"
    ]
    assert group["IpPermissions"] == []

    functions = {one["FunctionName"]: one for one in emulator.client("lambda").list_functions()["Functions"]}
    assert sorted(functions) == [f"churn-runners-{name}" for name in ("reaper", "reconciler", "scale-up", "webhook")]
    written = functions["churn-runners-scale-up"]["Environment"]["Variables"]["ESPALIER_RUNNERS"]
    settings = parse(written)
    assert 1200 < len(written) < 1275 + 2 * 155 + 3 * 30 + 200  # within the estimate settings_bytes
    gpu = settings.runner_class("gpu")
    assert gpu is not None
    assert dict(gpu.gpus) == {"g5.xlarge": 1, "g6.xlarge": 1, "g4dn.xlarge": 1}
    assert list(gpu.gpus) == ["g5.xlarge", "g6.xlarge", "g4dn.xlarge"]  # in order of preference
    assert gpu.launch_template_id == templates["churn-runners-gpu"]
    assert settings.queue_url == outputs["queue_url"]
    assert len(settings.subnet_ids) == 3
    rules = emulator.client("events").list_rules()["Rules"]
    assert {rule["Name"]: rule["ScheduleExpression"] for rule in rules} == {
        "churn-runners-reaper": "rate(1 minute)",
        "churn-runners-reconciler": "rate(1 minute)",
    }
    attributes = emulator.client("sqs").get_queue_attributes(QueueUrl=outputs["queue_url"], AttributeNames=["All"])
    assert json.loads(attributes["Attributes"]["RedrivePolicy"])["maxReceiveCount"] == 5
    assert attributes["Attributes"]["KmsMasterKeyId"]


def _templates(ec2: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ec2.describe_launch_templates()["LaunchTemplates"]
    return found


def after_destroy(emulator: Emulator) -> None:
    assert _templates(emulator.client("ec2")) == []
    assert emulator.client("lambda").list_functions()["Functions"] == []
    assert emulator.client("sqs").list_queues().get("QueueUrls", []) == []
    assert emulator.client("dynamodb").list_tables()["TableNames"] == []
    assert emulator.client("logs").describe_log_groups()["logGroups"] == []


# the package


def _packed() -> bytes:
    spec = importlib.util.spec_from_file_location("package", LAMBDA / "package.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return bytes(module.packed())


def test_the_package_is_current_and_small() -> None:
    package = LAMBDA / "espalier_runners.zip"
    assert package.read_bytes() == _packed(), "run: python infra/modules/gpu-runners/lambda/package.py"
    assert package.stat().st_size <= 5 * 2**20


def test_the_package_needs_only_the_standard_library_and_boto3() -> None:
    allowed = set(sys.stdlib_module_names) | {"boto3", "botocore", "espalier_runners"}
    found = set()
    for path in (LAMBDA / "espalier_runners").glob("*.py"):
        found |= set(re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert found <= allowed


def test_the_handlers_are_imported_from_the_package_itself() -> None:
    environment = {**os.environ, "PYTHONPATH": str(LAMBDA / "espalier_runners.zip")}
    subprocess.run([sys.executable, "-c", "import espalier_runners.handlers"], env=environment, check=True)


# alarms


def tripped(reports: Reports, alarm: dict[str, Any]) -> bool:
    """Return whether CloudWatch would raise the alarm for one period with all these metrics."""
    values = [value for metric, value, _ in reports.lines if metric == alarm["metric"]]
    value = sum(values) if alarm["statistic"] == "Sum" else max(values, default=0.0)
    return bool(value >= float(alarm["threshold"]))


def test_the_code_reports_every_metric_of_an_alarm() -> None:
    reported = set()
    for path in (LAMBDA / "espalier_runners").glob("*.py"):
        reported |= set(re.findall(r'report\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert {alarm["metric"] for alarm in alarms().values()} <= reported


@pytest.mark.parametrize("name", sorted(alarms()))
def test_an_alarm_goes_off_at_its_threshold_and_not_below(name: str) -> None:
    alarm = alarms()[name]
    threshold = int(alarm["threshold"])
    at, below = Reports(), Reports()
    if alarm["statistic"] == "Sum":
        for _ in range(threshold):
            at(alarm["metric"])
        below.lines = at.lines[1:]
    else:
        at(alarm["metric"], threshold)
        below(alarm["metric"], threshold - 1)
    assert tripped(at, alarm)
    assert not tripped(below, alarm)


# the unchanged boot script, with the programs of the machine replaced by ones that record their arguments


STUB = '#!/bin/bash\necho "$(basename "$0") $*" >> "$CALLS"\n'


# fmt: off
MACHINE_PROGRAMS = [
    "amazon-cloudwatch-agent-ctl", "dnf", "docker", "git", "id", "modprobe", "nvidia-ctk", "runuser", "shutdown",
    "systemctl", "systemd-run", "useradd", "usermod",
]
# fmt: on


class Machine:
    def __init__(self, root: Path) -> None:
        self.root, self.calls_file = root, root / "calls"
        self.bin = root / "bin"
        for folder in ("bin", "etc", "var/log", "opt/actions-runner"):
            (root / folder).mkdir(parents=True)
        for name in MACHINE_PROGRAMS:
            self.program(name)
        self.program("nvidia-smi", "echo NVIDIA A10G, 570.1, 23028 MiB")
        self.program("aws", 'case "$*" in *get-parameter*) echo planted-runner-configuration;; esac')
        self.program("curl", 'case "$*" in *instance-id*) echo i-0abc;; *) echo token;; esac')
        self.program("runuser", 'echo "with ${#ACTIONS_RUNNER_INPUT_JITCONFIG} characters" >> "$CALLS"')
        runner = root / "opt" / "actions-runner" / "run.sh"
        runner.write_text("#!/bin/bash\n")
        runner.chmod(0o755)
        self.settings = {
            "ESPALIER_POOL": "churn-runners",
            "ESPALIER_REGION": REGION,
            "ESPALIER_CONFIGURATION_PATH": "/churn-runners/runner-configurations",
            "ESPALIER_LOG_GROUP": "/espalier/churn-runners/instances",
            "ESPALIER_GPU": "1",
            "ESPALIER_BOOT_MINUTES": "12",
            "ESPALIER_LIFETIME_MINUTES": "360",
            "ESPALIER_RUNNER_PACKAGE_VERSION": "2.329.0",
            "ESPALIER_RUNNER_PACKAGE_SHA256": "0" * 64,
        }

    def program(self, name: str, does: str = "") -> None:
        path = self.bin / name
        path.write_text(STUB + does + "\n")
        path.chmod(0o755)

    def boot(self) -> list[str]:
        environment = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "CALLS": str(self.calls_file),
            "ESPALIER_ROOT": str(self.root),
            "ESPALIER_FLUSH_SECONDS": "0",
            "ESPALIER_POLL_SECONDS": "0.05",
            **self.settings,
        }
        subprocess.run(["bash", str(BOOT)], env=environment, check=False, timeout=60, capture_output=True)
        return self.calls_file.read_text().splitlines()

    @property
    def log(self) -> str:
        return (self.root / "var" / "log" / "espalier-boot.log").read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def at(calls: list[str], begin: str) -> int:
    return next(index for index, call in enumerate(calls) if call.startswith(begin))


def test_a_machine_checks_its_gpu_then_runs_one_job_and_shuts_down(machine: Machine) -> None:
    calls = machine.boot()
    assert calls[0] == "systemd-run --unit=espalier-watchdog --on-active=360min systemctl poweroff --force"
    assert at(calls, "nvidia-smi") < at(calls, "aws ssm get-parameter") < at(calls, "runuser -u runner -- ./run.sh")
    assert calls[-1] == "shutdown -h now"
    assert "BOOT FAILED" not in machine.log
    assert "with 28 characters" in calls  # it received the configuration
    assert not any("planted-runner-configuration" in text for text in (machine.log, "\n".join(calls)))


@pytest.mark.parametrize(
    ("program", "does", "step"),
    [
        ("nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9", "nvidia-smi"),
        ("curl", "exit 22", "metadata"),
        ("systemctl", "exit 1", "tools"),
        ("systemd-run", "exit 1", "watchdog"),
        ("amazon-cloudwatch-agent-ctl", "exit 1", "logs"),
    ],
)
def test_a_failed_step_is_reported_and_shuts_the_machine_down_before_it_registers(
    machine: Machine, program: str, does: str, step: str
) -> None:
    machine.program(program, does)
    calls = machine.boot()
    assert calls[-1] == "shutdown -h now"
    assert not any(call.startswith("runuser") for call in calls)
    [event] = [call for call in calls if call.startswith("aws logs put-log-events")]
    assert f"BOOT FAILED at {step} with" in event


def test_a_runner_package_with_another_digest_is_not_run(machine: Machine) -> None:
    (machine.root / "opt" / "actions-runner" / "run.sh").unlink()
    machine.program("curl", 'case "$*" in *instance-id*) echo i-0abc;; *-o*) echo x > "${@: -2:1}";; *) echo t;; esac')
    calls = machine.boot()
    assert any("BOOT FAILED at runner" in call for call in calls)
    assert calls[-1] == "shutdown -h now"


def test_a_machine_without_a_configuration_shuts_down(machine: Machine) -> None:
    machine.settings["ESPALIER_BOOT_MINUTES"] = "0"
    calls = machine.boot()
    assert any("BOOT FAILED at configuration" in call for call in calls)
    assert calls[-1] == "shutdown -h now"


def test_a_machine_without_gpu_skips_the_gpu_check(machine: Machine) -> None:
    machine.settings["ESPALIER_GPU"] = "0"
    assert not any(call.startswith("nvidia-smi") for call in machine.boot())


def test_a_machine_shuts_down_even_if_cloudwatch_is_not_available(machine: Machine) -> None:
    machine.program("aws", "exit 255")
    machine.program("nvidia-smi", "exit 9")
    assert machine.boot()[-1] == "shutdown -h now"


def test_a_driver_is_installed_if_the_image_has_none(machine: Machine) -> None:
    (machine.bin / "nvidia-smi").unlink()
    machine.program("modprobe", f"cp {machine.bin}/id {machine.bin}/nvidia-smi")
    calls = machine.boot()
    assert at(calls, "dnf install -y -q nvidia-release") < at(calls, "nvidia-smi") < at(calls, "runuser")
