# DVC remote of one project: a CI role reads, the role of the trainers adds files.

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

variable "undelete_days" {
  description = "Days for which a deleted file can be restored."
  type        = number
  default     = 90
}

data "aws_caller_identity" "current" {}

module "artifact_store" {
  source = "../.."

  name          = "churn-models"
  reader_arns   = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/ci"]
  writer_arns   = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/trainers"]
  undelete_days = var.undelete_days
  tags          = { project = "churn" }
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.artifact_store.bucket
}

output "dvc_remote_url" {
  description = "URL for dvc remote add --default."
  value       = module.artifact_store.dvc_remote_url
}

output "read_role_arn" {
  description = "Role that CI assumes."
  value       = module.artifact_store.read_role_arn
}

output "write_role_arn" {
  description = "Role that trainers assume."
  value       = module.artifact_store.write_role_arn
}
