# What guards the files, whatever the inputs are.

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

run "makes_a_closed_bucket_with_a_key_of_its_own" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "churn-models-artifacts-123456789012" && !aws_s3_bucket.this.force_destroy
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
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    error_message = "files are encrypted with the module's key"
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "the key is rotated"
  }

  assert {
    condition     = output.dvc_remote_url == "s3://churn-models-artifacts-123456789012/dvc"
    error_message = "DVC is given the bucket"
  }
}

run "never_removes_a_file_that_a_release_names" {
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.expiration) == 0])
    error_message = "no rule removes a file that is there"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket.this.object_lock_enabled
    error_message = "what a release holds stays as a version, even when the file is deleted"
  }

  assert {
    condition     = !strcontains(output.write_policy_json, "Delete") && !strcontains(output.write_policy_json, "BypassGovernance")
    error_message = "the role that adds deletes nothing"
  }

  assert {
    condition = [
      for statement in jsondecode(output.write_policy_json).Statement : statement.Condition.StringEquals["s3:object-lock-legal-hold"]
      if contains(statement.Action, "s3:PutObjectLegalHold")
    ] == ["ON"]
    error_message = "the role that adds puts a hold on and takes none off"
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

run "roles_are_for_the_named_and_name_what_they_may" {
  assert {
    condition = jsonencode({
      for name, role in aws_iam_role.this : name => one(jsondecode(role.assume_role_policy).Statement).Principal.AWS
    }) == jsonencode({ read = var.reader_arns, write = var.writer_arns })
    error_message = "each role is taken by those who were named"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.write_policy_json).Statement :
      statement.Resource != "*" && !anytrue([for action in statement.Action : strcontains(action, "*")])
    ])
    error_message = "each statement names its actions and its resources"
  }

  assert {
    condition     = !strcontains(output.read_policy_json, "Put") && !strcontains(output.read_policy_json, "GenerateDataKey")
    error_message = "who reads writes nothing"
  }
}

run "takes_a_given_key_and_makes_no_role_for_nobody" {
  variables {
    kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/abcd"
    access_log_bucket = "logs-of-everything"
    bucket_name       = "data-of-churn"
    reader_arns       = []
    writer_arns       = []
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.kms_key_arn == var.kms_key_arn && aws_s3_bucket.this.bucket == "data-of-churn"
    error_message = "a given key and name are used as they are"
  }

  assert {
    condition     = length(aws_iam_role.this) == 0 && output.read_role_arn == null && output.write_role_arn == null
    error_message = "a role that nobody may take is not made"
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_bucket == "logs-of-everything"
    error_message = "access is logged where it was asked for"
  }
}
