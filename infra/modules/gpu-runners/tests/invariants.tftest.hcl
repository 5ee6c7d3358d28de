# Invariants for all inputs: who can start, reach and read what, and that every instance ends.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                            = "churn-runners"
  vpc_id                          = "vpc-0a1b2c3d4e5f67890"
  subnet_ids                      = ["subnet-1", "subnet-2", "subnet-3"]
  organization                    = "acme"
  repositories                    = ["acme/churn"]
  github_app                      = { id = "123456", installation_id = "7890123" }
  github_app_key_parameter        = "/churn-runners/app-key"
  github_webhook_secret_parameter = "/churn-runners/webhook-secret"
  runner_package                  = { version = "2.329.0", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }
  classes = {
    gpu = { labels = ["gpu"], instance_types = ["g5.xlarge", "g4dn.12xlarge"] }
    cpu = { labels = ["cpu"], instance_types = ["c7i.large"], gpu = false, spot = false }
  }
}

run "holds_its_invariants" {
  assert {
    condition     = alltrue([for template in aws_launch_template.runner : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "only IMDSv2 serves metadata, and containers cannot reach it"
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.runner : template.block_device_mappings[0].ebs[0].encrypted == "true" && template.block_device_mappings[0].ebs[0].delete_on_termination == "true"])
    error_message = "disks are encrypted and deleted with their instance"
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.runner : template.instance_initiated_shutdown_behavior == "terminate"])
    error_message = "an instance that shuts down is terminated"
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.runner : strcontains(base64decode(template.user_data), "systemd-run --unit=espalier-watchdog")])
    error_message = "each instance has a watchdog"
  }

  assert {
    condition     = length(aws_security_group.runner.ingress) == 0
    error_message = "the security group has no ingress rule"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.https.from_port == 443 && aws_vpc_security_group_egress_rule.https.to_port == 443
    error_message = "the only egress rule is HTTPS"
  }

  assert {
    condition = alltrue([
      for policy in concat([for policy in aws_iam_role_policy.function : policy.policy], [aws_iam_role_policy.instance.policy]) : alltrue([
        for statement in jsondecode(policy).Statement : alltrue([
          for action in flatten([statement.Action]) : !endswith(action, "*") && (
            !contains(flatten([statement.Resource]), "*") || contains(["ec2:DescribeInstances", "xray:PutTelemetryRecords", "xray:PutTraceSegments"], action)
          )
        ])
      ])
    ])
    error_message = "no permission has a wildcard action, and only actions that support no narrower resource have resource *"
  }

  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement : try(statement.Condition.StringEquals["aws:ResourceTag/espalier-pool"], "") == "churn-runners"
        if contains(flatten([statement.Action]), "ec2:TerminateInstances")
      ]
    ]))
    error_message = "only instances with the tag of the pool can be terminated"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.function["scale-up"].policy).Statement :
      try(statement.Condition.StringEquals["aws:RequestTag/espalier-pool"], "") == "churn-runners"
      if contains(flatten([statement.Action]), "ec2:RunInstances") && contains(flatten([statement.Resource]), "arn:aws:ec2:us-east-1:123456789012:instance/*")
    ])
    error_message = "no instance can be started without the tag of the pool"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["reaper"].policy, "ssm:") && !strcontains(aws_iam_role_policy.function["reaper"].policy, "dynamodb:") && !contains(keys(aws_lambda_function.this["reaper"].environment[0].variables), "ESPALIER_RUNNERS")
    error_message = "the reaper depends only on EC2"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["webhook"].policy, "ec2:") && !strcontains(aws_iam_role_policy.function["webhook"].policy, "app-key")
    error_message = "the public webhook function cannot start an instance and cannot read the key of the app"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.instance.policy).Statement[0].Condition.StringEquals["ssm:resourceTag/espalier-instance-arn"] == "$${ec2:SourceInstanceARN}"
    error_message = "an instance reads only its own configuration"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.instance.policy).Statement) == 3
    error_message = "an instance has permissions only for its configuration, its decryption and logs"
  }

  assert {
    condition = alltrue(concat(
      [for group in aws_cloudwatch_log_group.function : group.kms_key_id == aws_kms_key.this[0].arn],
      [aws_cloudwatch_log_group.instances.kms_key_id == aws_kms_key.this[0].arn, aws_cloudwatch_log_group.webhook_access.kms_key_id == aws_kms_key.this[0].arn],
      [aws_sqs_queue.jobs.kms_master_key_id == aws_kms_key.this[0].arn, aws_sqs_queue.dead.kms_master_key_id == aws_kms_key.this[0].arn],
      [aws_dynamodb_table.ledger.server_side_encryption[0].kms_key_arn == aws_kms_key.this[0].arn, aws_kms_key.this[0].enable_key_rotation],
    ))
    error_message = "the rotated key encrypts all stored data"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.jobs.redrive_policy).maxReceiveCount == 5
    error_message = "a message that fails goes to the dead-letter queue"
  }

  assert {
    condition     = jsondecode(aws_lambda_function.this["scale-up"].environment[0].variables.ESPALIER_RUNNERS).classes[1].gpus == [["g5.xlarge", 1], ["g4dn.12xlarge", 4]]
    error_message = "instance types keep their order, and their GPUs are counted"
  }

  assert {
    condition     = alltrue([for rule in aws_cloudwatch_event_rule.each_minute : rule.schedule_expression == "rate(1 minute)"])
    error_message = "reconciler and reaper run every minute"
  }
}

run "uses_the_given_key" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && aws_sqs_queue.jobs.kms_master_key_id == var.kms_key_arn
    error_message = "the given key is used, and none is created"
  }
}

run "uses_the_given_image" {
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], ami_id = "ami-0a1b2c3d4e5f67890" } }
  }

  assert {
    condition     = aws_launch_template.runner["gpu"].image_id == "ami-0a1b2c3d4e5f67890"
    error_message = "the given image is used"
  }
}

run "refuses_a_subnet_of_another_vpc" {
  command = plan
  variables {
    vpc_id = "vpc-0000000000000000f"
  }
  expect_failures = [aws_security_group.runner]
}

run "refuses_more_settings_than_a_function_supports" {
  command = plan
  variables {
    repositories = [for number in range(200) : "acme/repository-${number}"]
  }
  expect_failures = [aws_lambda_function.this]
}
