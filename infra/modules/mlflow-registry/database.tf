resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
  tags       = local.tags
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres${var.database_version}"
  description = "TLS only, slow statements in the log, no session left open in a transaction"
  tags        = local.tags

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # ms
  }
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "600000" # ms
  }

  lifecycle {
    create_before_destroy = true # a new major version needs a new group while the old one is still in use
  }
}

# Created here because RDS would create them without encryption key and without retention limit.
resource "aws_cloudwatch_log_group" "database" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = local.tags
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_161:the server signs in with a password that Terraform never stores; an IAM token expires after 15 minutes and MLflow cannot renew it
  #checkov:skip=CKV_AWS_293:deletion protection is on unless deletion_protection is false
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.database_version
  instance_class = var.database_instance_class
  db_name        = var.restore_snapshot == null ? local.database : null
  username       = var.restore_snapshot == null ? local.database_user : null
  port           = 5432

  password_wo         = var.secrets.database
  password_wo_version = var.secrets_version

  multi_az               = true
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  storage_type          = "gp3"
  allocated_storage     = var.database_storage_gib.initial
  max_allocated_storage = var.database_storage_gib.max
  storage_encrypted     = true
  kms_key_id            = local.kms_key_arn

  backup_retention_period   = var.backup_retention_days
  backup_window             = "02:00-03:00"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = !var.deletion_protection
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = "${var.name}-final"
  snapshot_identifier       = var.restore_snapshot

  parameter_group_name        = aws_db_parameter_group.this.name
  maintenance_window          = "sun:03:30-sun:04:30"
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = true # only a change of database_version upgrades
  apply_immediately           = true # a password that waited for the maintenance window would differ from the one in the secret

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = local.kms_key_arn
  performance_insights_retention_period = 7 # days, free of charge
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]

  tags = local.tags

  depends_on = [aws_cloudwatch_log_group.database, aws_iam_role_policy.monitoring]

  lifecycle {
    ignore_changes = [snapshot_identifier, db_name, username] # they have an effect only at creation
  }
}

resource "aws_iam_role" "monitoring" {
  name = "${var.name}-database-monitoring"
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

# The permissions of the AWS policy AmazonRDSEnhancedMonitoringRole, limited to this account and region.
resource "aws_iam_role_policy" "monitoring" {
  name = "write"
  role = aws_iam_role.monitoring.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Groups"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:PutRetentionPolicy"]
        Resource = local.monitoring_logs
      },
      {
        Sid      = "Streams"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:GetLogEvents"]
        Resource = "${local.monitoring_logs}:log-stream:*"
      },
    ]
  })
}

locals {
  monitoring_logs = "arn:${data.aws_partition.current.partition}:logs:${local.region}:${local.account}:log-group:RDS*"
}
