"""The stacks of a generated repository are valid for all answers, and the commands of README.md apply all three."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.infra import MODULES, Change, Emulator, Terraform, environment, point_at, quirks
from support.working_tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long(place=3)]

AWS = {"cloud": "aws", "model_registry": "aws", "gpu_runners": "aws"}
S3 = {"data_remote": "s3", "data_remote_url": "s3://example-org-data/churn"}
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:{'0' * 64}"
STATES = "example-org-diabetes-progression-tfstate"
PAGE = ROOT / "docs" / "how-to" / "apply-for-the-first-time.md"
DESTROY = ROOT / "docs" / "how-to" / "destroy-the-infrastructure.md"
# Resource types that `deletion_protection` of the registry changes: deletion protection and recovery windows.
DELETED_WITH_CARE = {"aws_db_instance", "aws_kms_key", "aws_lb", "aws_s3_bucket", "aws_secretsmanager_secret"}
LOCAL = 'terraform {\n  backend "local" {}\n}\n'


@pytest.fixture
def repository(rendered: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Return a function that copies the repository with the given answers."""
    yield lambda **answers: shutil.copytree(rendered(**answers), tmp_path / "repository", symlinks=True)
    shutil.rmtree(tmp_path)


def stacks(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in (folder / "infra").glob("*/backend.tf"))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"cloud": "aws", "ci": "none"}, ["bootstrap"]),
        ({**AWS, "gpu_runners": "none"}, ["bootstrap", "registry"]),
        ({**AWS, **S3, "project_slug": "a", "organization": "A-" * 19 + "z"}, ["bootstrap", "registry", "runners"]),
    ],
)
def test_the_stacks_of_any_answers_are_valid_and_formatted(
    repository: Callable[..., Path], terraform_bin: str, answers: dict[str, str], expected: list[str]
) -> None:
    folder = repository(**answers)
    assert stacks(folder) == expected
    for stack in expected:
        terraform = Terraform(folder / "infra" / stack)
        (terraform.root / "backend_override.tf").write_text(LOCAL)
        terraform.init()
        assert terraform.validate() == []
        assert terraform.fmt_check() == []


def typed(folder: Path, commands: str) -> str:
    """Run commands in the repository and return their output; fail the test if a command fails."""
    done = subprocess.run(
        ["bash", "-eu"],
        input=commands,
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout[-5000:]}"
    return re.sub(r"\x1b\[\d*m", "", done.stdout)


def shell_blocks(page: Path) -> list[str]:
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", page.read_text("utf-8"))


@pytest.mark.parametrize("slug", ["a", "a" * 48, "abcdefghijklmno-bcdefgh-jk-lmnopqrstuvwxyz-abcde"])
def test_the_names_derived_from_any_project_slug_are_valid_for_the_modules(
    rendered: Callable[..., Path], slug: str
) -> None:
    infra = rendered(**AWS, project_slug=slug) / "infra"
    for stack, module in {"bootstrap": "network", "registry": "mlflow-registry", "runners": "gpu-runners"}.items():
        [name] = re.findall(r'(?m)^name\s*= "(.*)"$', (infra / stack / "terraform.tfvars").read_text("utf-8"))
        [condition] = re.findall(r'regex\("(\S+)", var\.name\)', (MODULES / module / "variables.tf").read_text("utf-8"))
        assert re.search(condition, name), f"{stack}: {name} is refused by {condition}"
        assert re.search(condition, name + "-" * 30) is None


def unexplained(changes: list[Change]) -> list[Change]:
    known = quirks()
    return [change for change in changes if not any(quirk.explains(change) for quirk in known)]


def points_at_the_emulator(folder: Path, emulator: Emulator) -> None:
    """Configure the copy of the repository for the emulator: its URL, and overrides for what it cannot do."""
    for quirk in quirks():
        if quirk.override:
            with (folder / "infra/modules" / quirk.module / "emulator_override.tf").open("a") as file:
                file.write(quirk.override + "\n")
    services = ", ".join(f'{service} = "{emulator.url}"' for service in ("iam", "s3", "sts"))
    for stack in stacks(folder):
        root = folder / "infra" / stack
        point_at(emulator, root)
        backend = (root / "backend.tf").read_text("utf-8")
        address = f"endpoints = {{ {services} }}\n    use_path_style = true\n    skip_requesting_account_id = true\n"
        keys = '    access_key = "testing"\n    secret_key = "testing"\n    use_lockfile'
        (root / "backend.tf").write_text(backend.replace("use_lockfile", address + keys))


def fill_in(variables: Path, **lines: str) -> None:
    """Set the values that terraform.tfvars leaves open in comments."""
    text = variables.read_text("utf-8")
    for name, value in lines.items():
        text, count = re.subn(rf"(?m)^# ({name}\s*= ).*$", lambda line, value=value: f"{line[1]}{value}", text)
        assert count == 1, f"{variables} has no open line for {name}"
    variables.write_text(text)


