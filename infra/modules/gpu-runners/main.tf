# A pool of GitHub runners: key and table, which all parts share. gpu_counts.tf has the GPUs of instance types, webhook.tf
# the API and the queue, functions.tf the Lambda functions, instances.tf the launch templates, alarms.tf the alarms.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_subnet" "runners" {
  count = length(var.subnet_ids)
  id    = var.subnet_ids[count.index]
}

locals {
  account     = data.aws_caller_identity.current.account_id
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.id
  kms_key_arn = var.kms_key_arn == null ? aws_kms_key.this[0].arn : var.kms_key_arn

  configuration_path  = "/${var.name}/runner-configurations"
  configuration_arn   = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${local.configuration_path}"
  ec2_arn             = "arn:${local.partition}:ec2:${local.region}:${local.account}"
  instance_arn_prefix = "${local.ec2_arn}:instance/" # followed by the ID of an instance
}

resource "aws_kms_key" "this" {
  count = var.kms_key_arn == null ? 1 : 0

  description             = "Queue, table, parameters and logs of the runners ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByItsPolicies"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsOfThisPool"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = {
          "kms:EncryptionContext:aws:logs:arn" = [
            "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}-*",
            "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/espalier/${var.name}/*",
          ]
        } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  count = var.kms_key_arn == null ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}

# Jobs, slots, deliveries and GPU-hours. The reconciler can rebuild its contents from GitHub and EC2.
resource "aws_dynamodb_table" "ledger" {
  name         = "${var.name}-ledger"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "open"
    type = "S"
  }

  global_secondary_index { # sparse: only open jobs have the attribute
    name            = "open"
    hash_key        = "open"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "until"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = local.kms_key_arn
  }
}
