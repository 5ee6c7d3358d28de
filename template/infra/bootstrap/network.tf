# Private subnets for the other stacks, which find them by name. To use an existing network, remove this file and
# network.auto.tfvars, and set vpc_id and subnet_ids in the terraform.tfvars of those stacks.
module "network" {
  source = "../modules/network"

  name  = var.name
  zones = var.zones
  tags  = var.tags
}

variable "zones" {
  description = "Two or three availability zones of the region."
  type        = list(string)
}

output "vpc_id" {
  description = "ID of the VPC."
  value       = module.network.vpc_id
}
