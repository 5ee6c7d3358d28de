"""The stacks of a generated repository: those of any answers are valid, and all three are applied as README.md says."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from infra_support import Change, Emulator, Terraform, point_at, quirks

pytestmark = pytest.mark.slow

AWS = {"cloud": "aws", "model_registry": "aws", "gpu_runners": "aws"}
S3 = {"data_remote": "s3", "data_remote_url": "s3://example-org-data/churn"}
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:{'0' * 64}"
# What a person writes into the lines of terraform.tfvars that are left open.
ONLY_YOU_KNOW = {
    "bootstrap": {},
    "registry": {"domain_name": "mlflow.example.org", "image": IMAGE},
    "runners": {
        "github_app": {"id": "123456", "installation_id": "7890123"},
        "runner_package": {"version": "2.329.0", "sha256": "0" * 64},
    },
}
LOCAL = 'terraform {\n  backend "local" {}\n}\n'


@pytest.fixture
def repository(rendered: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """A copy of the repository with these answers."""
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


def unexplained(changes: list[Change]) -> list[Change]:
    known = quirks()
    return [change for change in changes if not any(quirk.explains(change) for quirk in known)]


def test_all_stacks_are_applied_one_after_the_other_settle_and_leave_nothing(
    repository: Callable[..., Path], terraform_bin: str, emulator: Emulator
) -> None:
    folder = repository(**AWS, **S3)
    for quirk in quirks():
        if quirk.override:
            with (folder / "infra/modules" / quirk.module / "emulator_override.tf").open("a") as file:
                file.write(quirk.override + "\n")
    zone = emulator.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    built: dict[str, Terraform] = {}
    for stack in ("bootstrap", "registry", "runners"):
        variables = dict(ONLY_YOU_KNOW[stack]) | ({"zone_id": zone.rpartition("/")[2]} if stack == "registry" else {})
        terraform = built[stack] = Terraform(folder / "infra" / stack, variables)
        point_at(emulator, terraform.root)
        (terraform.root / "backend_override.tf").write_text(LOCAL)
        terraform.init()
        terraform.apply()
        assert unexplained(terraform.plan().changes) == []
        assert terraform.warnings == []

    roles = built["bootstrap"].outputs()
    assert re.search(r":role/.+plan", roles["plan_role"]) and re.search(r":role/.+apply", roles["apply_role"])
    assert built["registry"].outputs()["url"] == "https://mlflow.example.org"
    assert built["runners"].outputs()["runs_on"] == {"gpu": ["self-hosted", "gpu"]}

    move_to_the_bucket(built["bootstrap"], emulator)
    built["registry"].apply(deletion_protection=False)
    for stack in ("runners", "registry"):
        built[stack].destroy()
        assert built[stack].addresses() == []


def move_to_the_bucket(terraform: Terraform, emulator: Emulator) -> None:
    """What infra/README.md does after the first apply; the emulator's address is all that is added.

    The emulator takes a Deny of the bucket's policy without its Condition (quirks.yaml), so the policy goes first.
    """
    emulator.client("s3").delete_bucket_policy(Bucket="example-org-diabetes-progression-tfstate")
    before = terraform.addresses()
    services = ", ".join(f'{service} = "{emulator.url}"' for service in ("iam", "s3", "sts"))
    settings = (terraform.root / "backend.tf").read_text(encoding="utf-8")
    (terraform.root / "backend_override.tf").write_text(
        settings.replace(
            "use_lockfile",
            f"endpoints = {{ {services} }}\n    use_path_style = true\n    skip_requesting_account_id = true\n"
            '    access_key = "testing"\n    secret_key = "testing"\n    use_lockfile',
        )
    )
    terraform.run("init -migrate-state -force-copy", input=False)
    assert terraform.addresses() == before
    [state] = emulator.client("s3").list_objects_v2(Bucket="example-org-diabetes-progression-tfstate")["Contents"]
    assert state["Key"] == "bootstrap/terraform.tfstate"
