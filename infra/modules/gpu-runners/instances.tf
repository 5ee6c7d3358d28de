# Launch templates, one for each class, and the role and the security group of all instances.

locals {
  # Amazon's images with aws-cli; the GPU image also has NVIDIA's driver and container toolkit
  images = {
    gpu = "resolve:ssm:/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id"
    cpu = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
  }
}

resource "aws_launch_template" "runner" {
  for_each = var.classes

  name                                 = "${var.name}-${each.key}"
  description                          = "Runner of class ${each.key}"
  update_default_version               = true
  image_id                             = coalesce(each.value.ami_id, each.value.gpu ? local.images.gpu : local.images.cpu)
  instance_type                        = each.value.instance_types[0]
  instance_initiated_shutdown_behavior = "terminate" # the watchdog shuts the instance down, which must then not remain stopped
  vpc_security_group_ids               = [aws_security_group.runner.id]
  tags                                 = var.tags

  # The settings, followed by a script that is not rendered, so tests run exactly this file
  user_data = base64encode(join("\n", concat(
    ["#!/bin/bash"],
    [for key, value in {
      ESPALIER_POOL                   = var.name
      ESPALIER_REGION                 = local.region
      ESPALIER_CONFIGURATION_PATH     = local.configuration_path
      ESPALIER_LOG_GROUP              = aws_cloudwatch_log_group.instances.name
      ESPALIER_GPU                    = each.value.gpu ? "1" : "0"
      ESPALIER_BOOT_MINUTES           = var.boot_minutes
      ESPALIER_LIFETIME_MINUTES       = var.lifetime_minutes
      ESPALIER_RUNNER_PACKAGE_VERSION = var.runner_package.version
      ESPALIER_RUNNER_PACKAGE_SHA256  = var.runner_package.sha256
    } : "export ${key}='${value}'"],
    [file("${path.module}/boot.sh")],
  )))

  iam_instance_profile {
    arn = aws_iam_instance_profile.instance.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1 # containers cannot reach it
    instance_metadata_tags      = "disabled"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = each.value.disk_gib
      volume_type           = "gp3"
      encrypted             = true # with the EBS key of the account, which EC2 Fleet may use without a grant
      delete_on_termination = true
    }
  }

  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = length(var.tags) > 0 ? ["instance", "volume", "network-interface"] : []

    content {
      resource_type = tag_specifications.value
      tags          = var.tags
    }
  }
}

resource "aws_security_group" "runner" {
  name        = "${var.name}-runner"
  description = "Runners ${var.name}: nothing comes in"
  vpc_id      = var.vpc_id
  tags        = var.tags

  lifecycle {
    precondition {
      condition     = alltrue([for subnet in data.aws_subnet.runners : subnet.vpc_id == var.vpc_id])
      error_message = "subnet_ids: ${join(", ", [for subnet in data.aws_subnet.runners : "${subnet.id} is in ${subnet.vpc_id}" if subnet.vpc_id != var.vpc_id])}, but vpc_id is ${var.vpc_id}: give subnets of that VPC."
    }
  }
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.runner.id
  description       = "GitHub, AWS and registries of packages and images"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "instances" {
  name              = "/espalier/${var.name}/instances"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = var.tags
}

resource "aws_cloudwatch_log_metric_filter" "boot_failed" {
  name           = "${var.name}-boot-failed"
  log_group_name = aws_cloudwatch_log_group.instances.name
  pattern        = "\"BOOT FAILED\""

  metric_transformation {
    namespace = "Espalier/Runners"
    name      = "${var.name}-BootsReportedFailed" # from a log line, so it has no dimension
    value     = "1"
  }
}

# Every job can use this role: it can read the configuration of its own runner and write logs, nothing else.
resource "aws_iam_role" "instance" {
  name = "${var.name}-instance"
  tags = var.tags

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_instance_profile" "instance" {
  name = "${var.name}-instance"
  role = aws_iam_role.instance.name
  tags = var.tags
}

resource "aws_iam_role_policy" "instance" {
  name = "runner"
  role = aws_iam_role.instance.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { # scale-up tags each configuration with the ARN of its instance
        Effect    = "Allow"
        Action    = "ssm:GetParameter"
        Resource  = "${local.configuration_arn}/*"
        Condition = { StringEquals = { "ssm:resourceTag/espalier-instance-arn" = "$${ec2:SourceInstanceARN}" } }
      },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = local.kms_key_arn
        Condition = {
          StringEquals = { "kms:ViaService" = "ssm.${local.region}.amazonaws.com" }
          StringLike   = { "kms:EncryptionContext:PARAMETER_ARN" = "${local.configuration_arn}/*" }
        }
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.instances.arn}:*"
      },
    ]
  })
}
