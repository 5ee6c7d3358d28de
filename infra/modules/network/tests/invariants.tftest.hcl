# What is closed, whatever the inputs are, and what each way out makes.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/churn-models/network" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/churn-models-flow-logs" }
  }
}

variables {
  name  = "churn-models"
  zones = ["us-east-1a", "us-east-1b"]
}

run "nothing_can_be_reached_from_outside" {
  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.private), values(aws_subnet.public)) : !subnet.map_public_ip_on_launch])
    error_message = "no subnet hands out public addresses"
  }

  assert {
    condition     = try(length(aws_default_security_group.this.ingress), 0) == 0 && try(length(aws_default_security_group.this.egress), 0) == 0
    error_message = "the default group allows nothing"
  }

  assert {
    condition     = toset([for route in aws_route.nat : route.nat_gateway_id]) == toset([aws_nat_gateway.this["us-east-1a"].id]) && length(aws_nat_gateway.this) == 1
    error_message = "both zones share one way out"
  }

  assert {
    condition     = alltrue([for route in aws_route.nat : route.gateway_id == null || route.gateway_id == ""])
    error_message = "no private subnet leads to the internet gateway"
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && toset(keys(aws_vpc_endpoint.gateway)) == toset(["s3", "dynamodb"])
    error_message = "with NAT there are only the endpoints that cost nothing"
  }
}

run "every_connection_is_on_record_and_encrypted" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.retention_in_days == 365
    error_message = "accepted and refused connections are kept for a year"
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.kms_key_id == aws_kms_key.this[0].arn && aws_kms_key.this[0].enable_key_rotation
    error_message = "the record is encrypted with the module's rotated key"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.flow.policy).Statement :
      !contains(statement.Resource, "*") && !anytrue([for action in statement.Action : strcontains(action, "*")])
    ])
    error_message = "who writes the record writes nothing else"
  }
}

run "without_nat_every_service_is_inside" {
  variables {
    nat   = "none"
    zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    cidr  = "10.30.0.0/20"
  }

  assert {
    condition     = length(aws_internet_gateway.this) + length(aws_subnet.public) + length(aws_nat_gateway.this) + length(aws_eip.nat) + length(aws_route.nat) == 0
    error_message = "there is no way out at all"
  }

  assert {
    condition     = length(setsubtract(["ec2", "ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "sqs", "ssm", "sts"], output.interface_endpoints)) == 0
    error_message = "what runners and registry call is inside"
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled && length(endpoint.subnet_ids) == 3])
    error_message = "each zone reaches the services under their own names"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.30.0.0/20" && aws_vpc_security_group_ingress_rule.endpoints[0].to_port == 443
    error_message = "the endpoints answer the network alone, on HTTPS"
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { us-east-1a = "10.30.0.0/22", us-east-1b = "10.30.4.0/22", us-east-1c = "10.30.8.0/22" }
    error_message = "a quarter of the addresses goes to each zone"
  }
}

run "a_way_out_for_each_zone_survives_the_loss_of_one" {
  variables {
    nat                 = "per_zone"
    kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/abcd"
    interface_endpoints = ["kms"]
  }

  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(var.zones) && length(output.nat_public_ips) == 2
    error_message = "each zone has its own gateway"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn
    error_message = "a given key is used as it is"
  }

  assert {
    condition     = output.interface_endpoints == tolist(["kms"])
    error_message = "named endpoints are made beside NAT too"
  }
}
