"""What is true of every module alike: its files, inputs, versions, README, and what three tools say of it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hcl2
import pytest

import write_infra_docs
from support.infra import MODULES, Terraform, copy_infra, modules
from support.user_cache import digest_of, user_cache
from support.working_tree import ROOT

pytestmark = pytest.mark.long(place=10)

FILES = ["main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md"]
MOST_INPUTS = 25
README_NAMES = ["mermaid", "Cost", "Upgrade", "Restore", "Rotate", "Destroy"]
each_module = pytest.mark.parametrize("module", modules())


def variables(module: str) -> dict[str, dict[str, Any]]:
    return write_infra_docs.blocks(MODULES / module, "variable")


def texts(module: str, pattern: str) -> dict[str, str]:
    return {str(path.relative_to(MODULES)): path.read_text("utf-8") for path in (MODULES / module).glob(pattern)}


@each_module
def test_a_module_has_its_files_an_example_and_tests(module: str) -> None:
    assert [name for name in FILES if not (MODULES / module / name).is_file()] == []
    assert texts(module, "examples/*/main.tf"), "an example is a root that can be applied as it stands"
    assert texts(module, "tests/*.tftest.hcl")


@each_module
def test_inputs_are_few_typed_described_and_validated(module: str) -> None:
    inputs = variables(module)
    assert len(inputs) <= MOST_INPUTS
    for name, body in inputs.items():
        assert body.get("type"), f"{name} has no type"
        assert "any" not in str(body["type"]).split(), f"{name} is typed any"
        assert len(str(body.get("description", ""))) > 20, f"{name} has no description that says something"
        assert body["type"] == "bool" or body.get("validation"), f"{name} takes a wrong value: validate it"
    for name, body in write_infra_docs.blocks(MODULES / module, "output").items():
        assert body.get("description"), f"output {name} has no description"


@each_module
def test_each_validation_has_a_run_that_trips_it_and_some_run_is_quiet(module: str) -> None:
    said = "\n".join(texts(module, "tests/*.tftest.hcl").values())
    tripped = re.findall(r"var\.(\w+)", " ".join(re.findall(r"expect_failures\s*=\s*\[(.*?)\]", said, re.DOTALL)))
    for name, body in variables(module).items():
        wanted = len(body.get("validation", []))
        assert tripped.count(name) >= wanted, f"{name}: {wanted} validations, {tripped.count(name)} runs trip them"
    runs = re.split(r"(?m)^run ", said)[1:]
    assert any("expect_failures" not in run for run in runs)


@each_module
def test_one_provider_in_the_versions_that_are_promised_and_no_remote_module(module: str) -> None:
    for name, text in texts(module, "**/*.tf").items():
        parsed = hcl2.loads(text)
        for block in parsed.get("terraform", []):
            for providers in block.get("required_providers", []):
                assert {key for key in providers if not key.startswith("__")} == {"aws"}, name
                assert providers["aws"] == {"source": '"hashicorp/aws"', "version": '">= 5.100, < 7"'}, name
                assert block["required_version"] == '">= 1.11"', name
        for block in parsed.get("module", []):
            for call in block.values():
                assert call["source"].strip('"').startswith(("./", "../")), f"{name}: {call['source']} is remote"


@each_module
def test_every_checkov_skip_says_why(module: str) -> None:
    for name, text in texts(module, "**/*.tf").items():
        for line in re.findall(r".*checkov:skip.*", text):
            assert re.fullmatch(r"\s*#checkov:skip=CKV2?_AWS_\d+: ?\w.{19,}", line), f"{name}: {line.strip()}"


@each_module
def test_a_readme_is_whole_and_its_tables_are_those_of_the_code(module: str) -> None:
    readme = (MODULES / module / "README.md").read_text("utf-8")
    assert [word for word in README_NAMES if word not in readme] == []
    assert readme == write_infra_docs.text(MODULES / module), "run python scripts/write_infra_docs.py"


@each_module
def test_a_readme_travels_with_its_module(module: str) -> None:
    """Generated repositories carry the modules and not these docs: a page of them is linked by its address."""
    [address] = re.findall(r'(?m)^Repository = "(.*)"$', (ROOT / "pyproject.toml").read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", (MODULES / module / "README.md").read_text("utf-8")):
        ours = target.removeprefix(f"{address}/blob/main/")
        if ours != target:
            assert (ROOT / ours).is_file(), f"{module} links to {target}"
        elif not target.startswith(("https:", "#")):
            linked = (MODULES / module / target.partition("#")[0]).resolve()
            assert linked.is_relative_to(MODULES) and linked.exists(), f"{module} links to {target}"


@pytest.mark.slow
def test_everything_is_formatted(tmp_path: Path, terraform_bin: str) -> None:
    assert Terraform(copy_infra(tmp_path / "infra")).fmt_check() == []


@pytest.mark.slow
@each_module
def test_a_module_is_valid_without_a_warning_and_its_own_tests_hold(
    module: str, tmp_path: Path, terraform_bin: str
) -> None:
    terraform = Terraform(copy_infra(tmp_path / "infra") / "modules" / module)
    terraform.init()
    assert terraform.validate() == []
    with terraform.one_provider():
        terraform.test()
    assert terraform.warnings == []


def linted(tool: Callable[[str], str], folder: Path, preset: str) -> list[str]:
    """What tflint has against a folder of Terraform, as the names of its rules."""
    settings = folder.parent / "tflint.hcl"
    settings.write_text(f'plugin "terraform" {{\n  enabled = true\n  preset  = "{preset}"\n}}\n', encoding="utf-8")
    command = [tool("tflint"), f"--chdir={folder}", f"--config={settings}", "--format=json", "--force"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer["errors"] == []
    return sorted(issue["rule"]["name"] for issue in answer["issues"])


@pytest.mark.slow
@each_module
def test_tflint_has_nothing_against_a_module(module: str, tmp_path: Path, tool: Callable[[str], str]) -> None:
    folder = copy_infra(tmp_path / "infra") / "modules" / module
    assert linted(tool, folder, "all") == []
    (folder / "variables.tf").open("a").write('\nvariable "forgotten" {\n  description = "Nobody reads it."\n}\n')
    assert linted(tool, folder, "all") == ["terraform_typed_variables", "terraform_unused_declarations"]


@pytest.mark.slow
def test_tflint_has_nothing_against_the_stacks(
    rendered: Callable[..., Path], tmp_path: Path, tool: Callable[[str], str]
) -> None:
    repository = rendered(cloud="aws", gpu_runners="aws", model_registry="aws")
    infra = Path(shutil.copytree(repository / "infra", tmp_path / "infra"))
    for stack in ("bootstrap", "registry", "runners"):
        assert linted(tool, infra / stack, "recommended") == []


@pytest.fixture(scope="session")
def checkov(tool: Callable[[str], str]) -> Path:
    """Checkov in an environment of its own, since its exact pins contradict ours; kept until its lock changes."""
    lock = Path(__file__).with_name("checkov.txt")
    cache = user_cache() / f"checkov-{digest_of([lock])}"
    done = cache / "installed"
    if not done.exists():
        subprocess.run([tool("uv"), "venv", "--quiet", "--clear", "--python", sys.executable, str(cache)], check=True)
        command = [tool("uv"), "pip", "install", "--quiet", "--python", str(cache / "bin" / "python")]
        subprocess.run([*command, "--requirement", str(lock)], check=True)
        done.touch()
    return cache / "bin" / "checkov"


def failed_checks(checkov: Path, folder: Path) -> list[str]:
    """What checkov has against a folder of Terraform, as ``id resource``."""
    command = [str(checkov), "--directory", str(folder), "--framework", "terraform", "--output", "json"]
    command += ["--skip-download", "--soft-fail", "--compact"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert "results" in answer, f"checkov found nothing to check: {done.stdout[:500]}"
    assert answer["results"]["parsing_errors"] == []
    return sorted({f"{one['check_id']} {one['resource']}" for one in answer["results"]["failed_checks"]})


@pytest.mark.slow
def test_checkov_has_nothing_against_the_modules(checkov: Path, tmp_path: Path) -> None:
    assert failed_checks(checkov, copy_infra(tmp_path / "infra")) == []


@pytest.mark.slow
def test_checkov_sees_a_planted_violation(checkov: Path, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "open" {\n  name = "open"\n}\n', encoding="utf-8")
    assert "CKV_AWS_27 aws_sqs_queue.open" in failed_checks(checkov, tmp_path)
