# A read role and a write role. Neither can delete: a person removes files from a shared remote, not a job.

locals {
  read_statements = [
    { Sid = "List", Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = local.bucket_arn },
    { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectLegalHold"], Resource = "${local.bucket_arn}/*" },
    { Sid = "Decrypt", Effect = "Allow", Action = ["kms:Decrypt"], Resource = local.kms_key_arn },
  ]

  write_statements = concat(local.read_statements, [
    { Sid = "Add", Effect = "Allow", Action = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], Resource = "${local.bucket_arn}/*" },
    { Sid = "Encrypt", Effect = "Allow", Action = ["kms:GenerateDataKey"], Resource = local.kms_key_arn },
  ])

  # A release sets the legal hold of its files; only an administrator removes it.
  hold_statement = {
    Sid       = "HoldWhatAReleaseNames"
    Effect    = "Allow"
    Action    = ["s3:PutObjectLegalHold"]
    Resource  = "${local.bucket_arn}/*"
    Condition = { StringEquals = { "s3:object-lock-legal-hold" = "ON" } }
  }

  roles = {
    read  = { trusted = var.reader_arns, policy = jsonencode({ Version = "2012-10-17", Statement = local.read_statements }) }
    write = { trusted = var.writer_arns, policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.write_statements, [local.hold_statement]) }) }
  }
}

resource "aws_iam_role" "this" {
  for_each = { for name, role in local.roles : name => role if length(role.trusted) > 0 }

  name                 = "${var.name}-artifacts-${each.key}"
  description          = "May ${each.key} what is in ${local.bucket}"
  max_session_duration = 3600
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = sort(each.value.trusted) }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = aws_iam_role.this

  name   = "artifacts"
  role   = each.value.name
  policy = local.roles[each.key].policy
}
