output "vpc_id" {
  description = "Id of the network, for the other modules' vpc_id."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Addresses of the network."
  value       = var.cidr
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one per zone in the order of zones, for the other modules' subnet_ids."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]

  # a machine that starts early needs the way out
  depends_on = [aws_route.nat, aws_route_table_association.private, aws_vpc_endpoint.interface]
}

output "nat_public_ips" {
  description = "Addresses under which the network is seen outside, for allow-lists; empty without NAT."
  value       = [for zone in local.nat_zones : aws_eip.nat[zone].public_ip]
}

output "interface_endpoints" {
  description = "AWS services that are reached without leaving the network, besides s3 and dynamodb."
  value       = sort(tolist(local.interface_endpoints))
}

output "flow_log_group" {
  description = "CloudWatch log group of the flow logs."
  value       = aws_cloudwatch_log_group.flow.name
}
