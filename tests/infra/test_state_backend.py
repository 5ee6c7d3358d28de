"""The module state-backend after an apply: protection of the bucket, and a state that Terraform stores in it."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support.infra import REGION, Emulator, Terraform, TerraformError

CHANGES = {
    "own-key": ({"history_days": 30}, {"module.state_backend.aws_s3_bucket_lifecycle_configuration.this"}),
}


def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None:
    s3, outputs = emulator.client("s3"), terraform.outputs()
    bucket, key = outputs["bucket"], outputs["kms_key_arn"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert list(blocked.values()) == [True] * 4
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    statements = {one["Sid"]: one for one in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]}
    assert statements["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert all(one["Effect"] == "Deny" for one in statements.values())
    assert emulator.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def after_destroy(emulator: Emulator) -> None:
    assert emulator.client("s3").list_buckets()["Buckets"] == []
    keys = emulator.client("kms")
    for key in keys.list_keys()["Keys"]:
        assert keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


@pytest.mark.slow
def test_quirk_state_backend_newer_versions(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="history")
    kept = {"NoncurrentDays": 30, "NewerNoncurrentVersions": 20}
    rule = {"ID": "old", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": kept}
    s3.put_bucket_lifecycle_configuration(Bucket="history", LifecycleConfiguration={"Rules": [rule]})
    [answer] = s3.get_bucket_lifecycle_configuration(Bucket="history")["Rules"]
    assert answer["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_quirk_state_backend_delete_markers(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="marked")
    s3.put_bucket_versioning(Bucket="marked", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="marked", Key="lock", Body=b"")
    marker = s3.delete_object(Bucket="marked", Key="lock")["VersionId"]
    s3.put_bucket_versioning(Bucket="marked", VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(ClientError, match="500"):
        s3.delete_object(Bucket="marked", Key="lock", VersionId=marker)


ROOT_WITH_BACKEND = """
terraform {
  required_version = ">= 1.11"
  backend "s3" {
    bucket       = "states"
    key          = "runners/terraform.tfstate"
    region       = "%(region)s"
    encrypt      = true
    use_lockfile = true

    access_key                  = "testing"
    secret_key                  = "testing"
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
    endpoints                   = { s3 = "%(url)s" }
  }
}

resource "terraform_data" "one" {
  input = "kept"
}
"""


@pytest.mark.slow
def test_terraform_stores_its_state_in_s3_and_a_lock_refuses_a_second_apply(
    tmp_path: Path, emulator: Emulator, terraform_bin: str
) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="states")
    (tmp_path / "main.tf").write_text(ROOT_WITH_BACKEND % {"region": REGION, "url": emulator.url}, encoding="utf-8")
    terraform = Terraform(tmp_path)
    terraform.init()
    terraform.apply()
    state = s3.get_object(Bucket="states", Key="runners/terraform.tfstate")["Body"].read()
    assert json.loads(state)["resources"][0]["type"] == "terraform_data"
    names = [entry["Key"] for entry in s3.list_objects_v2(Bucket="states")["Contents"]]
    assert names == ["runners/terraform.tfstate"]  # the lock file was removed

    held = {"ID": "0", "Operation": "OperationTypeApply", "Who": "a colleague", "Created": "2026-11-01T00:00:00Z"}
    s3.put_object(Bucket="states", Key="runners/terraform.tfstate.tflock", Body=json.dumps(held))
    with pytest.raises(TerraformError, match="Error acquiring the state lock"):
        terraform.apply()
