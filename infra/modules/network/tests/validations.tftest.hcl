# A plan refuses each invalid input.

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
}

variables {
  name  = "churn-models"
  zones = ["us-east-1a", "us-east-1b"]
}

run "refuses_a_name_that_is_not_a_slug" {
  command = plan
  variables {
    name = "Churn Models"
  }
  expect_failures = [var.name]
}

run "refuses_an_address_inside_of_a_block" {
  command = plan
  variables {
    cidr = "10.20.0.1/16"
  }
  expect_failures = [var.cidr]
}

run "refuses_a_block_too_small_for_its_zones" {
  command = plan
  variables {
    cidr = "10.20.0.0/24"
  }
  expect_failures = [var.cidr]
}

run "refuses_a_public_address_block" {
  command = plan
  variables {
    cidr = "8.8.0.0/16"
  }
  expect_failures = [var.cidr]
}

run "refuses_a_single_zone" {
  command = plan
  variables {
    zones = ["us-east-1a"]
  }
  expect_failures = [var.zones]
}

run "refuses_the_same_zone_twice" {
  command = plan
  variables {
    zones = ["us-east-1a", "us-east-1a"]
  }
  expect_failures = [var.zones]
}

run "refuses_a_region_as_zone" {
  command = plan
  variables {
    zones = ["us-east-1", "us-east-2"]
  }
  expect_failures = [var.zones]
}

run "refuses_zones_of_another_region" {
  command = plan
  variables {
    zones = ["eu-west-1a", "eu-west-1b"]
  }
  expect_failures = [aws_vpc.this]
}

run "refuses_an_unknown_nat_value" {
  command = plan
  variables {
    nat = "two"
  }
  expect_failures = [var.nat]
}

run "refuses_a_full_endpoint_name" {
  command = plan
  variables {
    interface_endpoints = ["com.amazonaws.us-east-1.kms"]
  }
  expect_failures = [var.interface_endpoints]
}

run "refuses_a_paid_endpoint_for_a_service_with_a_free_gateway" {
  command = plan
  variables {
    interface_endpoints = ["s3"]
  }
  expect_failures = [var.interface_endpoints]
}

run "refuses_a_log_retention_that_cloudwatch_does_not_support" {
  command = plan
  variables {
    flow_log_days = 100
  }
  expect_failures = [var.flow_log_days]
}

run "refuses_an_alias_as_key" {
  command = plan
  variables {
    kms_key_arn = "alias/logs"
  }
  expect_failures = [var.kms_key_arn]
}

run "refuses_a_tag_that_aws_reserves" {
  command = plan
  variables {
    tags = { "aws:team" = "churn" }
  }
  expect_failures = [var.tags]
}
