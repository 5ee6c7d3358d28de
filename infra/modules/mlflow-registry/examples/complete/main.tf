# A registry that serves: certificate and name through a Route 53 zone, alarms to a topic.

provider "aws" {
  region = "us-east-1"
}

variable "image" {
  description = "The image of docker/mlflow.Dockerfile, by digest."
  type        = string
  default     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

variable "serving_image" {
  description = "null in the first apply; then `image`, as soon as the migration task has ended well."
  type        = string
  default     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

variable "secrets_version" {
  description = "Add one to renew all passwords."
  type        = number
  default     = 1
}

# New ones at each plan; the registry reads them when secrets_version changes.
ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = toset(["database", "admin", "session"])

  password_length     = 40
  exclude_punctuation = true
}

module "registry" {
  source = "../.."

  name          = "mlflow"
  vpc_id        = aws_vpc.this.id
  subnet_ids    = aws_subnet.private[*].id
  domain_name   = "mlflow.example.org"
  zone          = { id = aws_route53_zone.this.zone_id }
  client_cidrs  = [aws_vpc.this.cidr_block]
  image         = var.image
  serving_image = var.serving_image

  secrets         = { for key, password in ephemeral.aws_secretsmanager_random_password.this : key => password.random_password }
  secrets_version = var.secrets_version

  alarm_actions       = [aws_sns_topic.alarms.arn]
  deletion_protection = false # an example is destroyed again
  tags                = { stage = "example" }
}

output "url" {
  description = "What clients set as MLFLOW_TRACKING_URI."
  value       = module.registry.url
}

output "migration_command" {
  description = "terraform output -raw migration_command | sh"
  value       = module.registry.migration_command
}

# What you have already: a network, a zone, a topic.

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:it stands for a network that is yours; the module network keeps flow logs
  #checkov:skip=CKV2_AWS_12:it stands for a network that is yours; nothing here is in the default group
  cidr_block           = "10.20.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_subnet" "private" {
  count = 2

  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}

resource "aws_route53_zone" "this" {
  #checkov:skip=CKV2_AWS_38:it stands for a zone that is yours
  #checkov:skip=CKV2_AWS_39:it stands for a zone that is yours
  name = "example.org"
}

resource "aws_sns_topic" "alarms" {
  name              = "mlflow-alarms"
  kms_master_key_id = "alias/aws/sns"
}
