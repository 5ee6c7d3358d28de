# Isolation of the network for all inputs, and the resources of each NAT value.

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
    error_message = "no subnet assigns public addresses"
  }

  assert {
    condition     = try(length(aws_default_security_group.this.ingress), 0) == 0 && try(length(aws_default_security_group.this.egress), 0) == 0
    error_message = "the default security group has no rules"
  }

  assert {
    condition     = toset([for route in aws_route.nat : route.nat_gateway_id]) == toset([aws_nat_gateway.this["us-east-1a"].id]) && length(aws_nat_gateway.this) == 1
    error_message = "both zones share one NAT gateway"
  }

  assert {
    condition     = alltrue([for route in aws_route.nat : route.gateway_id == null || route.gateway_id == ""])
    error_message = "no private subnet has a route to the internet gateway"
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && toset(keys(aws_vpc_endpoint.gateway)) == toset(["s3", "dynamodb"])
    error_message = "with NAT only the free endpoints are created"
  }
}

run "every_connection_is_on_record_and_encrypted" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.retention_in_days == 365
    error_message = "flow logs of accepted and rejected connections are kept for a year"
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.kms_key_id == aws_kms_key.this[0].arn && aws_kms_key.this[0].enable_key_rotation
    error_message = "the rotated key of the module encrypts the flow logs"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.flow.policy).Statement :
      !contains(statement.Resource, "*") && !anytrue([for action in statement.Action : strcontains(action, "*")])
    ])
    error_message = "the role of the flow logs can write only flow logs"
  }
}

run "without_nat_each_service_has_an_endpoint" {
  variables {
    nat   = "none"
    zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    cidr  = "10.30.0.0/20"
  }

  assert {
    condition     = length(aws_internet_gateway.this) + length(aws_subnet.public) + length(aws_nat_gateway.this) + length(aws_eip.nat) + length(aws_route.nat) == 0
    error_message = "without NAT there is no route to the internet"
  }

  assert {
    condition     = length(setsubtract(["ec2", "ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "sqs", "ssm", "sts"], output.interface_endpoints)) == 0
    error_message = "the services of runners and registry have endpoints"
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled && length(endpoint.subnet_ids) == 3])
    error_message = "each zone reaches the services by their DNS names"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.30.0.0/20" && aws_vpc_security_group_ingress_rule.endpoints[0].to_port == 443
    error_message = "the endpoints accept only HTTPS from the network"
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { us-east-1a = "10.30.0.0/22", us-east-1b = "10.30.4.0/22", us-east-1c = "10.30.8.0/22" }
    error_message = "each zone gets a quarter of the addresses"
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
    error_message = "each zone has its own NAT gateway"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn
    error_message = "the given key is used"
  }

  assert {
    condition     = output.interface_endpoints == tolist(["kms"])
    error_message = "the given endpoints are created in addition to NAT"
  }
}
