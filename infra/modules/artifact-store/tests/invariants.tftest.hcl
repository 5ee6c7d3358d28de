# Protection of the files, for all inputs.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name        = "churn-models"
  reader_arns = ["arn:aws:iam::123456789012:role/ci"]
  writer_arns = ["arn:aws:iam::123456789012:role/trainers"]
}

run "creates_a_private_bucket_with_its_own_key" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "churn-models-artifacts-123456789012" && !aws_s3_bucket.this.force_destroy
    error_message = "the name of the bucket contains team and account, and destroy does not delete its contents"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "nothing in the bucket can become public"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    error_message = "the key of the module encrypts the files"
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "AWS rotates the key"
  }

  assert {
    condition     = output.dvc_remote_url == "s3://churn-models-artifacts-123456789012/dvc"
    error_message = "the DVC URL points to the bucket"
  }
}

run "never_removes_a_file_that_a_release_names" {
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.expiration) == 0])
    error_message = "no rule removes a current file"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket.this.object_lock_enabled
    error_message = "object lock is on, so a file under legal hold remains as a version after a deletion"
  }

  assert {
    condition     = !strcontains(output.write_policy_json, "Delete") && !strcontains(output.write_policy_json, "BypassGovernance")
    error_message = "the write role cannot delete"
  }

  assert {
    condition = [
      for statement in jsondecode(output.write_policy_json).Statement : statement.Condition.StringEquals["s3:object-lock-legal-hold"]
      if contains(statement.Action, "s3:PutObjectLegalHold")
    ] == ["ON"]
    error_message = "the write role can set a legal hold and not remove it"
  }
}

run "denies_plain_http_old_tls_and_other_keys" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*"
    ])
    error_message = "the bucket policy only denies; the policy of each role allows"
  }

  assert {
    condition = toset([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid]) == toset(
      ["TlsOnly", "Tls12OrLater", "OneKey", "NoOtherEncryption", "NoKeyOfTheCaller"]
    )
    error_message = "the bucket policy has five deny statements"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      try(alltrue([for key in keys(statement.Condition.StringNotEquals) : statement.Condition.Null[key] == "false"]), true)
    ])
    error_message = "a write without the header is allowed, although a missing header also counts as not equal"
  }
}

run "roles_trust_only_the_given_arns_and_have_no_wildcard" {
  assert {
    condition = jsonencode({
      for name, role in aws_iam_role.this : name => one(jsondecode(role.assume_role_policy).Statement).Principal.AWS
    }) == jsonencode({ read = var.reader_arns, write = var.writer_arns })
    error_message = "each role trusts only the given ARNs"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.write_policy_json).Statement :
      statement.Resource != "*" && !anytrue([for action in statement.Action : strcontains(action, "*")])
    ])
    error_message = "each statement lists its actions and its resources"
  }

  assert {
    condition     = !strcontains(output.read_policy_json, "Put") && !strcontains(output.read_policy_json, "GenerateDataKey")
    error_message = "the read role cannot write"
  }
}

run "uses_the_given_key_and_creates_no_role_without_arns" {
  variables {
    kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/abcd"
    access_log_bucket = "logs-of-everything"
    bucket_name       = "data-of-churn"
    reader_arns       = []
    writer_arns       = []
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.kms_key_arn == var.kms_key_arn && aws_s3_bucket.this.bucket == "data-of-churn"
    error_message = "the given key and name are used"
  }

  assert {
    condition     = length(aws_iam_role.this) == 0 && output.read_role_arn == null && output.write_role_arn == null
    error_message = "a role without trusted ARNs is not created"
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_bucket == "logs-of-everything"
    error_message = "access logs are written to the given bucket"
  }
}
