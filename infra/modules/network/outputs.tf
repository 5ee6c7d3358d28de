output "vpc_id" {
  description = "ID of the VPC, for the input vpc_id of other modules."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "IPv4 range of the network."
  value       = var.cidr
}

output "private_subnet_ids" {
  description = "IDs of the private subnets, one per zone in the order of zones, for the input subnet_ids of other modules."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]

  # a machine in a subnet needs its routes and endpoints as soon as it starts
  depends_on = [aws_route.nat, aws_route_table_association.private, aws_vpc_endpoint.interface]
}

output "nat_public_ips" {
  description = "Public addresses of the NAT gateways, for allow lists; empty without NAT."
  value       = [for zone in local.nat_zones : aws_eip.nat[zone].public_ip]
}

output "interface_endpoints" {
  description = "AWS services with an interface endpoint; s3 and dynamodb have gateway endpoints in addition."
  value       = sort(tolist(local.interface_endpoints))
}

output "flow_log_group" {
  description = "CloudWatch log group of the flow logs."
  value       = aws_cloudwatch_log_group.flow.name
}
