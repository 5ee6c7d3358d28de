# VPC with private subnets: no machine in them has an address that can be reached from the internet.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region = data.aws_region.current.id
  # three quarters for private subnets; NAT gateways use a few small blocks of the last quarter
  private_cidrs = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 2, index) }
  public_cidrs  = { for index, zone in var.zones : zone => cidrsubnet(cidrsubnet(var.cidr, 2, 3), 4, index) }
  nat_zones     = { none = [], one = slice(var.zones, 0, 1), per_zone = var.zones }[var.nat]
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # private DNS of interface endpoints needs it
  tags                 = merge(var.tags, { Name = var.name })

  lifecycle {
    precondition {
      condition     = alltrue([for zone in var.zones : startswith(zone, local.region)])
      error_message = "zones is [${join(", ", var.zones)}], but the provider's region is ${local.region}: use zones of that region, as in ${local.region}a."
    }
  }
}

# The default security group, which applies when no other is named, has no rules.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-nothing" })
}

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = merge(var.tags, { Name = "${var.name}-private-${each.key}" })
}

resource "aws_route_table" "private" {
  for_each = local.private_cidrs

  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-private-${each.key}" })
}

resource "aws_route_table_association" "private" {
  for_each = local.private_cidrs

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}
