# Four functions from one package. Each has its own role with only the permissions that its code uses.

locals {
  package = "${path.module}/lambda/espalier_runners.zip"

  functions = {
    webhook    = { handler = "on_webhook", timeout = 10, memory = 512, concurrency = 20 }
    scale-up   = { handler = "on_message", timeout = 60, memory = 512, concurrency = 10 }
    reconciler = { handler = "on_minute", timeout = 55, memory = 512, concurrency = 1 }
    reaper     = { handler = "on_reaper", timeout = 30, memory = 256, concurrency = 1 }
  }

  # Largest size of the settings below, estimated from values that are known at plan; names of resources are not.
  settings_bytes = sum([
    1275,
    155 * length(var.classes),
    30 * length(var.subnet_ids),
    length(jsonencode([sort(var.repositories), [for name, class in var.classes : [name, class.labels, local.class_gpus[name]]]])),
  ])

  settings = jsonencode({
    pool                            = var.name
    table_name                      = aws_dynamodb_table.ledger.name
    queue_url                       = aws_sqs_queue.jobs.url
    configuration_path              = local.configuration_path
    kms_key_arn                     = local.kms_key_arn
    instance_arn_prefix             = local.instance_arn_prefix
    github_api_url                  = var.github_api_url
    github_app                      = var.github_app
    github_app_key_parameter        = var.github_app_key_parameter
    github_webhook_secret_parameter = var.github_webhook_secret_parameter
    organization                    = var.organization == null ? "" : var.organization
    repositories                    = sort(var.repositories)
    allow_public_repositories       = var.allow_public_repositories
    subnet_ids                      = var.subnet_ids
    classes = [for name, class in var.classes : {
      name               = name
      labels             = class.labels
      gpus               = local.class_gpus[name]
      spot               = class.spot
      launch_template_id = aws_launch_template.runner[name].id
      min                = class.min
      max                = class.max
      runner_group       = class.runner_group
    }]
    limits = {
      max_instances         = var.max_instances
      max_gpu_hours_per_day = var.max_gpu_hours_per_day
      job_max_wait_minutes  = var.job_max_wait_minutes
      idle_minutes          = var.idle_minutes
      boot_minutes          = var.boot_minutes
      lifetime_minutes      = var.lifetime_minutes
      max_failed_boots      = var.max_failed_boots
    }
  })
}

