# Invariants for all inputs: no public access, encryption, minimal permissions, no visible secret, and operation.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_data {
  target = data.aws_subnet.given[0]
  values = { vpc_id = "vpc-0a", availability_zone = "us-east-1a" }
}
override_data {
  target = data.aws_subnet.given[1]
  values = { vpc_id = "vpc-0a", availability_zone = "us-east-1b" }
}

variables {
  vpc_id        = "vpc-0a"
  subnet_ids    = ["subnet-0a", "subnet-0b"]
  domain_name   = "mlflow.example.org"
  zone          = { id = "Z0EXAMPLE" }
  client_cidrs  = ["10.0.0.0/16"]
  image         = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  serving_image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  secrets = {
    database = "planted-database-password-1"
    admin    = "planted-admin-password-2"
    session  = "planted-session-key-of-32-characters-3"
  }
}

run "nothing_is_public" {
  command = apply

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.clients)) == toset(["10.0.0.0/16"])
    error_message = "clients outside client_cidrs can reach the load balancer"
  }
  assert {
    condition = alltrue([
      for rule in [aws_vpc_security_group_ingress_rule.server_from_load_balancer, aws_vpc_security_group_ingress_rule.database_from_server] :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.from_port == rule.to_port
    ])
    error_message = "server or database accept addresses instead of the previous security group"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_from_server.referenced_security_group_id == aws_security_group.server.id
    error_message = "a client other than the server can reach the database"
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.server_to_services.from_port == 443 && aws_vpc_security_group_egress_rule.server_to_services.to_port == 443
    error_message = "the server can reach more than HTTPS"
  }
  assert {
    condition     = aws_lb.this.internal && !aws_db_instance.this.publicly_accessible && !aws_ecs_service.server[0].network_configuration[0].assign_public_ip
    error_message = "a resource has a public address"
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.artifacts.block_public_acls,
      aws_s3_bucket_public_access_block.artifacts.block_public_policy,
      aws_s3_bucket_public_access_block.artifacts.ignore_public_acls,
      aws_s3_bucket_public_access_block.artifacts.restrict_public_buckets,
    ])
    error_message = "the artifacts could become public"
  }
  assert {
    condition     = aws_ecs_service.server[0].enable_execute_command == false
    error_message = "a shell can be opened in the server"
  }
}

run "everything_is_encrypted" {
  command = apply

  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.https.port == 443 && strcontains(aws_lb_listener.https.ssl_policy, "TLS13")
    error_message = "the load balancer accepts protocols other than TLS 1.2 and 1.3"
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == aws_kms_key.this[0].arn && aws_db_instance.this.performance_insights_kms_key_id == aws_kms_key.this[0].arn
    error_message = "the database is not encrypted with the key"
  }
  assert {
    condition     = contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "the database accepts connections without TLS"
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.artifacts.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    error_message = "the artifacts are not encrypted with the key"
  }
  assert {
    condition     = aws_secretsmanager_secret.this.kms_key_id == aws_kms_key.this[0].arn && aws_cloudwatch_log_group.this.kms_key_id == aws_kms_key.this[0].arn && alltrue([for group in aws_cloudwatch_log_group.database : group.kms_key_id == aws_kms_key.this[0].arn])
    error_message = "secret or logs are not encrypted with the key"
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.artifacts.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.artifacts.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "the bucket accepts requests without TLS"
  }
  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "AWS does not rotate the key"
  }
}

run "uses_the_given_key" {
  command = apply

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/given"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && aws_db_instance.this.kms_key_id == var.kms_key_arn && output.kms_key_arn == var.kms_key_arn
    error_message = "another key is used"
  }
}

