# Private subnets for the other stacks, which find them by name. To bring a network of your own, remove this file and
# network.auto.tfvars, and name the network in the terraform.tfvars of those stacks.
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
  description = "Id of the network."
  value       = module.network.vpc_id
}
