# A complete registry: certificate and DNS record in a Route 53 zone, alarms to an SNS topic.

provider "aws" {
  region = "us-east-1"
}

variable "image" {
  description = "Image of docker/mlflow.Dockerfile, by digest."
  type        = string
  default     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

variable "serving_image" {
  description = "Image that the server runs: null in the first apply, then `image`, after the migration task has succeeded."
  type        = string
  default     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

variable "secrets_version" {
  description = "Increase by one to replace all passwords."
  type        = number
  default     = 1
}

# Generated at each plan; the registry reads them only when secrets_version changes.
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
  deletion_protection = false # an example must be easy to destroy
  tags                = { stage = "example" }
}

output "url" {
  description = "URL of the registry, for MLFLOW_TRACKING_URI of clients."
  value       = module.registry.url
}

output "migration_command" {
  description = "Shell commands that run the migration: terraform output -raw migration_command | sh"
  value       = module.registry.migration_command
}

# Resources that usually exist already: network, zone, topic.

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:this VPC represents an existing network; the module network has flow logs
  #checkov:skip=CKV2_AWS_12:this VPC represents an existing network; nothing uses its default group
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
  #checkov:skip=CKV2_AWS_38:this zone represents an existing zone
  #checkov:skip=CKV2_AWS_39:this zone represents an existing zone
  name = "example.org"
}

resource "aws_sns_topic" "alarms" {
  name              = "mlflow-alarms"
  kms_master_key_id = "alias/aws/sns"
}
