"""The DVC remote: DVC pushes and pulls, and a file under legal hold cannot be removed."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support.infra import REGION, Emulator, Terraform

CHANGES = {
    "dvc-remote": ({"undelete_days": 30}, {"module.artifact_store.aws_s3_bucket_lifecycle_configuration.this"}),
}


def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None:
    s3, outputs = emulator.client("s3"), terraform.outputs()
    bucket = outputs["bucket"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [rule for rule in rules if "Expiration" in rule] == []  # no rule removes a current file
    trusted = emulator.client("iam").get_role(RoleName="churn-models-artifacts-write")["Role"]
    principal = trusted["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert principal == {"AWS": ["arn:aws:iam::123456789012:role/trainers"]}

    denied = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert {one["Effect"] for one in denied} == {"Deny"}
    assert {one["Sid"] for one in denied} >= {"TlsOnly", "OneKey"}
    s3.delete_bucket_policy(Bucket=bucket)  # see quirk artifact-store-conditions

    with tempfile.TemporaryDirectory() as folder:
        key = pushed_and_pulled(Path(folder), outputs["dvc_remote_url"], emulator)
    [version] = s3.list_object_versions(Bucket=bucket, Prefix=f"dvc/files/md5/{key}")["Versions"]
    described = s3.head_object(Bucket=bucket, Key=version["Key"])
    assert described["ServerSideEncryption"] == "aws:kms"

    one = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
    s3.put_object_legal_hold(**one, LegalHold={"Status": "ON"})
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(**one)
    s3.put_object_legal_hold(**one, LegalHold={"Status": "OFF"})
    for kind in ("Versions", "DeleteMarkers"):
        for entry in s3.list_object_versions(Bucket=bucket).get(kind, []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])


def pushed_and_pulled(folder: Path, url: str, emulator: Emulator) -> str:
    """Push a file with DVC, delete it locally, pull it again, and return its path under files/md5/."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "DVC_NO_ANALYTICS": "1",
    }

    def dvc(*arguments: str) -> None:
        command = [sys.executable, "-m", "dvc", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    data = folder / "train.csv"
    data.write_text("a,b\n1,2\n", encoding="utf-8")
    dvc("init", "--no-scm", "--quiet")
    dvc("remote", "add", "--default", "store", url)
    dvc("remote", "modify", "store", "endpointurl", emulator.url)
    dvc("add", "train.csv")
    dvc("push")
    [cached] = [path for path in (folder / ".dvc" / "cache" / "files" / "md5").rglob("*") if path.is_file()]
    cached.unlink()
    data.unlink()
    dvc("pull")
    assert data.read_text(encoding="utf-8") == "a,b\n1,2\n"
    return f"{cached.parent.name}/{cached.name}"


def after_destroy(emulator: Emulator) -> None:
    assert emulator.client("s3").list_buckets()["Buckets"] == []
    assert emulator.client("iam").list_roles()["Roles"] == []


@pytest.mark.slow
def test_quirk_artifact_store_conditions(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="conditions")
    s3.put_object(Bucket="conditions", Key="file", Body=b"1")
    never = {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::conditions/*"}
    policy = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": never}]}
    s3.put_bucket_policy(Bucket="conditions", Policy=json.dumps(policy))
    with pytest.raises(ClientError, match="Forbidden"):
        s3.head_object(Bucket="conditions", Key="file")
