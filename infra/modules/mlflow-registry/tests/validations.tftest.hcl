# Each validation fails at the first invalid value; the first two runs use the last valid values.

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

run "accepts_the_smallest_values" {
  command = plan

  variables {
    name                     = "ml"
    client_cidrs             = ["10.0.0.0/8"]
    serving_image            = null
    task_size                = { cpu = 1024, memory_mib = 2048 }
    task_count               = { min = 1, max = 1 }
    database_instance_class  = "db.t4g.medium"
    database_storage_gib     = { initial = 20, max = 26 }
    database_version         = "15"
    backup_retention_days    = 7
    noncurrent_artifact_days = 7
    log_retention_days       = 30
    secrets = {
      database = "planted-16-chars"
      admin    = "planted-16-chars"
      session  = "planted-session-key-32-character"
    }
  }
}

run "accepts_the_largest_values" {
  command = plan

  variables {
    name                     = "a2345678901234567890123"
    zone                     = null
    certificate              = { arn = "arn:aws:acm:us-east-1:123456789012:certificate/1" }
    client_cidrs             = ["10.0.0.0/16", "192.168.7.1/32"]
    task_size                = { cpu = 4096, memory_mib = 30720 }
    task_count               = { min = 20, max = 20 }
    database_instance_class  = "db.m7g.large"
    database_storage_gib     = { initial = 20, max = 65536 }
    database_version         = "17"
    backup_retention_days    = 35
    restore_snapshot         = "rds:mlflow-2026-11-20-02-10"
    secrets_version          = 7
    noncurrent_artifact_days = 3650
    log_retention_days       = 3653
    kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/1"
    deletion_protection      = false
    alarm_actions            = ["arn:aws:sns:us-east-1:123456789012:alarms"]
    access_logs_bucket       = "logs.example.org"
    tags                     = { team = "platform" }
  }
}

run "refuses_name_with_capitals" {
  command = plan

  variables {
    name = "MLflow"
  }

  expect_failures = [var.name]
}

run "refuses_name_with_two_hyphens" {
  command = plan

  variables {
    name = "ml--flow"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_that_results_in_a_too_long_bucket_name" {
  command = plan

  variables {
    name = "a23456789012345678901234"
  }

  expect_failures = [var.name]
}

run "refuses_vpc_id_that_is_a_name" {
  command = plan

  variables {
    vpc_id = "main"
  }

  expect_failures = [var.vpc_id]
}

run "refuses_one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-0a"]
  }

  expect_failures = [var.subnet_ids]
}

run "refuses_the_same_subnet_twice" {
  command = plan

  variables {
    subnet_ids = ["subnet-0a", "subnet-0a"]
  }

  expect_failures = [var.subnet_ids]
}

run "refuses_domain_name_with_a_scheme" {
  command = plan

  variables {
    domain_name = "https://mlflow.example.org"
  }

  expect_failures = [var.domain_name]
}

run "refuses_a_zone_id_with_a_path" {
  command = plan

  variables {
    zone = { id = "/hostedzone/Z0EXAMPLE" }
  }

  expect_failures = [var.zone]
}

run "refuses_neither_zone_nor_certificate" {
  command = plan

  variables {
    zone = null
  }

  expect_failures = [var.zone]
}

run "refuses_a_certificate_that_is_not_an_arn" {
  command = plan

  variables {
    certificate = { arn = "arn:aws:iam::123456789012:server-certificate/mlflow" }
  }

  expect_failures = [var.certificate]
}

run "refuses_certificate_of_another_region" {
  command = plan

  variables {
    certificate = { arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1" }
  }

  expect_failures = [var.certificate]
}

run "refuses_an_empty_list_of_clients" {
  command = plan

  variables {
    client_cidrs = []
  }

  expect_failures = [var.client_cidrs]
}

run "refuses_a_client_that_is_not_a_range" {
  command = plan

  variables {
    client_cidrs = ["10.0.0.1"]
  }

  expect_failures = [var.client_cidrs]
}

run "refuses_the_whole_internet_as_client_range" {
  command = plan

  variables {
    client_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.client_cidrs]
}

run "refuses_half_of_the_internet_as_client_range" {
  command = plan

  variables {
    client_cidrs = ["0.0.0.0/1", "128.0.0.0/7"]
  }

  expect_failures = [var.client_cidrs]
}

run "refuses_image_by_tag" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow:latest"
  }

  expect_failures = [var.image]
}

run "refuses_serving_image_by_tag" {
  command = plan

  variables {
    serving_image = "mlflow:3"
  }

  expect_failures = [var.serving_image]
}

run "refuses_task_of_half_a_cpu" {
  command = plan

  variables {
    task_size = { cpu = 512, memory_mib = 2048 }
  }

  expect_failures = [var.task_size]
}

