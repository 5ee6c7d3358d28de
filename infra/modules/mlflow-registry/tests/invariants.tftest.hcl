# What must hold whatever is given: nothing open, nothing in clear text, no right too many, no secret shown. And how it runs.

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

run "nothing_is_open" {
  command = apply

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.clients)) == toset(["10.0.0.0/16"])
    error_message = "others than client_cidrs reach the load balancer"
  }
  assert {
    condition = alltrue([
      for rule in [aws_vpc_security_group_ingress_rule.server_from_load_balancer, aws_vpc_security_group_ingress_rule.database_from_server] :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.from_port == rule.to_port
    ])
    error_message = "server and database are open to addresses instead of to the security group before them"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_from_server.referenced_security_group_id == aws_security_group.server.id
    error_message = "others than the server reach the database"
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.server_to_services.from_port == 443 && aws_vpc_security_group_egress_rule.server_to_services.to_port == 443
    error_message = "the server reaches more than HTTPS"
  }
  assert {
    condition     = aws_lb.this.internal && !aws_db_instance.this.publicly_accessible && !aws_ecs_service.server[0].network_configuration[0].assign_public_ip
    error_message = "something has a public address"
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

run "nothing_is_in_clear_text" {
  command = apply

  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.https.port == 443 && strcontains(aws_lb_listener.https.ssl_policy, "TLS13")
    error_message = "the load balancer takes something else than TLS 1.2 and 1.3"
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == aws_kms_key.this[0].arn && aws_db_instance.this.performance_insights_kms_key_id == aws_kms_key.this[0].arn
    error_message = "the database is not encrypted with the key"
  }
  assert {
    condition     = contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "the database takes connections without TLS"
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
    error_message = "the bucket answers without TLS"
  }
  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "the key is not rotated"
  }
}

run "takes_the_key_that_is_given" {
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
    error_message = "a role has a * action, or a * resource where the call knows one"
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.server.policy, "DeleteObjectVersion") && !strcontains(aws_iam_role_policy.server.policy, "secretsmanager")
    error_message = "the server may destroy versions or read the secret"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.execution.policy, "arn:aws:ecr:us-east-1:123456789012:repository/mlflow\"")
    error_message = "the image's repository is not the one that tasks may load from"
  }
  assert {
    condition     = alltrue([for role in [aws_iam_role.execution, aws_iam_role.server, aws_iam_role.monitoring] : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"])
    error_message = "a service may assume a role for another account"
  }
}

run "who_plans_may_read_this_secret_and_no_other" {
  command = apply

  assert {
    condition = toset([for statement in jsondecode(output.plan_policy_json).Statement : "${statement.Action} ${statement.Resource}"]) == toset([
      "kms:Decrypt ${aws_kms_key.this[0].arn}",
      "secretsmanager:GetRandomPassword *",
      "secretsmanager:GetSecretValue ${aws_secretsmanager_secret.this.arn}",
    ])
    error_message = "the plan's policy has another right than it needs"
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
    error_message = "there is a right for a repository that is not used"
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
    error_message = "a task definition holds a secret in clear text"
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
    error_message = "a task has another secret than it needs, or not of this version"
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

run "survives_a_zone_and_a_mistake" {
  command = apply

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.backup_retention_period == 14 && !aws_db_instance.this.delete_automated_backups
    error_message = "the database has no second zone or no backups that outlive it"
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_lb.this.enable_deletion_protection && !aws_s3_bucket.artifacts.force_destroy
    error_message = "destroy would take data along"
  }
  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 30 && aws_kms_key.this[0].deletion_window_in_days == 30
    error_message = "key or secret would be gone at once"
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
    error_message = "nothing shows what the database waits for"
  }
}

run "may_be_taken_away_when_that_is_said" {
  command = apply

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot && aws_s3_bucket.artifacts.force_destroy && !aws_lb.this.enable_deletion_protection && aws_secretsmanager_secret.this.recovery_window_in_days == 0
    error_message = "destroy would leave something"
  }
}

run "traffic_waits_for_the_migration" {
  command = apply

  variables {
    serving_image = null
  }

  assert {
    condition     = length(aws_ecs_service.server) == 0 && length(aws_ecs_task_definition.server) == 0 && length(aws_appautoscaling_target.server) == 0 && length(aws_appautoscaling_policy.cpu) == 0
    error_message = "something serves before the first migration"
  }
  assert {
    condition     = strcontains(output.migration_command, "--task-definition ${aws_ecs_task_definition.migration.arn}")
    error_message = "the migration cannot be run"
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.namespace == "AWS/RDS"])
    error_message = "an alarm calls because of a server that is not there"
  }
}

run "an_upgrade_migrates_before_the_new_image_serves" {
  command = apply

  variables {
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:2222222222222222222222222222222222222222222222222222222222222222"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.migration.container_definitions)[0].image == var.image && jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].image == var.serving_image
    error_message = "the server takes the new image before its migration"
  }
}

# The emulator can apply neither the details of the service nor the scaling: they are held here.
run "the_service_is_replaced_without_a_gap_and_scaled" {
  command = apply

  assert {
    condition     = aws_ecs_service.server[0].deployment_minimum_healthy_percent == 100 && aws_ecs_service.server[0].wait_for_steady_state
    error_message = "a deployment may leave nobody to answer, or goes unwatched"
  }
  assert {
    condition     = one(aws_ecs_service.server[0].deployment_circuit_breaker).enable && one(aws_ecs_service.server[0].deployment_circuit_breaker).rollback
    error_message = "a version that does not start stays"
  }
  assert {
    condition     = one(aws_ecs_service.server[0].load_balancer).container_port == jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].portMappings[0].containerPort && aws_lb_target_group.server.port == one(aws_ecs_service.server[0].load_balancer).container_port
    error_message = "load balancer, service and container speak of different ports"
  }
  assert {
    condition     = aws_appautoscaling_target.server[0].min_capacity == 2 && aws_appautoscaling_target.server[0].max_capacity == 4 && aws_appautoscaling_target.server[0].resource_id == "service/mlflow/server"
    error_message = "the scaling is of something else"
  }
  assert {
    condition     = one(one(aws_appautoscaling_policy.cpu[0].target_tracking_scaling_policy_configuration).predefined_metric_specification).predefined_metric_type == "ECSServiceAverageCPUUtilization"
    error_message = "it scales by something else than CPU"
  }
  assert {
    condition     = tonumber(regex("--timeout-keep-alive ([0-9]+)", aws_ecs_task_definition.server[0].container_definitions)[0]) > aws_lb.this.idle_timeout
    error_message = "the server closes connections that the load balancer still uses"
  }
  assert {
    condition     = tonumber(aws_lb_target_group.server.deregistration_delay) < jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].stopTimeout
    error_message = "a task is killed before it has been drained"
  }
}

run "alarms_report_both_ways" {
  command = apply

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:123456789012:alarms"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 9 && alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(var.alarm_actions) && alarm.ok_actions == toset(var.alarm_actions)])
    error_message = "an alarm is missing or tells nobody"
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
    error_message = "the database is not made from the snapshot with a password of its own"
  }
}
