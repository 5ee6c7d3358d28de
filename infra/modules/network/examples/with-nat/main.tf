# Two zones and one NAT gateway, as GPU runners need it to reach GitHub.

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

variable "flow_log_days" {
  description = "Days for which CloudWatch keeps the flow logs."
  type        = number
  default     = 365
}

module "network" {
  source = "../.."

  name          = "churn-models"
  zones         = ["us-east-1a", "us-east-1b"]
  flow_log_days = var.flow_log_days
}

output "vpc_id" {
  description = "ID of the VPC."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "IDs of the private subnets."
  value       = module.network.private_subnet_ids
}