resource "aws_lambda_function" "this" {
  for_each = local.functions
  #checkov:skip=CKV_AWS_117: they call only GitHub and AWS; in a VPC they would need a NAT gateway
  #checkov:skip=CKV_AWS_116: the queue of scale-up has a dead-letter queue; the others run again within a minute
  #checkov:skip=CKV_AWS_272: the package is in git with its sources, and a test compares the two

  function_name                  = "${var.name}-${each.key}"
  description                    = "Runners ${var.name}: ${each.key}"
  role                           = aws_iam_role.function[each.key].arn
  runtime                        = "python3.12"
  architectures                  = ["arm64"]
  handler                        = "espalier_runners.handlers.${each.value.handler}"
  filename                       = local.package
  source_code_hash               = filebase64sha256(local.package)
  timeout                        = each.value.timeout
  memory_size                    = each.value.memory
  reserved_concurrent_executions = each.value.concurrency
  kms_key_arn                    = local.kms_key_arn
  tags                           = var.tags

  environment {
    # The reaper must work even if the settings are wrong: it gets only a name and a number.
    variables = merge(
      { ESPALIER_POOL = var.name },
      each.key == "reaper" ? { ESPALIER_LIFETIME_MINUTES = tostring(var.lifetime_minutes) } : { ESPALIER_RUNNERS = local.settings },
    )
  }

  tracing_config {
    mode = "Active"
  }

  lifecycle {
    precondition {
      condition     = local.settings_bytes <= 4000
      error_message = "classes, repositories and subnet_ids result in ${local.settings_bytes} bytes of settings, but Lambda allows 4 kB: divide the classes between two pools."
    }
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${var.name}-${each.key}" # the name that Lambda uses
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = var.tags
}

resource "aws_cloudwatch_event_rule" "each_minute" {
  for_each = toset(["reconciler", "reaper"])

  name                = "${var.name}-${each.key}"
  description         = "Runs the ${each.key} of the runners ${var.name}"
  schedule_expression = "rate(1 minute)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "each_minute" {
  for_each = aws_cloudwatch_event_rule.each_minute

  rule = each.value.name
  arn  = aws_lambda_function.this[each.key].arn

  retry_policy { # the next run follows within a minute
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }
}

resource "aws_lambda_permission" "each_minute" {
  for_each = aws_cloudwatch_event_rule.each_minute

  statement_id  = "each-minute"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name = "${var.name}-${each.key}"
  tags = var.tags

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

locals {
  ours = { StringEquals = { "aws:ResourceTag/espalier-pool" = var.name } }

  # Statements by permission; `rights` below lists those of each function.
  statements = {
    trace = [{
      Effect   = "Allow"
      Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = "*" # X-Ray supports no narrower resource
    }]
    key = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      Resource = local.kms_key_arn
    }]
    ledger = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      Resource = [aws_dynamodb_table.ledger.arn, "${aws_dynamodb_table.ledger.arn}/index/open"]
    }]
    send = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.jobs.arn }]
    receive = [{
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = aws_sqs_queue.jobs.arn
    }]
    webhook_secret = [{
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${var.github_webhook_secret_parameter}"
    }]
    app_key = [{
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${var.github_app_key_parameter}"
    }]
    see = [{ Effect = "Allow", Action = "ec2:DescribeInstances", Resource = "*" }] # EC2 supports no narrower resource
    terminate = [{
      Effect    = "Allow"
      Action    = "ec2:TerminateInstances"
      Resource  = "${local.ec2_arn}:instance/*"
      Condition = local.ours
    }]
    configure = [{
      Effect   = "Allow"
      Action   = ["ssm:AddTagsToResource", "ssm:GetParameter", "ssm:PutParameter"]
      Resource = "${local.configuration_arn}/*"
    }]
    clean = [
      { Effect = "Allow", Action = "ssm:GetParametersByPath", Resource = [local.configuration_arn, "${local.configuration_arn}/*"] },
      { Effect = "Allow", Action = "ssm:DeleteParameter", Resource = "${local.configuration_arn}/*" },
    ]
    launch = [
      { # the fleet itself; the statements below limit what it may launch
        Effect   = "Allow"
        Action   = "ec2:CreateFleet"
        Resource = ["${local.ec2_arn}:fleet/*", "${local.ec2_arn}:launch-template/*"]
      },
      { # only with the tag of the pool, by which instances are found and terminated
        Effect    = "Allow"
        Action    = "ec2:RunInstances"
        Resource  = ["${local.ec2_arn}:instance/*", "${local.ec2_arn}:volume/*"]
        Condition = { StringEquals = { "aws:RequestTag/espalier-pool" = var.name } }
      },
      {
        Effect = "Allow"
        Action = "ec2:RunInstances"
        Resource = concat(
          [for template in aws_launch_template.runner : template.arn],
          [for subnet in var.subnet_ids : "${local.ec2_arn}:subnet/${subnet}"],
          [
            "${local.ec2_arn}:security-group/${aws_security_group.runner.id}",
            "${local.ec2_arn}:network-interface/*",
            "arn:${local.partition}:ec2:${local.region}::image/*",
            "arn:${local.partition}:ec2:${local.region}::snapshot/*",
          ],
        )
      },
      {
        Effect    = "Allow"
        Action    = "ec2:CreateTags"
        Resource  = [for kind in ["fleet", "instance", "network-interface", "volume"] : "${local.ec2_arn}:${kind}/*"]
        Condition = { StringEquals = { "ec2:CreateAction" = ["CreateFleet", "RunInstances"] } }
      },
      {
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = aws_iam_role.instance.arn
        Condition = { StringEquals = { "iam:PassedToService" = "ec2.amazonaws.com" } }
      },
      { # Amazon's public parameters with the IDs of its newest images
        Effect   = "Allow"
        Action   = "ssm:GetParameters"
        Resource = "arn:${local.partition}:ssm:${local.region}::parameter/aws/service/*"
      },
    ]
  }

  rights = {
    webhook    = ["trace", "key", "ledger", "send", "webhook_secret"]
    scale-up   = ["trace", "key", "ledger", "receive", "app_key", "see", "configure", "launch"]
    reconciler = ["trace", "key", "ledger", "send", "app_key", "see", "terminate", "clean"]
    reaper     = ["trace", "see", "terminate"]
  }
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = each.key
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      [{
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function[each.key].arn}:*"
      }],
      [for right in local.rights[each.key] : local.statements[right]],
    ])
  })
}
