# A project on a GitLab server of one's own: the branches main and develop plan, main applies.

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
  description = "Branches that may plan, besides main."
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
  description = "The role that plans."
  value       = module.gitlab_oidc.plan_role_arn
}

output "apply_role_arn" {
  description = "The role that applies."
  value       = module.gitlab_oidc.apply_role_arn
}
