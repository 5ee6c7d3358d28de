# Project on a self-hosted GitLab server: jobs of main and develop may plan, jobs of main may apply.

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

variable "plan_branches" {
  description = "Branches whose jobs may plan, in addition to main."
  type        = list(string)
  default     = ["develop"]
}

module "gitlab_oidc" {
  source = "../.."

  name          = "churn-models"
  host          = "gitlab"
  issuer_url    = "https://gitlab.example.com"
  repository    = "data/science/churn-models"
  plan_branches = var.plan_branches
}

output "plan_role_arn" {
  description = "Plan role."
  value       = module.gitlab_oidc.plan_role_arn
}

output "apply_role_arn" {
  description = "Apply role."
  value       = module.gitlab_oidc.apply_role_arn
}
