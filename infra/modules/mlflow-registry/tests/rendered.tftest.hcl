# A complete apply with a mocked provider: the rendered task definitions, and that the files match each other.
# tests/infra/test_mlflow_server.py starts the task definitions of this run.

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

run "rendered" {
  command = apply

  assert {
    condition     = jsondecode(aws_ecs_task_definition.server[0].container_definitions)[0].image == var.serving_image
    error_message = "the server does not run serving_image"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.migration.container_definitions)[0].image == var.image
    error_message = "the migration does not run image"
  }
  assert {
    condition     = aws_lb_listener.https.certificate_arn == "arn:aws:acm:us-east-1:123456789012:certificate/made"
    error_message = "the listener does not use the created certificate"
  }
  assert {
    condition     = alltrue([for definition in [aws_ecs_task_definition.server[0], aws_ecs_task_definition.migration] : jsondecode(definition.container_definitions)[0].readonlyRootFilesystem])
    error_message = "a container can write to its root file system"
  }
}
