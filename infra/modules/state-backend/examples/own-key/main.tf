# Bucket for the Terraform states of one account, with a KMS key that the module creates.

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

variable "history_days" {
  description = "Days for which an overwritten state can be restored."
  type        = number
  default     = 365
}

module "state_backend" {
  source = "../.."

  name         = "churn-models"
  history_days = var.history_days
  tags         = { project = "churn" }
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.state_backend.bucket
}

output "kms_key_arn" {
  description = "ARN of the key."
  value       = module.state_backend.kms_key_arn
}

output "backend_config" {
  description = "Settings for terraform init -backend-config=<file>."
  value       = module.state_backend.backend_config
}
