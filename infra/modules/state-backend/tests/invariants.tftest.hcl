# What guards the states, whatever the inputs are.

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

run "makes_a_closed_bucket_with_a_key_of_its_own" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "churn-models-tfstate-123456789012" && !aws_s3_bucket.this.force_destroy
    error_message = "the bucket is named by team and account, and is not destroyed with what is in it"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "nothing in the bucket may become public"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "an overwritten state must be there to go back to"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    error_message = "states are encrypted with the module's key"
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "the key is rotated"
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].newer_noncurrent_versions == 20
    error_message = "the last versions stay, however old they are"
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0
    error_message = "no rule removes a state that is in force"
  }

  assert {
    condition     = strcontains(output.backend_config, "use_lockfile = true")
    error_message = "the lock is S3's own"
  }
}

run "denies_plain_http_old_tls_and_other_keys" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*"
    ])
    error_message = "the bucket's policy only takes away: who may read is said by each role's own policy"
  }

  assert {
    condition = toset([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid]) == toset(
      ["TlsOnly", "Tls12OrLater", "OneKey", "NoOtherEncryption", "NoKeyOfTheCaller"]
    )
    error_message = "five things are denied"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      try(alltrue([for key in keys(statement.Condition.StringNotEquals) : statement.Condition.Null[key] == "false"]), true)
    ])
    error_message = "a write without the header is not refused: a missing key counts as not equal"
  }
}

run "the_policies_for_roles_name_no_star_and_only_write_gives_write" {
  assert {
    condition = alltrue([
      for statement in concat(jsondecode(output.read_policy_json).Statement, jsondecode(output.write_policy_json).Statement) :
      statement.Resource != "*" && !anytrue([for action in flatten([statement.Action]) : strcontains(action, "*")])
    ])
    error_message = "each statement names its actions and its resources"
  }

  assert {
    condition = [
      for statement in jsondecode(output.read_policy_json).Statement : statement.Resource
      if contains(flatten([statement.Action]), "s3:PutObject")
    ] == ["arn:aws:s3:::churn-models-tfstate-123456789012/*.tflock"]
    error_message = "who plans writes lock files only"
  }

  assert {
    condition     = !strcontains(output.write_policy_json, "DeleteObjectVersion")
    error_message = "nobody's role removes a version"
  }
}

run "takes_a_given_key_and_makes_none" {
  variables {
    kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/abcd"
    access_log_bucket = "logs-of-everything"
    bucket_name       = "states-of-churn"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.kms_key_arn == var.kms_key_arn && aws_s3_bucket.this.bucket == "states-of-churn"
    error_message = "a given key and name are used as they are"
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_bucket == "logs-of-everything"
    error_message = "access is logged where it was asked for"
  }
}
