# Repository on github.com: pull requests may plan; jobs of the environment production on main may apply.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "apply_environment" {
  description = "GitHub environment whose jobs may apply."
  type        = string
  default     = "production"
}

module "github_oidc" {
  source = "../.."

  name              = "churn-models"
  repository        = "octo-org/churn-models"
  apply_environment = var.apply_environment
  apply_policies = {
    queues = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = ["sqs:CreateQueue"], Resource = "arn:aws:sqs:us-east-1:*:churn-*" }]
    })
  }
  tags = { project = "churn" }
}

output "plan_role_arn" {
  description = "For role-to-assume in the job that plans."
  value       = module.github_oidc.plan_role_arn
}

output "apply_role_arn" {
  description = "For role-to-assume in the job that applies."
  value       = module.github_oidc.apply_role_arn
}
