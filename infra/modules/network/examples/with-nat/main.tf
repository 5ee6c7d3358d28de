# Two zones and one way out, which is what GPU runners need: GitHub is outside.

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
  description = "Days for which the record of all connections is kept."
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
  description = "Id of the network."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "Ids of the private subnets."
  value       = module.network.private_subnet_ids
}