run "refuses_a_memory_size_that_fargate_does_not_support" {
  command = plan

  variables {
    task_size = { cpu = 2048, memory_mib = 3072 }
  }

  expect_failures = [var.task_size]
}

run "refuses_a_task_count_of_zero" {
  command = plan

  variables {
    task_count = { min = 0, max = 4 }
  }

  expect_failures = [var.task_count]
}

run "refuses_a_task_count_with_min_above_max" {
  command = plan

  variables {
    task_count = { min = 3, max = 2 }
  }

  expect_failures = [var.task_count]
}

run "refuses_more_tasks_than_the_database_supports" {
  command = plan

  variables {
    task_count = { min = 2, max = 21 }
  }

  expect_failures = [var.task_count]
}

run "refuses_database_class_that_is_too_small" {
  command = plan

  variables {
    database_instance_class = "db.t4g.micro"
  }

  expect_failures = [var.database_instance_class]
}

run "refuses_database_class_without_prefix" {
  command = plan

  variables {
    database_instance_class = "t4g.medium"
  }

  expect_failures = [var.database_instance_class]
}

run "refuses_less_storage_than_rds_supports" {
  command = plan

  variables {
    database_storage_gib = { initial = 19, max = 200 }
  }

  expect_failures = [var.database_storage_gib]
}

run "refuses_storage_that_cannot_grow" {
  command = plan

  variables {
    database_storage_gib = { initial = 100, max = 125 }
  }

  expect_failures = [var.database_storage_gib]
}

run "refuses_minor_version_of_postgresql" {
  command = plan

  variables {
    database_version = "17.4"
  }

  expect_failures = [var.database_version]
}

run "refuses_backups_for_six_days" {
  command = plan

  variables {
    backup_retention_days = 6
  }

  expect_failures = [var.backup_retention_days]
}

run "refuses_backups_for_36_days" {
  command = plan

  variables {
    backup_retention_days = 36
  }

  expect_failures = [var.backup_retention_days]
}

run "refuses_snapshot_with_a_space" {
  command = plan

  variables {
    restore_snapshot = "last friday"
  }

  expect_failures = [var.restore_snapshot]
}

run "refuses_database_password_with_a_slash" {
  command = plan

  variables {
    secrets = { database = "planted/password/of/20", admin = "planted-admin-password-2", session = "planted-session-key-of-32-characters-3" }
  }

  expect_failures = [var.secrets]
}

run "refuses_short_admin_password" {
  command = plan

  variables {
    secrets = { database = "planted-database-password-1", admin = "planted-admin-2", session = "planted-session-key-of-32-characters-3" }
  }

  expect_failures = [var.secrets]
}

run "refuses_short_session_key" {
  command = plan

  variables {
    secrets = { database = "planted-database-password-1", admin = "planted-admin-password-2", session = "planted-session-key-of-31-chars" }
  }

  expect_failures = [var.secrets]
}

run "refuses_secrets_version_of_zero" {
  command = plan

  variables {
    secrets_version = 0
  }

  expect_failures = [var.secrets_version]
}

run "refuses_a_fractional_secrets_version" {
  command = plan

  variables {
    secrets_version = 1.5
  }

  expect_failures = [var.secrets_version]
}

run "refuses_to_keep_artifacts_for_less_time_than_backups" {
  command = plan

  variables {
    noncurrent_artifact_days = 13
  }

  expect_failures = [var.noncurrent_artifact_days]
}

run "refuses_a_log_retention_that_cloudwatch_does_not_support" {
  command = plan

  variables {
    log_retention_days = 100
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_key_by_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/mlflow"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_key_of_another_region" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_alarm_action_that_is_an_address" {
  command = plan

  variables {
    alarm_actions = ["ops@example.org"]
  }

  expect_failures = [var.alarm_actions]
}

run "refuses_access_logs_bucket_as_an_address" {
  command = plan

  variables {
    access_logs_bucket = "s3://logs"
  }

  expect_failures = [var.access_logs_bucket]
}

run "refuses_a_tag_that_aws_reserves" {
  command = plan

  variables {
    tags = { "aws:team" = "platform" }
  }

  expect_failures = [var.tags]
}

run "refuses_a_subnet_of_another_vpc" {
  command = plan

  override_data {
    target = data.aws_subnet.given[1]
    values = { vpc_id = "vpc-0b", availability_zone = "us-east-1b" }
  }

  expect_failures = [data.aws_subnet.given]
}

run "refuses_subnets_of_one_zone" {
  command = plan

  override_data {
    target = data.aws_subnet.given[1]
    values = { vpc_id = "vpc-0a", availability_zone = "us-east-1a" }
  }

  expect_failures = [aws_security_group.load_balancer]
}
