# A plan refuses each invalid input.

mock_provider "aws" {}

variables {
  name = "churn-models"
}

run "refuses_a_name_that_is_not_a_slug" {
  command = plan
  variables {
    name = "Churn_Models"
  }
  expect_failures = [var.name]
}

run "refuses_an_invalid_bucket_name" {
  command = plan
  variables {
    bucket_name = "s3://states"
  }
  expect_failures = [var.bucket_name]
}

run "refuses_an_alias_as_key" {
  command = plan
  variables {
    kms_key_arn = "alias/states"
  }
  expect_failures = [var.kms_key_arn]
}

run "refuses_zero_history_versions" {
  command = plan
  variables {
    history_days = 0
  }
  expect_failures = [var.history_days]
}

run "refuses_more_versions_than_s3_supports" {
  command = plan
  variables {
    history_versions = 101
  }
  expect_failures = [var.history_versions]
}

run "refuses_an_arn_as_log_bucket" {
  command = plan
  variables {
    access_log_bucket = "arn:aws:s3:::logs"
  }
  expect_failures = [var.access_log_bucket]
}

run "refuses_a_tag_that_aws_reserves" {
  command = plan
  variables {
    tags = { "aws:team" = "churn" }
  }
  expect_failures = [var.tags]
}
