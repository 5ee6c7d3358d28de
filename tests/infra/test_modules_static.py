"""Rules for every module: its files, inputs, versions and README, and no findings of three linters."""

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
        assert len(str(body.get("description", ""))) > 20, f"{name} has no useful description"
        assert body["type"] == "bool" or body.get("validation"), f"{name} accepts any value: add a validation"
    for name, body in write_infra_docs.blocks(MODULES / module, "output").items():
        assert body.get("description"), f"output {name} has no description"


@each_module
def test_each_validation_has_a_run_that_violates_it_and_some_run_is_valid(module: str) -> None:
    runs_text = "\n".join(texts(module, "tests/*.tftest.hcl").values())
    tripped = re.findall(r"var\.(\w+)", " ".join(re.findall(r"expect_failures\s*=\s*\[(.*?)\]", runs_text, re.DOTALL)))
    for name, body in variables(module).items():
        wanted = len(body.get("validation", []))
        assert tripped.count(name) >= wanted, f"{name}: {wanted} validations, {tripped.count(name)} runs violate them"
    runs = re.split(r"(?m)^run ", runs_text)[1:]
    assert any("expect_failures" not in run for run in runs)


@each_module
def test_a_module_uses_one_provider_in_the_supported_versions_and_no_remote_module(module: str) -> None:
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
def test_every_checkov_skip_has_a_reason(module: str) -> None:
    for name, text in texts(module, "**/*.tf").items():
        for line in re.findall(r".*checkov:skip.*", text):
            assert re.fullmatch(r"\s*#checkov:skip=CKV2?_AWS_\d+: ?\w.{19,}", line), f"{name}: {line.strip()}"


@each_module
def test_a_readme_is_complete_and_its_tables_match_the_code(module: str) -> None:
    readme = (MODULES / module / "README.md").read_text("utf-8")
    assert [word for word in README_NAMES if word not in readme] == []
    assert readme == write_infra_docs.text(MODULES / module), "run python scripts/write_infra_docs.py"


@each_module
def test_a_readme_has_no_relative_link_out_of_the_modules(module: str) -> None:
    """Generated repositories contain the modules and not the docs, so pages of the docs are linked by their URL."""
    [address] = re.findall(r'(?m)^Repository = "(.*)"$', (ROOT / "pyproject.toml").read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", (MODULES / module / "README.md").read_text("utf-8")):
        ours = target.removeprefix(f"{address}/blob/main/")
        if ours != target:
            assert (ROOT / ours).is_file(), f"{module} links to {target}"
        elif not target.startswith(("https:", "#")):
            linked = (MODULES / module / target.partition("#")[0]).resolve()
            assert linked.is_relative_to(MODULES), f"{module} links to {target}"
            assert linked.exists(), f"{module} links to {target}"


@pytest.mark.slow
def test_everything_is_formatted(tmp_path: Path, terraform_bin: str) -> None:
    assert Terraform(copy_infra(tmp_path / "infra")).fmt_check() == []


@pytest.mark.slow
@each_module
def test_a_module_is_valid_without_warnings_and_passes_its_own_tests(
    module: str, tmp_path: Path, terraform_bin: str
) -> None:
    terraform = Terraform(copy_infra(tmp_path / "infra") / "modules" / module)
    terraform.init()
    assert terraform.validate() == []
    with terraform.one_provider():
        terraform.test()
    assert terraform.warnings == []


def linted(tool: Callable[[str], str], folder: Path, preset: str) -> list[str]:
    """Return the names of the tflint rules that a folder of Terraform violates."""
    settings = folder.parent / "tflint.hcl"
    settings.write_text(f'plugin "terraform" {{\n  enabled = true\n  preset  = "{preset}"\n}}\n', encoding="utf-8")
    command = [tool("tflint"), f"--chdir={folder}", f"--config={settings}", "--format=json", "--force"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer["errors"] == []
    return sorted(issue["rule"]["name"] for issue in answer["issues"])


@pytest.mark.slow
@each_module
def test_tflint_finds_nothing_in_a_module(module: str, tmp_path: Path, tool: Callable[[str], str]) -> None:
    folder = copy_infra(tmp_path / "infra") / "modules" / module
    assert linted(tool, folder, "all") == []
    (folder / "variables.tf").open("a").write('\nvariable "forgotten" {\n  description = "It is unused."\n}\n')
    assert linted(tool, folder, "all") == ["terraform_typed_variables", "terraform_unused_declarations"]


@pytest.mark.slow
def test_tflint_finds_nothing_in_the_stacks(
    rendered: Callable[..., Path], tmp_path: Path, tool: Callable[[str], str]
) -> None:
    repository = rendered(cloud="aws", gpu_runners="aws", model_registry="aws")
    infra = Path(shutil.copytree(repository / "infra", tmp_path / "infra"))
    for stack in ("bootstrap", "registry", "runners"):
        assert linted(tool, infra / stack, "recommended") == []


@pytest.fixture(scope="session")
def checkov(tool: Callable[[str], str]) -> Path:
    """Return checkov in its own environment, since its pins conflict with ours; it is cached until its lock changes."""
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
    """Return the findings of checkov in a folder of Terraform, each as ``id resource``."""
    command = [str(checkov), "--directory", str(folder), "--framework", "terraform", "--output", "json"]
    command += ["--skip-download", "--soft-fail", "--compact"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert "results" in answer, f"checkov found nothing to check: {done.stdout[:500]}"
    assert answer["results"]["parsing_errors"] == []
    return sorted({f"{one['check_id']} {one['resource']}" for one in answer["results"]["failed_checks"]})


@pytest.mark.slow
def test_checkov_finds_nothing_in_the_modules(checkov: Path, tmp_path: Path) -> None:
    assert failed_checks(checkov, copy_infra(tmp_path / "infra")) == []


@pytest.mark.slow
def test_checkov_finds_a_planted_violation(checkov: Path, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "open" {\n  name = "open"\n}\n', encoding="utf-8")
    assert "CKV_AWS_27 aws_sqs_queue.open" in failed_checks(checkov, tmp_path)