run "no_right_is_too_many" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for policy in [aws_iam_role_policy.execution.policy, aws_iam_role_policy.server.policy] : [
        for statement in jsondecode(policy).Statement : [
          for action in flatten([statement.Action]) :
          !strcontains(action, "*") && (!contains(flatten([statement.Resource]), "*") || action == "ecr:GetAuthorizationToken")
        ]
      ]
    ]))
    error_message = "a role has a * action, or a * resource for an action that supports a narrower one"
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.server.policy, "DeleteObjectVersion") && !strcontains(aws_iam_role_policy.server.policy, "secretsmanager")
    error_message = "the server may destroy versions or read the secret"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.execution.policy, "arn:aws:ecr:us-east-1:123456789012:repository/mlflow\"")
    error_message = "tasks cannot pull from the repository of the image"
  }
  assert {
    condition     = alltrue([for role in [aws_iam_role.execution, aws_iam_role.server, aws_iam_role.monitoring] : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"])
    error_message = "a service may assume a role for another account"
  }
}

run "plan_policy_allows_only_this_secret" {
  command = apply

  assert {
    condition = toset([for statement in jsondecode(output.plan_policy_json).Statement : "${statement.Action} ${statement.Resource}"]) == toset([
      "kms:Decrypt ${aws_kms_key.this[0].arn}",
      "secretsmanager:GetRandomPassword *",
      "secretsmanager:GetSecretValue ${aws_secretsmanager_secret.this.arn}",
    ])
    error_message = "the plan policy has a permission that it does not need"
  }
}

run "an_image_from_elsewhere_needs_no_right" {
  command = apply

  variables {
    image         = "registry.example.org/mlflow@sha256:2222222222222222222222222222222222222222222222222222222222222222"
    serving_image = "registry.example.org/mlflow@sha256:2222222222222222222222222222222222222222222222222222222222222222"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.execution.policy, "ecr:")
    error_message = "there is a permission for a repository that is not used"
  }
}

run "no_secret_is_shown" {
  command = apply

  assert {
    condition     = aws_db_instance.this.password == null && aws_db_instance.this.password_wo_version == 1
    error_message = "the database's password is in the state"
  }
  assert {
    condition     = aws_secretsmanager_secret_version.this.secret_string_wo_version == 1
    error_message = "the secret's version is not secrets_version"
  }
  assert {
    condition = alltrue([
      for definition in [aws_ecs_task_definition.server[0], aws_ecs_task_definition.migration] :
      !strcontains(definition.container_definitions, "planted") && alltrue([
        for variable in jsondecode(definition.container_definitions)[0].environment : !can(regex("(?i)password|secret|token", variable.name))
      ])
    ])
    error_message = "a task definition contains a secret in clear text"
  }
  assert {
    condition = toset(flatten([
      for definition in [aws_ecs_task_definition.server[0], aws_ecs_task_definition.migration] :
      [for secret in jsondecode(definition.container_definitions)[0].secrets : "${jsondecode(definition.container_definitions)[0].name} ${secret.name} ${replace(secret.valueFrom, aws_secretsmanager_secret.this.arn, "")}"]
      ])) == toset([
      "migration MLFLOW_AUTH_ADMIN_PASSWORD :admin::version-one",
      "migration PGPASSWORD :database::version-one",
      "server MLFLOW_FLASK_SERVER_SECRET_KEY :session::version-one",
      "server PGPASSWORD :database::version-one",
    ])
    error_message = "a task has a secret that it does not need, or another version"
  }
}

run "a_rotation_renews_database_secret_and_tasks" {
  command = plan

  variables {
    secrets_version = 2
  }

  assert {
    condition     = aws_db_instance.this.password_wo_version == 2 && aws_secretsmanager_secret_version.this.secret_string_wo_version == 2
    error_message = "database and secret do not change together"
  }
}

run "tolerates_a_lost_zone_and_a_deletion_by_mistake" {
  command = apply

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.backup_retention_period == 14 && !aws_db_instance.this.delete_automated_backups
    error_message = "the database has no second zone, or its backups are deleted with it"
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_lb.this.enable_deletion_protection && !aws_s3_bucket.artifacts.force_destroy
    error_message = "destroy would delete data"
  }
  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 30 && aws_kms_key.this[0].deletion_window_in_days == 30
    error_message = "key or secret would be deleted without a recovery window"
  }
  assert {
    condition     = one(aws_s3_bucket_versioning.artifacts.versioning_configuration).status == "Enabled"
    error_message = "an overwritten artifact is lost"
  }
  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.artifacts.rule).noncurrent_version_expiration).noncurrent_days == 90 && one(one(aws_s3_bucket_lifecycle_configuration.artifacts.rule).expiration).days == 0
    error_message = "current artifacts expire, or older versions do not"
  }
  assert {
    condition     = aws_db_instance.this.performance_insights_enabled && aws_db_instance.this.monitoring_interval == 60
    error_message = "Performance Insights or monitoring is off"
  }
}