def test_the_commands_of_the_readme_apply_all_stacks_and_those_of_the_how_to_destroy_them(
    repository: Callable[..., Path], terraform_bin: str, emulator: Emulator
) -> None:
    folder = repository(**AWS, **S3)
    points_at_the_emulator(folder, emulator)
    first, move, further = shell_blocks(folder / "infra/README.md")
    assert shell_blocks(PAGE)[0].endswith(
        first.replace("     # review the changes", "").replace("    # apply exactly these changes", "")
    )
    assert shell_blocks(PAGE)[1] == move
    zone = emulator.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    built = {stack: Terraform(folder / "infra" / stack) for stack in stacks(folder)}

    shown = typed(folder, first)
    [without, with_data] = re.findall(
        r"it creates (\d+) resources and .*with a bucket for the\ndata (\d+)", PAGE.read_text("utf-8")
    )[0]
    assert f"Plan: {with_data} to add, 0 to change, 0 to destroy" in shown
    of_the_data = [name for name in built["bootstrap"].addresses() if name.startswith("module.artifact_store.")]
    assert int(with_data) - len(of_the_data) == int(without)
    before = built["bootstrap"].addresses()
    # The emulator ignores the conditions of a Deny in the bucket policy (quirks.yaml), so remove the policy first.
    policy = emulator.client("s3").get_bucket_policy(Bucket=STATES)["Policy"]
    emulator.client("s3").delete_bucket_policy(Bucket=STATES)
    removing, migrating, _ = move.splitlines()
    typed(folder, f"{removing}\n{migrating.removesuffix(' &&')}")
    assert "aws:SecureTransport" in policy
    assert built["bootstrap"].addresses() == before
    for left in (folder / "infra/bootstrap").glob("terraform.tfstate*"):
        left.unlink()

    unfilled = subprocess.run(
        ["make", "infra-plan", "STACK=registry"], cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert unfilled.returncode != 0
    assert "No value for required variable" in unfilled.stderr
    assert "domain_name" in unfilled.stderr

    fill_in(
        folder / "infra/registry/terraform.tfvars",
        domain_name='"mlflow.example.org"',
        zone_id=f'"{zone.rpartition("/")[2]}"',
        image=f'"{IMAGE}"',
    )
    fill_in(
        folder / "infra/runners/terraform.tfvars",
        github_app='{ id = "123456", installation_id = "7890123" }',
        runner_package=f'{{ version = "2.329.0", sha256 = "{"0" * 64}" }}',
    )
    shown = typed(folder, further)
    assert "Warning:" not in shown.replace("Warning: Incomplete lock file information for providers", "")
    listed = emulator.client("s3").list_objects_v2(Bucket=STATES)["Contents"]
    assert [state["Key"] for state in listed] == [f"{stack}/terraform.tfstate" for stack in stacks(folder)]
    for stack in ("registry", "runners"):
        assert unexplained(built[stack].plan().changes) == []
    changes = built["bootstrap"].plan().changes
    assert [change.address for change in unexplained(changes)] == ["module.state_backend.aws_s3_bucket_policy.this"]

    roles = built["bootstrap"].outputs()
    assert re.search(r":role/.+plan", roles["plan_role"])
    assert re.search(r":role/.+apply", roles["apply_role"])
    assert built["registry"].outputs()["url"] == "https://mlflow.example.org"
    assert built["runners"].outputs()["runs_on"] == {"gpu": ["self-hosted", "gpu"]}

    one_line_changes(built["runners"], "max_instances = 7", {"aws_lambda_function"})
    one_line_changes(built["registry"], "deletion_protection = false", DELETED_WITH_CARE)
    destroyed_as_the_how_to_says(folder, built, emulator)


def one_line_changes(terraform: Terraform, line: str, meant: set[str]) -> None:
    """Add a line to terraform.tfvars and check that it updates only these types of resources, in place."""
    with (terraform.root / "terraform.tfvars").open("a") as variables:
        variables.write(f"{line}\n")
    changes = unexplained(terraform.plan().changes)
    assert {change.actions for change in changes} == {("update",)}
    assert {change.address.split(".")[2] for change in changes} == meant


def emptied(emulator: Emulator, bucket: str) -> None:
    """Empty a bucket as `force_destroy` does on AWS; the emulator cannot after versioning is off (quirks.yaml)."""
    s3 = emulator.client("s3")
    listed = s3.list_object_versions(Bucket=bucket)
    for version in [*listed["Versions"], *listed["DeleteMarkers"]]:
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def destroyed_as_the_how_to_says(folder: Path, built: dict[str, Terraform], emulator: Emulator) -> None:
    _, runners, registry, move, bootstrap, _ = shell_blocks(DESTROY)
    yes = 'terraform() { command terraform "$@" $([[ $* == *destroy* ]] && echo -auto-approve); }\n'
    for terraform in built.values():  # as in a fresh clone
        shutil.rmtree(terraform.root / ".terraform")
    typed(folder, yes + runners + registry)
    assert built["registry"].addresses() == built["runners"].addresses() == []
    emulator.client("s3").delete_bucket_policy(Bucket=STATES)  # as above
    with (built["bootstrap"].root / "terraform.tfvars").open("a") as variables:
        variables.write("force_destroy = true\n")
    assert "Plan: 1 to add, 2 to change, 0 to destroy" in typed(folder, move)  # one: the policy that was removed above
    emptied(emulator, STATES)
    typed(folder, yes + bootstrap)
    assert built["bootstrap"].addresses() == []
    assert emulator.client("s3").list_buckets()["Buckets"] == []
    assert [vpc for vpc in emulator.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
