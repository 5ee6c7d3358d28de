"""A setting has one name from the HCL input through the JSON document and the environment to the Python field."""

import re
from dataclasses import fields
from pathlib import Path

import hcl2

from espalier_runners.settings import GitHubApp, Limits, RunnerClass, Settings
from support.infra import MODULES
from support.runners import LAMBDA

RUNNERS = MODULES / "gpu-runners"
REGISTRY = MODULES / "mlflow-registry"

# Keys of the settings document that are not inputs of the module, with the reason.
DERIVED = {
    "pool": "the input `name`; tags, metrics and logs call it pool, and there `name` would not tell whose name it is",
    "table_name": "attribute of a resource, and an output of the module",
    "queue_url": "attribute of a resource, and an output of the module",
    "configuration_path": "computed from `name`; boot.sh reads it as ESPALIER_CONFIGURATION_PATH",
    "instance_arn_prefix": "computed from account and region",
    "limits": "groups inputs; each key in it is an input",
    "classes.name": "the key of the input's map",
    "classes.gpus": "instance_types with their gpu_counts as ordered pairs, short because Lambda allows 4 kB",
    "classes.launch_template_id": "attribute of a resource",
}
# Variables of the environment that boot.sh reads and that are not inputs of the module, with the reason.
DERIVED_ENVIRONMENT = {
    "POOL": "the input `name`, as in the settings document",
    "REGION": "the region of the provider",
    "CONFIGURATION_PATH": "as in the settings document",
    "LOG_GROUP": "attribute of a resource",
    "GPU": "the key `gpu` of the class",
    "RUNNER_PACKAGE_VERSION": "a key of the input `runner_package`",
    "RUNNER_PACKAGE_SHA256": "a key of the input `runner_package`",
}
# Settings that only a test sets; boot.sh has a default for each.
OF_TESTS = {"ROOT", "FLUSH_SECONDS", "POLL_SECONDS"}


def inputs(module: Path) -> dict[str, str]:
    """Return the type of each input by its name."""
    blocks = hcl2.loads((module / "variables.tf").read_text("utf-8"))["variable"]
    return {name.strip('"'): str(body["type"]) for block in blocks for name, body in block.items()}


def settings_keys() -> dict[str, set[str]]:
    """Return the keys of the settings document that functions.tf renders, by the object they are in."""
    text = (RUNNERS / "functions.tf").read_text("utf-8")
    [document] = re.findall(r"(?ms)^  settings = jsonencode\(\{\n(.*?)^  \}\)$", text)
    keys = {"": set(re.findall(r"(?m)^    (\w+)\s*= ", document))}
    for group in ("classes", "limits"):
        [inner] = re.findall(rf"(?ms)^    {group} = [^\n]*\{{\n(.*?)^    \}}", document)
        keys[group] = set(re.findall(r"(?m)^      (\w+)\s*= ", inner))
    return keys


def names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


def test_the_settings_document_has_exactly_the_keys_that_the_functions_read() -> None:
    keys = settings_keys()
    assert keys[""] == names(Settings)
    assert keys["classes"] == names(RunnerClass)
    assert keys["limits"] == names(Limits)
    assert set(re.findall(r"(\w+)\s*=", inputs(RUNNERS)["github_app"])) == names(GitHubApp)


def test_each_key_of_the_settings_document_is_an_input_or_is_derived_with_a_reason() -> None:
    keys, known = settings_keys(), inputs(RUNNERS)
    of_a_class = set(re.findall(r"(\w+)\s*=", known["classes"]))
    derived = {key for key in keys[""] | keys["limits"] if key not in known}
    derived |= {f"classes.{key}" for key in keys["classes"] - of_a_class}
    assert derived == set(DERIVED)