run "may_be_taken_away_when_that_is_said" {
  command = apply

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot && aws_s3_bucket.artifacts.force_destroy && !aws_lb.this.enable_deletion_protection && aws_secretsmanager_secret.this.recovery_window_in_days == 0
    error_message = "destroy would leave resources"
  }
}

run "no_server_exists_before_the_migration" {
  command = apply

  variables {
    serving_image = null
  }

  assert {
    condition     = length(aws_ecs_service.server) == 0 && length(aws_ecs_task_definition.server) == 0 && length(aws_appautoscaling_target.server) == 0 && length(aws_appautoscaling_policy.cpu) == 0
    error_message = "a server exists before the first migration"
  }
  assert {
    condition     = strcontains(output.migration_command, "--task-definition ${aws_ecs_task_definition.migration.arn}")
    error_message = "the migration cannot be run"
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.namespace == "AWS/RDS"])
    error_message = "an alarm watches a server that does not exist"
  }
}

run "an_upgrade_migrates_before_the_new_image_serves" {
  command = apply

  variables {
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:2222222222222222222222222222222222222222222222222222222222222222"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.migration.container_definitions)[0].image == var.image && jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].image == var.serving_image
    error_message = "the server uses the new image before its migration"
  }
}

# The emulator does not apply the details of the service or the scaling: these assertions check them.
run "the_service_is_replaced_without_downtime_and_scales" {
  command = apply

  assert {
    condition     = aws_ecs_service.server[0].deployment_minimum_healthy_percent == 100 && aws_ecs_service.server[0].wait_for_steady_state
    error_message = "a deployment can reduce the healthy tasks or has no circuit breaker"
  }
  assert {
    condition     = one(aws_ecs_service.server[0].deployment_circuit_breaker).enable && one(aws_ecs_service.server[0].deployment_circuit_breaker).rollback
    error_message = "a version that does not start is not rolled back"
  }
  assert {
    condition     = one(aws_ecs_service.server[0].load_balancer).container_port == jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].portMappings[0].containerPort && aws_lb_target_group.server.port == one(aws_ecs_service.server[0].load_balancer).container_port
    error_message = "load balancer, service and container use different ports"
  }
  assert {
    condition     = aws_appautoscaling_target.server[0].min_capacity == 2 && aws_appautoscaling_target.server[0].max_capacity == 4 && aws_appautoscaling_target.server[0].resource_id == "service/mlflow/server"
    error_message = "the scaling target is not the service"
  }
  assert {
    condition     = one(one(aws_appautoscaling_policy.cpu[0].target_tracking_scaling_policy_configuration).predefined_metric_specification).predefined_metric_type == "ECSServiceAverageCPUUtilization"
    error_message = "the scaling metric is not the CPU"
  }
  assert {
    condition     = tonumber(regex("--timeout-keep-alive ([0-9]+)", aws_ecs_task_definition.server[0].container_definitions)[0]) > aws_lb.this.idle_timeout
    error_message = "the server closes connections that the load balancer still uses"
  }
  assert {
    condition     = tonumber(aws_lb_target_group.server.deregistration_delay) < jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].stopTimeout
    error_message = "a task is killed before it is drained"
  }
}

run "alarms_report_both_ways" {
  command = apply

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:123456789012:alarms"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 9 && alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(var.alarm_actions) && alarm.ok_actions == toset(var.alarm_actions)])
    error_message = "an alarm is missing or has no action"
  }
}

run "a_restored_registry_starts_from_the_snapshot" {
  command   = apply
  state_key = "another registry"

  variables {
    restore_snapshot = "mlflow-before-upgrade"
  }

  assert {
    condition     = aws_db_instance.this.snapshot_identifier == "mlflow-before-upgrade" && aws_db_instance.this.password_wo_version == 1
    error_message = "the database is not created from the snapshot with its own password"
  }
}
