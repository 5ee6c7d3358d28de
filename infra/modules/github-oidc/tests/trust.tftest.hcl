# Trust of the roles: claims compared in full, without wildcards, with the subjects of each host.

mock_provider "aws" {
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  name       = "churn-models"
  repository = "octo-org/churn-models"
}

run "binds_github_to_repository_branch_and_environment" {
  variables {
    apply_environment = "aws"
    branch            = "trunk"
  }

  assert {
    condition = jsonencode(one(jsondecode(aws_iam_role.this["apply"].assume_role_policy).Statement).Condition) == jsonencode({
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:ref" = "refs/heads/trunk"
        "token.actions.githubusercontent.com:sub" = "repo:octo-org/churn-models:environment:aws"
      }
    })
    error_message = "only a job of the environment, on the branch, of the repository may apply"
  }

  assert {
    condition     = output.plan_subjects == ["repo:octo-org/churn-models:ref:refs/heads/trunk", "repo:octo-org/churn-models:pull_request"]
    error_message = "the branch and pull requests may plan"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : keys(one(jsondecode(role.assume_role_policy).Statement).Condition) == ["StringEquals"]])
    error_message = "claims are compared in full, never with StringLike"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.this["plan no-secrets"].policy).Statement : statement.Effect == "Deny" && statement.Resource[0] == "*"])
    error_message = "the plan role reads no secret"
  }

  assert {
    condition     = [for key, attachment in aws_iam_role_policy_attachment.this : key] == ["plan arn:aws:iam::aws:policy/ReadOnlyAccess"]
    error_message = "the plan role reads; the apply role has only the given policies, here none"
  }
}

run "asks_for_the_immutable_names_when_they_are_given" {
  variables {
    subject_prefix       = "repo:octo-org@123456/churn-models@456789"
    repository_id        = "456789"
    plan_on_pull_request = false
    plan_secret_arns     = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:mlflow-??????"]
    plan_branches        = ["develop"]
  }

  assert {
    condition     = output.apply_subject == "repo:octo-org@123456/churn-models@456789:environment:production"
    error_message = "the subject starts with the given prefix"
  }

  assert {
    condition     = length(output.plan_subjects) == 2 && alltrue([for subject in output.plan_subjects : strcontains(subject, ":ref:refs/heads/")])
    error_message = "pull requests may not plan if plan_on_pull_request is false"
  }

  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      one(jsondecode(role.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:repository_id"] == "456789"
    ])
    error_message = "another repository that takes over the name gets no access"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["plan no-secrets"].policy).Statement[0].NotResource[0] == var.plan_secret_arns[0]
    error_message = "all secrets except the given one remain denied"
  }
}

run "uses_the_subjects_of_gitlab" {
  variables {
    host          = "gitlab"
    repository    = "data/science/churn-models"
    plan_branches = ["develop"]
  }

  assert {
    condition = jsonencode(one(jsondecode(aws_iam_role.this["apply"].assume_role_policy).Statement).Condition) == jsonencode({
      StringEquals = {
        "gitlab.com:aud" = "https://gitlab.com"
        "gitlab.com:sub" = "project_path:data/science/churn-models:ref_type:branch:ref:main"
      }
    })
    error_message = "only a job of the branch of the project may apply"
  }

  assert {
    condition     = length(output.plan_subjects) == 2 && aws_iam_openid_connect_provider.this[0].url == "https://gitlab.com"
    error_message = "the given branches may plan"
  }
}

run "accepts_a_self_hosted_server_and_policies_as_json" {
  variables {
    host           = "gitlab"
    issuer_url     = "https://git.example.com/gitlab"
    audience       = "aws"
    plan_policies  = { state = jsonencode({ Version = "2012-10-17", Statement = [] }) }
    apply_policies = { state = jsonencode({ Version = "2012-10-17", Statement = [] }) }
  }

  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      one(jsondecode(role.assume_role_policy).Statement).Condition.StringEquals["git.example.com/gitlab:aud"] == "aws"
    ])
    error_message = "the claims use the given issuer and audience"
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy.this)) == toset(["plan state", "plan no-secrets", "apply state"])
    error_message = "each role has the policies given for it"
  }
}

run "uses_the_existing_provider_of_the_account" {
  variables {
    provider_arn             = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bound"
    apply_policy_arns        = ["arn:aws:iam::aws:policy/AdministratorAccess"]
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && output.provider_arn == var.provider_arn
    error_message = "no second provider of the issuer is created"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == var.permissions_boundary_arn])
    error_message = "both roles have the permissions boundary"
  }
}
