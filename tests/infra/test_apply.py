"""Apply every example unchanged: a second plan is empty, a change changes only its resources, destroy leaves nothing.

The file of a module, tests/infra/test_<module>.py, adds checks for this module under up to three names:

    def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None: ...  # boto3 assertions
    CHANGES = {example: ({variable: value}, {addresses of the plan that follows, without keys of count})}
    def after_destroy(emulator: Emulator) -> None: ...  # nothing may remain
"""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.infra import (
    Emulator,
    Terraform,
    TerraformError,
    examples,
    modules,
    quirks,
    stage,
    unexplained,
)

pytestmark = [pytest.mark.slow, pytest.mark.long(place=2)]

CASES = [(module, example) for module in modules() for example in examples(module)]
SEEN: dict[tuple[str, str], set[str]] = {}  # module and example to the quirks that occurred


def of_module(module: str) -> ModuleType | None:
    name = f"test_{module.replace('-', '_')}"
    return importlib.import_module(f"tests.infra.{name}") if Path(__file__).with_name(f"{name}.py").exists() else None


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.parametrize(("module", "example"), CASES)
def test_an_example_applies_without_drift_changes_in_place_and_is_destroyed(
    module: str, example: str, scratch: Path, emulator: Emulator, terraform_bin: str
) -> None:
    terraform = Terraform(stage(scratch, module, example, emulator))
    terraform.init()
    with terraform.one_provider():
        applied_to_destroyed(module, example, terraform, emulator)


def applied_to_destroyed(module: str, example: str, terraform: Terraform, emulator: Emulator) -> None:
    own = of_module(module)
    terraform.apply()
    assert terraform.warnings == []

    again = terraform.plan()
    assert unexplained(again, module) == []
    SEEN[module, example] = {quirk.id for quirk in quirks(module) for change in again.changes if quirk.explains(change)}
    if own and hasattr(own, "after_apply"):
        own.after_apply(example, terraform, emulator)

    if own and example in getattr(own, "CHANGES", {}):
        variables, expected = own.CHANGES[example]
        changed = {change.address for change in unexplained(terraform.plan(refresh=False, **variables), module)}
        assert changed == expected

    terraform.destroy()
    assert terraform.addresses() == []
    if own and hasattr(own, "after_destroy"):
        own.after_destroy(emulator)


def test_every_quirk_of_a_plan_still_occurs() -> None:
    """Use the results of the examples above: it must run after them, in the same process."""
    for module in modules():
        if all((module, example) in SEEN for example in examples(module)):  # all were selected to run
            seen = set().union(*(SEEN[module, example] for example in examples(module)))
            gone = [quirk.id for quirk in quirks(module) if quirk.attributes and quirk.id not in seen]
            assert gone == [], f"{gone} of quirks.yaml no longer occur: delete them from quirks.yaml"


def test_every_quirk_without_a_plan_change_has_its_own_test() -> None:
    for quirk in quirks():
        if not quirk.attributes:
            probe = f"test_quirk_{quirk.id.replace('-', '_')}"
            assert hasattr(of_module(quirk.module), probe), f"quirk {quirk.id} has no test: write {probe}"


def test_a_failed_apply_shows_the_last_requests_of_the_provider(
    scratch: Path, emulator: Emulator, terraform_bin: str
) -> None:
    emulator.client("iam").create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com")
    terraform = Terraform(stage(scratch, "github-oidc", "github", emulator))
    terraform.init()
    with pytest.raises(TerraformError, match="EntityAlreadyExists") as failed, terraform.one_provider():
        terraform.apply()
    [note] = failed.value.__notes__
    assert "Action=CreateOpenIDConnectProvider" in note
    assert "EntityAlreadyExists" in note
