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
    bucket_name = "s3://data"
  }
  expect_failures = [var.bucket_name]
}

run "refuses_an_alias_as_key" {
  command = plan
  variables {
    kms_key_arn = "alias/data"
  }
  expect_failures = [var.kms_key_arn]
}

run "refuses_a_wildcard_as_reader" {
  command = plan
  variables {
    reader_arns = ["*"]
  }
  expect_failures = [var.reader_arns]
}

run "refuses_a_whole_account_as_writer" {
  command = plan
  variables {
    writer_arns = ["arn:aws:iam::123456789012:root"]
  }
  expect_failures = [var.writer_arns]
}

run "refuses_zero_undelete_days" {
  command = plan
  variables {
    undelete_days = 0
  }
  expect_failures = [var.undelete_days]
}

run "refuses_half_a_day" {
  command = plan
  variables {
    tier_after_days = 0.5
  }
  expect_failures = [var.tier_after_days]
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
