locals {
  port          = 5000
  idle_seconds  = 300 # of a connection between load balancer and server: it is idle while the server copies a large artifact to S3
  drain_seconds = 110 # less than the 120 s after which Fargate kills the task
  database      = "mlflow"
  database_user = "mlflow"
  workers       = max(2, floor(var.task_size.cpu / 1024) * 2)

  # libpq reads these variables, so no URI contains a password that a log or an error message could show.
  database_environment = {
    PGHOST               = aws_db_instance.this.address
    PGPORT               = tostring(aws_db_instance.this.port)
    PGUSER               = local.database_user
    PGSSLMODE            = "verify-full"
    PGSSLROOTCERT        = "/etc/mlflow/rds.pem"
    PGCONNECT_TIMEOUT    = "10"
    PGTARGETSESSIONATTRS = "read-write" # after a failover the name may still resolve to the old primary
  }
  server_environment = {
    MLFLOW_AUTH_CONFIG_PATH            = "/etc/mlflow/basic_auth.ini"
    MLFLOW_SERVER_ALLOWED_HOSTS        = "${var.domain_name},${var.domain_name}:443"
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION = "false"
    MLFLOW_DISABLE_TELEMETRY           = "true"
  }
  server_command = [
    "mlflow", "server",
    "--app-name", "basic-auth",
    "--host", "0.0.0.0",
    "--port", tostring(local.port),
    "--workers", tostring(local.workers),
    "--backend-store-uri", "postgresql+psycopg2:///${local.database}",
    "--artifacts-destination", "s3://${aws_s3_bucket.artifacts.id}/artifacts",
    # Longer than the load balancer keeps a connection; else it returns 502 if it reuses a connection that just closed.
    "--uvicorn-opts", "--timeout-keep-alive ${local.idle_seconds + 10} --timeout-graceful-shutdown ${local.drain_seconds}",
  ]
  migration_command = ["python", "/opt/mlflow/migrate.py"]

  # <secret>:<key>::<version>: a rotated secret creates a new task definition, and a rollback uses its own version.
  secret = {
    for key in ["database", "admin", "session"] :
    key => "${aws_secretsmanager_secret.this.arn}:${key}::${aws_secretsmanager_secret_version.this.version_id}"
  }

  # Settings of both containers. Only /tmp is writable.
  container = {
    essential              = true
    readonlyRootFilesystem = true
    linuxParameters        = { initProcessEnabled = true }
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
  }

  # ECR repositories of the images. An image from any other registry must be public and needs no permission.
  repositories = distinct([
    for parts in flatten([
      for image in compact([var.image, var.serving_image]) :
      regexall("^(?P<account>[0-9]{12})\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.amazonaws\\.com[.a-z]*/(?P<name>[^@:]+)", image)
    ]) : "arn:${data.aws_partition.current.partition}:ecr:${parts.region}:${parts.account}:repository/${parts.name}"
  ])
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = local.tags
}

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

# Runs once for each new image, before the server uses it; see the output migration_command.
resource "aws_ecs_task_definition" "migration" {
  family                   = "${var.name}-migration"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = local.tags

  container_definitions = jsonencode([merge(local.container, {
    name        = "migration"
    image       = var.image
    command     = local.migration_command
    environment = [for name, value in local.database_environment : { name = name, value = value }]
    secrets = [
      { name = "MLFLOW_AUTH_ADMIN_PASSWORD", valueFrom = local.secret.admin },
      { name = "PGPASSWORD", valueFrom = local.secret.database },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "migration"
      }
    }
  })])

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_task_definition" "server" {
  count = var.serving_image == null ? 0 : 1

  family                   = "${var.name}-server"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_size.cpu
  memory                   = var.task_size.memory_mib
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.server.arn
  tags                     = local.tags

  container_definitions = jsonencode([merge(local.container, {
    name         = "server"
    image        = var.serving_image
    command      = local.server_command
    portMappings = [{ containerPort = local.port, protocol = "tcp" }]
    stopTimeout  = 120
    environment = [
      for name, value in merge(local.database_environment, local.server_environment) : { name = name, value = value }
    ]
    secrets = [
      { name = "MLFLOW_FLASK_SERVER_SECRET_KEY", valueFrom = local.secret.session },
      { name = "PGPASSWORD", valueFrom = local.secret.database },
    ]
    healthCheck = {
      command = [
        "CMD", "python", "-c",
        "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:${local.port}/health', timeout=4)",
      ]
      interval    = 15
      timeout     = 5
      retries     = 3
      startPeriod = 90
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "server"
      }
    }
  })])

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_service" "server" {
  count = var.serving_image == null ? 0 : 1

  name                               = "server"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.server[0].arn
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST" # 1.4.0 or later, which can read a single key of a secret
  desired_count                      = var.task_count.min
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 120
  enable_execute_command             = false
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = true # the apply fails if the tasks do not become healthy
  tags                               = local.tags

  # A version that does not become healthy is rolled back; the previous version serves all the time.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.server.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.server.arn
    container_name   = "server"
    container_port   = local.port
  }

  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.server,
    aws_lb_listener.https,
    aws_vpc_security_group_egress_rule.server_to_database,
    aws_vpc_security_group_egress_rule.server_to_services,
    aws_vpc_security_group_ingress_rule.database_from_server,
    aws_vpc_security_group_ingress_rule.server_from_load_balancer,
  ]

  lifecycle {
    ignore_changes = [desired_count] # the scaling below sets it
  }
}

resource "aws_appautoscaling_target" "server" {
  count = var.serving_image == null ? 0 : 1

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.server[0].name}"
  min_capacity       = var.task_count.min
  max_capacity       = var.task_count.max
  tags               = local.tags
}

resource "aws_appautoscaling_policy" "cpu" {
  count = var.serving_image == null ? 0 : 1

  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.server[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.server[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.server[0].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 600 # a task that stops aborts uploads that take longer than drain_seconds
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

locals {
  assumed_by_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

# Role with which ECS starts a task: it reads the secret and the image. The program in the container never gets it.
resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = local.assumed_by_tasks
  tags               = local.tags
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.this.arn}:*"
        },
        {
          Sid      = "Secret"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = aws_secretsmanager_secret.this.arn
        },
        {
          Sid       = "SecretsKey"
          Effect    = "Allow"
          Action    = "kms:Decrypt"
          Resource  = local.kms_key_arn
          Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
        },
      ],
      [
        for statement in [
          {
            Sid      = "Image"
            Effect   = "Allow"
            Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
            Resource = local.repositories
          },
          {
            Sid      = "SignInToTheContainerRegistry"
            Effect   = "Allow"
            Action   = ["ecr:GetAuthorizationToken"]
            Resource = ["*"] # this action supports no resource
          },
        ] : statement if length(local.repositories) > 0
      ],
    )
  })
}

# Role of the server: it reads and writes artifacts. Clients have no permissions in S3.
resource "aws_iam_role" "server" {
  name               = "${var.name}-server"
  assume_role_policy = local.assumed_by_tasks
  tags               = local.tags
}

resource "aws_iam_role_policy" "server" {
  name = "artifacts"
  role = aws_iam_role.server.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = aws_s3_bucket.artifacts.arn
      },
      {
        Sid    = "Artifacts"
        Effect = "Allow"
        # no s3:DeleteObjectVersion, so that a deleted artifact can be restored
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        Resource = "${aws_s3_bucket.artifacts.arn}/artifacts/*"
      },
      {
        Sid       = "ArtifactsKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = local.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      },
    ]
  })
}
