# Three zones without NAT: for a registry and other programs that call only AWS services.

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

variable "interface_endpoints" {
  description = "AWS services with an interface endpoint; null creates all that runners and registry use."
  type        = list(string)
  default     = null
}

module "network" {
  source = "../.."

  name                = "closed"
  cidr                = "10.30.0.0/20"
  zones               = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat                 = "none"
  interface_endpoints = var.interface_endpoints
}

output "vpc_id" {
  description = "ID of the VPC."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "IDs of the private subnets."
  value       = module.network.private_subnet_ids
}
