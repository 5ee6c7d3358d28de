"""The how-tos about the infrastructure: their root can be planned, and their figures are the modules' own."""

import re
from pathlib import Path

import pytest
from infra_support import MODULES, ROOT, Emulator, Terraform, copy_infra, modules, point_at

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
    assert re.findall(r"it makes (\d+) resources", PAGE.read_text("utf-8")) == [str(len(changes))]
    assert terraform.warnings == []


def test_what_it_costs_repeats_the_sums_of_every_module() -> None:
    page = (ROOT / "docs" / "how-to" / "what-it-costs.md").read_text("utf-8")
    rows = dict(re.findall(r"(?m)^\| \[([\w-]+)\]\(.*?\).*? \| (\S+ \| \S+) \|", page))
    assert sorted(rows) == modules()
    for module, row in rows.items():
        cost = (MODULES / module / "README.md").read_text("utf-8").partition("## Cost")[2].partition("## Day 2")[0]
        for figure in row.split(" | "):
            assert figure in cost, f"{module}: {figure} is no longer in the README's table"
