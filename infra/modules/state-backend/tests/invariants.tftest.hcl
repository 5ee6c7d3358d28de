# Protection of the states, for all inputs.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name = "churn-models"
}

run "creates_a_private_bucket_with_its_own_key" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "churn-models-tfstate-123456789012" && !aws_s3_bucket.this.force_destroy
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
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "an overwritten state remains as a version"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    error_message = "the key of the module encrypts the states"
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "AWS rotates the key"
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].newer_noncurrent_versions == 20
    error_message = "the newest versions remain at any age"
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0
    error_message = "no rule removes a current state"
  }

  assert {
    condition     = strcontains(output.backend_config, "use_lockfile = true")
    error_message = "S3 stores the lock file"
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

run "role_policies_have_no_wildcard_and_only_the_write_policy_writes" {
  assert {
    condition = alltrue([
      for statement in concat(jsondecode(output.read_policy_json).Statement, jsondecode(output.write_policy_json).Statement) :
      statement.Resource != "*" && !anytrue([for action in flatten([statement.Action]) : strcontains(action, "*")])
    ])
    error_message = "each statement lists its actions and its resources"
  }

  assert {
    condition = [
      for statement in jsondecode(output.read_policy_json).Statement : statement.Resource
      if contains(flatten([statement.Action]), "s3:PutObject")
    ] == ["arn:aws:s3:::churn-models-tfstate-123456789012/*.tflock"]
    error_message = "a role that plans writes only lock files"
  }

  assert {
    condition     = !strcontains(output.write_policy_json, "DeleteObjectVersion")
    error_message = "no policy allows to remove a version"
  }
}

run "uses_the_given_key_and_creates_none" {
  variables {
    kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/abcd"
    access_log_bucket = "logs-of-everything"
    bucket_name       = "states-of-churn"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.kms_key_arn == var.kms_key_arn && aws_s3_bucket.this.bucket == "states-of-churn"
    error_message = "the given key and name are used"
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_bucket == "logs-of-everything"
    error_message = "access logs are written to the given bucket"
  }
}
