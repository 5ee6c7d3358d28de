# A plan refuses each invalid input.

mock_provider "aws" {}

variables {
  name       = "churn-models"
  repository = "octo-org/churn-models"
}

run "refuses_a_name_that_is_not_a_slug" {
  command = plan
  variables {
    name = "-churn"
  }
  expect_failures = [var.name]
}

run "refuses_an_unknown_host" {
  command = plan
  variables {
    host = "bitbucket"
  }
  expect_failures = [var.host]
}

run "refuses_an_issuer_with_a_trailing_slash" {
  command = plan
  variables {
    issuer_url = "https://gitlab.example.com/"
  }
  expect_failures = [var.issuer_url]
}

run "refuses_a_wildcard_audience" {
  command = plan
  variables {
    audience = "*"
  }
  expect_failures = [var.audience]
}

run "refuses_a_provider_that_is_not_an_arn" {
  command = plan
  variables {
    provider_arn = "token.actions.githubusercontent.com"
  }
  expect_failures = [var.provider_arn]
}

run "refuses_the_provider_of_another_issuer" {
  command = plan
  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
  }
  expect_failures = [var.provider_arn]
}

run "refuses_a_wildcard_for_all_repositories_of_an_owner" {
  command = plan
  variables {
    repository = "octo-org/*"
  }
  expect_failures = [var.repository]
}

run "refuses_a_nested_group_on_github" {
  command = plan
  variables {
    repository = "octo-org/team/churn-models"
  }
  expect_failures = [var.repository]
}

run "refuses_a_wildcard_subject" {
  command = plan
  variables {
    subject_prefix = "repo:octo-org/*"
  }
  expect_failures = [var.subject_prefix]
}

run "refuses_a_name_as_repository_id" {
  command = plan
  variables {
    repository_id = "churn-models"
  }
  expect_failures = [var.repository_id]
}

run "refuses_a_wildcard_as_branch" {
  command = plan
  variables {
    branch = "*"
  }
  expect_failures = [var.branch]
}

run "refuses_a_branch_with_refs_heads" {
  command = plan
  variables {
    branch = "refs/heads/main"
  }
  expect_failures = [var.branch]
}

run "refuses_a_wildcard_at_the_end_of_a_plan_branch" {
  command = plan
  variables {
    plan_branches = ["feature/*"]
  }
  expect_failures = [var.plan_branches]
}

run "refuses_a_wildcard_as_environment" {
  command = plan
  variables {
    apply_environment = "*"
  }
  expect_failures = [var.apply_environment]
}

run "refuses_an_environment_on_gitlab" {
  command = plan
  variables {
    host              = "gitlab"
    apply_environment = "production"
  }
  expect_failures = [var.apply_environment]
}

run "refuses_a_policy_that_is_not_an_arn" {
  command = plan
  variables {
    plan_policy_arns = ["ReadOnlyAccess"]
  }
  expect_failures = [var.plan_policy_arns]
}

run "refuses_a_plan_role_that_writes" {
  command = plan
  variables {
    plan_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
  }
  expect_failures = [var.plan_policy_arns]
}

run "refuses_a_plan_policy_that_is_not_json" {
  command = plan
  variables {
    plan_policies = { state = "arn:aws:iam::aws:policy/ReadOnlyAccess" }
  }
  expect_failures = [var.plan_policies]
}

run "refuses_a_wildcard_as_secret" {
  command = plan
  variables {
    plan_secret_arns = ["*"]
  }
  expect_failures = [var.plan_secret_arns]
}

run "refuses_an_apply_policy_that_is_not_an_arn" {
  command = plan
  variables {
    apply_policy_arns = ["PowerUserAccess"]
  }
  expect_failures = [var.apply_policy_arns]
}

run "refuses_administrator_access_without_a_boundary" {
  command = plan
  variables {
    apply_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
  }
  expect_failures = [var.apply_policy_arns]
}

run "refuses_an_apply_policy_that_is_not_json" {
  command = plan
  variables {
    apply_policies = { state = "write" }
  }
  expect_failures = [var.apply_policies]
}

run "refuses_a_boundary_that_is_not_an_arn" {
  command = plan
  variables {
    permissions_boundary_arn = "bound"
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "refuses_a_tag_that_aws_reserves" {
  command = plan
  variables {
    tags = { "aws:team" = "churn" }
  }
  expect_failures = [var.tags]
}
