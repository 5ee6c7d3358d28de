"""Terraform that is written more than once on purpose stays the same in each place (ADR 27)."""

import re
from typing import Any

import hcl2
import pytest

from support.infra import MODULES
from support.working_tree import ROOT

STACKS = ROOT / "template" / "infra"

HARDENED = ("artifact-store", "state-backend")
# The same in both hardened buckets, attribute by attribute.
SAME_RESOURCES = (
    "aws_kms_key",
    "aws_kms_alias",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_policy",
)
# Attributes that only name the bucket or its contents.
NAMES = {("aws_kms_key", "description"), ("aws_kms_alias", "name"), ("aws_s3_bucket_logging", "target_prefix")}
SAME_INPUTS = ("name", "kms_key_arn", "access_log_bucket", "force_destroy", "tags")
# The bucket of the MLflow registry shares these; its policy is shorter, since only the server has rights in it.
SAME_IN_THE_REGISTRY = (
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_server_side_encryption_configuration",
)


def without_marks(value: Any) -> Any:
    """Return a parsed value without the parser's own keys, such as comments."""
    if isinstance(value, dict):
        return {key: without_marks(inner) for key, inner in value.items() if not key.startswith("__")}
    return [without_marks(inner) for inner in value] if isinstance(value, list) else value


def resources(text: str, kinds: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the attributes of each resource of these types, without those that only name things."""
    found: dict[str, dict[str, Any]] = {}
    for block in hcl2.loads(text).get("resource", []):
        for kind, named in block.items():
            if (kind := kind.strip('"')) in kinds:
                [body] = named.values()
                assert kind not in found, f"two resources of type {kind}"
                found[kind] = {key: value for key, value in without_marks(body).items() if (kind, key) not in NAMES}
    return found


def main_file(module: str) -> str:
    return (MODULES / module / "main.tf").read_text("utf-8")


def block(text: str, head: str) -> str:
    """Return the block of HCL that begins with this line."""
    [body] = re.findall(rf"(?ms)^{re.escape(head)} \{{\n.*?^\}}\n", text)
    return str(body)


def test_both_hardened_buckets_have_the_same_security_settings() -> None:
    first, second = (resources(main_file(module), SAME_RESOURCES) for module in HARDENED)
    assert sorted(first) == sorted(SAME_RESOURCES)
    assert first == second


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ("block_public_acls       = true", "block_public_acls       = false"),
        ('object_ownership = "BucketOwnerEnforced"', 'object_ownership = "ObjectWriter"'),
        ('status = "Enabled"\n  }\n}', 'status = "Suspended"\n  }\n}'),
        ('sse_algorithm     = "aws:kms"', 'sse_algorithm     = "AES256"'),
        ('"s3:TlsVersion" = "1.2"', '"s3:TlsVersion" = "1.1"'),
        ("enable_key_rotation     = true", "enable_key_rotation     = false"),
    ],
)
def test_a_setting_that_is_weaker_in_one_bucket_is_found(strong: str, weak: str) -> None:
    text = main_file("state-backend")
    assert strong in text
    weakened = resources(text.replace(strong, weak, 1), SAME_RESOURCES)
    assert weakened != resources(main_file("artifact-store"), SAME_RESOURCES)


def test_both_hardened_buckets_have_the_same_text_in_their_protection() -> None:
    for kind in ("aws_s3_bucket_policy", "aws_s3_bucket_public_access_block", "aws_s3_bucket_versioning"):
        first, second = (block(main_file(module), f'resource "{kind}" "this"') for module in HARDENED)
        assert first == second


def test_both_hardened_buckets_end_unfinished_uploads_after_the_same_time() -> None:
    texts = [re.findall(r"days_after_initiation = (\d+)", main_file(module)) for module in HARDENED]
    assert texts[0] == texts[1] == ["7"]


def test_both_hardened_buckets_validate_their_common_inputs_alike() -> None:
    for name in SAME_INPUTS:
        first, second = (
            re.sub(
                r"(?m)^  description .*$",
                "",
                block((MODULES / module / "variables.tf").read_text("utf-8"), f'variable "{name}"'),
            )
            for module in HARDENED
        )
        assert first == second, name


def test_the_name_of_a_hardened_bucket_is_known_only_when_the_bucket_is_protected() -> None:
    first, second = (
        sorted(re.findall(r"aws_s3_bucket\w*\.this(?=,)", block((MODULES / module / "outputs.tf").read_text(), head)))
        for module in HARDENED
        for head in ('output "bucket"',)
    )
    assert first == second
    assert len(first) == 4


def test_the_bucket_of_the_registry_has_the_same_access_and_encryption_settings() -> None:
    text = (MODULES / "mlflow-registry" / "artifacts.tf").read_text("utf-8")
    text = text.replace("aws_s3_bucket.artifacts.", "aws_s3_bucket.this.")
    registry = resources(text, SAME_IN_THE_REGISTRY)
    assert sorted(registry) == sorted(SAME_IN_THE_REGISTRY)
    assert registry == resources(main_file("artifact-store"), SAME_IN_THE_REGISTRY)


def test_the_stacks_that_need_a_network_find_it_with_the_same_file() -> None:
    registry, runners = ((STACKS / stack / "network.tf").read_bytes() for stack in ("registry", "runners"))
    assert registry == runners
