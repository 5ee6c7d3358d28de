# Each validation fails at the first invalid value; the first run uses the last valid values.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                            = "churn-runners"
  vpc_id                          = "vpc-0a1b2c3d4e5f67890"
  subnet_ids                      = ["subnet-1", "subnet-2", "subnet-3"]
  organization                    = "acme"
  repositories                    = ["acme/churn"]
  github_app                      = { id = "123456", installation_id = "7890123" }
  github_app_key_parameter        = "/churn-runners/app-key"
  github_webhook_secret_parameter = "/churn-runners/webhook-secret"
  runner_package                  = { version = "2.329.0", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }
  classes = {
    gpu = { labels = ["gpu"], instance_types = ["g5.xlarge", "g4dn.12xlarge"] }
    cpu = { labels = ["cpu"], instance_types = ["c7i.large"], gpu = false, spot = false }
  }
}

run "accepts_the_edges" {
  command = plan
  variables {
    name                  = "abc"
    subnet_ids            = ["subnet-1"]
    organization          = null
    repositories          = ["acme/churn", "other/model.v2"]
    github_api_url        = "https://github.example.org/api/v3"
    max_instances         = 1000
    max_gpu_hours_per_day = 0
    job_max_wait_minutes  = 1440
    idle_minutes          = 1
    boot_minutes          = 28
    lifetime_minutes      = 30
    max_failed_boots      = 10
    log_retention_days    = 1
    alarm_topic_arns      = ["arn:aws:sns:us-east-1:123456789012:people"]
    tags                  = { team = "churn" }
    classes = {
      gpu   = { labels = ["gpu", "a10g"], instance_types = ["g5.xlarge"], disk_gib = 40, min = 0, max = 1 }
      newer = { labels = ["newer"], instance_types = ["g99.xlarge"], gpu_counts = { "g99.xlarge" = 2 }, ami_id = "ami-0a1b2c3d4e5f67890", disk_gib = 16384 }
      cpu   = { labels = ["cpu"], instance_types = ["c7i.large"], gpu = false }
    }
  }
}

run "accepts_idle_runners_of_an_organization" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], min = 2, max = 2 } }
  }
}

run "refuses_a_name_in_capitals" {
  command = plan
  variables {
    name = "Churn"
  }
  expect_failures = [var.name]
}

run "refuses_a_vpc_that_is_not_an_id" {
  command = plan
  variables {
    vpc_id = "default"
  }
  expect_failures = [var.vpc_id]
}

run "refuses_an_empty_list_of_subnets" {
  command = plan
  variables {
    subnet_ids = []
  }
  expect_failures = [var.subnet_ids]
}

run "refuses_a_subnet_twice" {
  command = plan
  variables {
    subnet_ids = ["subnet-1", "subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}

run "refuses_an_empty_list_of_repositories" {
  command = plan
  variables {
    repositories = []
  }
  expect_failures = [var.repositories]
}

run "refuses_a_wildcard_of_repositories" {
  command = plan
  variables {
    repositories = ["acme/*"]
  }
  expect_failures = [var.repositories]
}

run "refuses_a_repository_url" {
  command = plan
  variables {
    repositories = ["https://github.com/acme/churn"]
  }
  expect_failures = [var.repositories]
}

run "refuses_an_organization_that_is_a_path" {
  command = plan
  variables {
    organization = "orgs/acme"
  }
  expect_failures = [var.organization]
}

run "refuses_a_repository_of_another_owner" {
  command = plan
  variables {
    organization = "other"
  }
  expect_failures = [var.organization]
}

run "refuses_an_app_that_is_not_a_number" {
  command = plan
  variables {
    github_app = { id = "my-app", installation_id = "1" }
  }
  expect_failures = [var.github_app]
}

run "refuses_a_key_instead_of_its_parameter" {
  command = plan
  variables {
    github_app_key_parameter = "-----BEGIN ${"RSA"} PRIVATE KEY-----" # split, so that secret scanners do not report it
  }
  expect_failures = [var.github_app_key_parameter]
}

run "refuses_a_secret_instead_of_its_parameter" {
  command = plan
  variables {
    github_webhook_secret_parameter = "hush"
  }
  expect_failures = [var.github_webhook_secret_parameter]
}

run "refuses_one_parameter_for_both_secrets" {
  command = plan
  variables {
    github_webhook_secret_parameter = "/churn-runners/app-key"
  }
  expect_failures = [var.github_webhook_secret_parameter]
}

run "refuses_a_plain_http_api" {
  command = plan
  variables {
    github_api_url = "http://github.example.org/api/v3"
  }
  expect_failures = [var.github_api_url]
}

run "refuses_an_empty_map_of_classes" {
  command = plan
  variables {
    classes = {}
  }
  expect_failures = [var.classes]
}

run "refuses_a_class_name_in_capitals" {
  command = plan
  variables {
    classes = { GPU = { labels = ["gpu"], instance_types = ["g5.xlarge"] } }
  }
  expect_failures = [var.classes]
}

run "refuses_a_class_without_labels" {
  command = plan
  variables {
    classes = { gpu = { labels = [], instance_types = ["g5.xlarge"] } }
  }
  expect_failures = [var.classes]
}

run "refuses_the_label_that_every_runner_has" {
  command = plan
  variables {
    classes = { gpu = { labels = ["self-hosted"], instance_types = ["g5.xlarge"] } }
  }
  expect_failures = [var.classes]
}

run "refuses_two_classes_with_the_same_labels" {
  command = plan
  variables {
    classes = { a = { labels = ["gpu"], instance_types = ["g5.xlarge"] }, b = { labels = ["gpu"], instance_types = ["g5.xlarge"] } }
  }
  expect_failures = [var.classes]
}

run "refuses_a_class_without_types" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = [] } }
  }
  expect_failures = [var.classes]
}

