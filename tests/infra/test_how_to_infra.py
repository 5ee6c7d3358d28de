"""The root that the how-to has the reader write is one that Terraform plans, whole and with the modules as they are."""

import re
from pathlib import Path

import pytest
from infra_support import ROOT, Emulator, Terraform, copy_infra, point_at

PAGE = ROOT / "docs" / "how-to" / "apply-for-the-first-time.md"


@pytest.mark.slow
def test_the_bootstrap_of_the_first_apply_can_be_planned(
    tmp_path: Path, emulator: Emulator, terraform_bin: str
) -> None:
    files = dict(re.findall(r"(?ms)^```hcl (infra/\S+)\n(.*?)^```$", PAGE.read_text("utf-8")))
    assert sorted(files) == ["infra/bootstrap/backend.tf", "infra/bootstrap/main.tf"]
    root = copy_infra(tmp_path / "infra") / "bootstrap"
    root.mkdir()
    (root / "main.tf").write_text(files["infra/bootstrap/main.tf"], encoding="utf-8")
    point_at(emulator, root)
    terraform = Terraform(root)
    terraform.init()
    changes = terraform.plan().changes
    assert {change.actions for change in changes} == {("create",)}
    assert {change.address.split(".")[1] for change in changes} == {"state_backend", "github_oidc", "artifact_store"}
    [said] = re.findall(r"it makes about (\d+) resources", PAGE.read_text("utf-8"))
    assert abs(len(changes) - int(said)) <= 3
    assert terraform.warnings == []
