# Network of infra/bootstrap, found by its name, or an existing network set in terraform.tfvars. The stacks registry and
# runners contain the same file.
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
  description = "Name of the network that infra/bootstrap creates; unused if vpc_id is set."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "ID of an existing network; null uses the network of infra/bootstrap."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "IDs of private subnets of vpc_id, in two zones or more; unused if vpc_id is null."
  type        = list(string)
  default     = []

  validation {
    condition     = var.vpc_id == null || length(var.subnet_ids) > 0
    error_message = "vpc_id is ${coalesce(var.vpc_id, "null")} but subnet_ids is empty: set private subnets of that network, or remove vpc_id to use the network of infra/bootstrap."
  }
}