run "refuses_a_type_without_gpu_in_a_gpu_class" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge", "c7i.large"] } }
  }
  expect_failures = [var.classes]
}

run "refuses_a_gpu_type_in_a_class_without_gpu" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], gpu = false } }
  }
  expect_failures = [var.classes]
}

run "refuses_an_image_that_is_not_an_id" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], ami_id = "ubuntu" } }
  }
  expect_failures = [var.classes]
}

run "refuses_a_disk_smaller_than_the_image" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], disk_gib = 39 } }
  }
  expect_failures = [var.classes]
}

run "refuses_a_minimum_above_the_maximum" {
  command = plan
  variables {
    classes = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], min = 3, max = 2 } }
  }
  expect_failures = [var.classes]
}

run "refuses_idle_runners_without_an_organization" {
  command = plan
  variables {
    organization = null
    classes      = { gpu = { labels = ["gpu"], instance_types = ["g5.xlarge"], min = 1 } }
  }
  expect_failures = [var.classes]
}

run "refuses_zero_max_instances" {
  command = plan
  variables {
    max_instances = 0
  }
  expect_failures = [var.max_instances]
}

run "refuses_negative_gpu_hours" {
  command = plan
  variables {
    max_gpu_hours_per_day = -1
  }
  expect_failures = [var.max_gpu_hours_per_day]
}

run "refuses_a_wait_of_more_than_a_day" {
  command = plan
  variables {
    job_max_wait_minutes = 1441
  }
  expect_failures = [var.job_max_wait_minutes]
}

run "refuses_zero_idle_minutes" {
  command = plan
  variables {
    idle_minutes = 0
  }
  expect_failures = [var.idle_minutes]
}

run "refuses_a_too_long_boot_time" {
  command = plan
  variables {
    boot_minutes = 61
  }
  expect_failures = [var.boot_minutes]
}

run "refuses_a_lifetime_of_more_than_five_days" {
  command = plan
  variables {
    lifetime_minutes = 7201
  }
  expect_failures = [var.lifetime_minutes]
}

run "refuses_a_lifetime_shorter_than_a_boot" {
  command = plan
  variables {
    boot_minutes     = 30
    lifetime_minutes = 30
  }
  expect_failures = [var.lifetime_minutes]
}

run "refuses_too_many_failed_boots" {
  command = plan
  variables {
    max_failed_boots = 11
  }
  expect_failures = [var.max_failed_boots]
}

run "refuses_a_package_without_digest" {
  command = plan
  variables {
    runner_package = { version = "v2.329.0", sha256 = "" }
  }
  expect_failures = [var.runner_package]
}

run "refuses_an_alias_for_a_key" {
  command = plan
  variables {
    kms_key_arn = "alias/mine"
  }
  expect_failures = [var.kms_key_arn]
}

run "refuses_a_log_retention_that_cloudwatch_does_not_support" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "refuses_a_topic_that_is_not_an_arn" {
  command = plan
  variables {
    alarm_topic_arns = ["people"]
  }
  expect_failures = [var.alarm_topic_arns]
}

run "refuses_a_tag_that_the_module_reserves" {
  command = plan
  variables {
    tags = { espalier-pool = "other" }
  }
  expect_failures = [var.tags]
}