def test_an_input_in_the_settings_document_is_rendered_under_its_own_name() -> None:
    text = (RUNNERS / "functions.tf").read_text("utf-8")
    [document] = re.findall(r"(?ms)^  settings = jsonencode\(\{\n(.*?)^  \}\)$", text)
    rendered = re.findall(r"(?m)^ +(\w+)\s*= .*?\b(?:var|class)\.(\w+)", document)
    assert len(rendered) > 15
    assert [(key, value) for key, value in rendered if key != value and key not in ("pool", "classes")] == []


def test_the_functions_read_exactly_the_environment_that_the_module_sets() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (LAMBDA / "espalier_runners").glob("*.py"))
    [block] = re.findall(r"(?ms)^  environment \{\n(.*?)^  \}", (RUNNERS / "functions.tf").read_text("utf-8"))
    assert set(re.findall(r"\bESPALIER_\w+", block)) == set(re.findall(r'"(ESPALIER_\w+)"', code))
    assert re.search(r"ESPALIER_LIFETIME_MINUTES = tostring\(var\.lifetime_minutes\)", block)


def test_the_boot_script_reads_what_the_launch_template_exports_under_the_names_of_the_inputs() -> None:
    script = (RUNNERS / "boot.sh").read_text("utf-8")
    exported = re.findall(r"(?m)^ +ESPALIER_(\w+)\s*= (.*)$", (RUNNERS / "instances.tf").read_text("utf-8"))
    assert set(re.findall(r"\bESPALIER_(\w+)", script)) - OF_TESTS == {name for name, _ in exported}
    known = inputs(RUNNERS)
    assert {name for name, _ in exported if name.lower() not in known} == set(DERIVED_ENVIRONMENT)
    for name, value in exported:
        if name.lower() in known:
            assert value == f"var.{name.lower()}"


def test_the_migration_of_the_registry_reads_only_what_its_task_sets() -> None:
    read = set(re.findall(r'os\.environ\["(\w+)"\]', (REGISTRY / "docker" / "migrate.py").read_text("utf-8")))
    text = (REGISTRY / "tasks.tf").read_text("utf-8")
    [migration] = re.findall(r'(?ms)^resource "aws_ecs_task_definition" "migration" \{\n(.*?)^\}', text)
    assert read
    assert read <= set(re.findall(r'name = "(\w+)"', migration))
    [name] = re.findall(r'(?m)^  database\s+= "(\w+)"$', text)
    assert f'TRACKING = "{name}"' in (REGISTRY / "docker" / "migrate.py").read_text("utf-8")


def test_the_estimated_size_of_the_settings_is_at_least_the_real_size() -> None:
    """Compare the estimate in functions.tf, made before names of resources are known, with the longest values."""
    text = (RUNNERS / "functions.tf").read_text("utf-8")
    [fixed, per_class, per_subnet] = map(int, re.findall(r"(?m)^    (\d+)(?:,| \* length)", text)[:3])
    keys = settings_keys()
    longest = {"launch_template_id": 20, "spot": 5, "min": 4, "max": 4, "runner_group": 6}
    of_a_class = sum(len(key) + 6 + longest.get(key, 0) for key in keys["classes"])  # two pairs of quotes, colon, comma
    assert of_a_class <= per_class
    assert per_subnet >= len('"subnet-0123456789abcdef0",')
    values = sum(map(len, [
        "n" * 24, "n" * 24 + "-ledger", "https://sqs.ap-southeast-1.amazonaws.com/123456789012/" + "n" * 24 + "-jobs",
        "/" + "n" * 24 + "/runner-configurations",
        "arn:aws:kms:ap-southeast-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
        "arn:aws:ec2:ap-southeast-1:123456789012:instance/", "https://api.github.com", "12345678", "12345678",
        "/" + "n" * 24 + "/app-key", "/" + "n" * 24 + "/webhook-secret", "o" * 39, "false",
    ]))  # fmt: skip
    top = sum(len(key) + 6 for key in keys[""] | keys["limits"] | {"id", "installation_id"})
    assert top + values + 5 * len(keys["limits"]) <= fixed, (top, values)
