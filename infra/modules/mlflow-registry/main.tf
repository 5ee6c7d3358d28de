# MLflow tracking server and model registry. This file contains the key and the secret, which the other files use.
#   network.tf   security groups, load balancer, certificate, DNS record
#   database.tf  PostgreSQL
#   artifacts.tf S3
#   tasks.tf     migration task, server, scaling, roles
#   alarms.tf    alarms

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Read so that a plan refuses a subnet of another VPC. count, because the IDs may be known only after apply.
data "aws_subnet" "given" {
  count = length(var.subnet_ids)
  id    = var.subnet_ids[count.index]

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.vpc_id
      error_message = "subnet_ids[${count.index}] (${self.id}) is in ${self.vpc_id}: give subnets of ${var.vpc_id}, or set vpc_id to that VPC."
    }
  }
}

locals {
  account     = data.aws_caller_identity.current.account_id
  region      = data.aws_region.current.id
  kms_key_arn = coalesce(var.kms_key_arn, one(aws_kms_key.this[*].arn))
  tags        = merge({ Name = var.name }, var.tags)
}

resource "aws_kms_key" "this" {
  count = var.kms_key_arn == null ? 1 : 0

  description             = "Database, artifacts, secret and logs of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_protection ? 30 : 7
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RightsAreGivenByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*" # in the policy of a key, this key
      },
      {
        Sid       = "LogsOfThisRegistry"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for group in ["/ecs/${var.name}", "/aws/rds/instance/${var.name}/*"] :
              "arn:${data.aws_partition.current.partition}:logs:${local.region}:${local.account}:log-group:${group}"
            ]
          }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  count = var.kms_key_arn == null ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:secrets_version rotates database, secret and tasks in one apply; a rotation by Secrets Manager would leave the tasks with the old password
  name                    = "${var.name}-server"
  description             = "Passwords of ${var.name}: database, admin, session"
  kms_key_id              = local.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
  tags                    = local.tags
}

# After the database, whose creation may fail: if the secret were written first, a second apply would give the database
# another password than the one in the secret.
resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = jsonencode(var.secrets)
  secret_string_wo_version = var.secrets_version

  depends_on = [aws_db_instance.this]
}
