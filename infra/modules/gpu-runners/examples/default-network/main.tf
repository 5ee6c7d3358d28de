# Runners in the default VPC of the account, for one organization: a GPU class on spot and a CPU class on demand.

provider "aws" {
  region = "us-east-1"
}

variable "idle_minutes" {
  description = "Minutes that a runner may be without a job; then its instance is terminated."
  type        = number
  default     = 5
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

module "runners" {
  source = "../.."

  name         = "churn-runners"
  vpc_id       = data.aws_vpc.default.id
  subnet_ids   = slice(sort(data.aws_subnets.default.ids), 0, 3)
  organization = "acme"
  repositories = ["acme/churn"]

  github_app                      = { id = "123456", installation_id = "7890123" }
  github_app_key_parameter        = "/churn-runners/app-key"
  github_webhook_secret_parameter = "/churn-runners/webhook-secret"

  # the version that you tested, and the digest from its release page
  runner_package = { version = "2.329.0", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }

  classes = {
    gpu = {
      labels         = ["gpu"]
      instance_types = ["g5.xlarge", "g6.xlarge", "g4dn.xlarge"]
    }
    cpu = {
      labels         = ["cpu"]
      instance_types = ["c7i.xlarge", "c6i.xlarge"]
      gpu            = false
      spot           = false
    }
  }

  idle_minutes = var.idle_minutes
  tags         = { project = "churn" }
}

output "webhook_url" {
  description = "URL for the webhook of the GitHub App."
  value       = module.runners.webhook_url
}

output "runs_on" {
  description = "Value of runs-on for a job of each class."
  value       = module.runners.runs_on
}

output "queue_url" {
  description = "URL of the queue of jobs that wait for an instance."
  value       = module.runners.queue_url
}

output "table_name" {
  description = "Name of the DynamoDB table."
  value       = module.runners.table_name
}
