# The network of infra/bootstrap, found by its name, or the one that terraform.tfvars names.
data "aws_vpc" "bootstrap" {
  count = var.vpc_id == null ? 1 : 0

  tags = { Name = var.network_name }
}

data "aws_subnets" "bootstrap" {
  count = var.vpc_id == null ? 1 : 0

  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.bootstrap[0].id]
  }
  filter {
    name   = "tag:Name"
    values = ["${var.network_name}-private-*"]
  }
}

locals {
  vpc_id     = var.vpc_id == null ? data.aws_vpc.bootstrap[0].id : var.vpc_id
  subnet_ids = var.vpc_id == null ? sort(data.aws_subnets.bootstrap[0].ids) : var.subnet_ids
}

variable "network_name" {
  description = "Name of the network that infra/bootstrap makes; unused with a vpc_id."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "A network of your own; null takes the one of infra/bootstrap."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Private subnets of vpc_id, in two zones or more; unused without it."
  type        = list(string)
  default     = []

  validation {
    condition     = var.vpc_id == null || length(var.subnet_ids) > 0
    error_message = "vpc_id is ${coalesce(var.vpc_id, "null")} and subnet_ids is empty: name private subnets of that network, or leave vpc_id out to take the one of infra/bootstrap."
  }
}
