# A plan role and an apply role for the jobs of one repository. A job assumes them with the OIDC token of its Git host.

locals {
  issuer = trimprefix(coalesce(
    var.issuer_url, { github = "https://token.actions.githubusercontent.com", gitlab = "https://gitlab.com" }[var.host]
  ), "https://")
  audience     = coalesce(var.audience, var.host == "github" ? "sts.amazonaws.com" : "https://${local.issuer}")
  provider_arn = var.provider_arn == null ? aws_iam_openid_connect_provider.this[0].arn : var.provider_arn

  prefix = coalesce(var.subject_prefix, { github = "repo:${var.repository}", gitlab = "project_path:${var.repository}" }[var.host])
  # subject of a job of a branch, by host
  of_branch = { github = "${local.prefix}:ref:refs/heads/%s", gitlab = "${local.prefix}:ref_type:branch:ref:%s" }[var.host]

  plan_subjects = concat(
    [for branch in distinct(concat([var.branch], var.plan_branches)) : format(local.of_branch, branch)],
    var.host == "github" && var.plan_on_pull_request ? ["${local.prefix}:pull_request"] : [],
  )
  apply_subject = {
    github = "${local.prefix}:environment:${coalesce(var.apply_environment, "production")}"
    gitlab = format(local.of_branch, var.branch)
  }[var.host]

  # Claims are compared with StringEquals, which matches a wildcard only literally.
  both = merge(
    { "${local.issuer}:aud" = local.audience },
    var.repository_id == null ? {} : { "${local.issuer}:repository_id" = var.repository_id },
  )
  roles = {
    plan = {
      claims = merge(local.both, { "${local.issuer}:sub" = local.plan_subjects })
      arns   = var.plan_policy_arns
      inline = merge(var.plan_policies, { no-secrets = local.no_secrets })
    }
    apply = {
      # The subject of an environment's job names the environment instead of the branch: the claim ref checks the branch.
      claims = merge(local.both, { "${local.issuer}:sub" = local.apply_subject }, var.host == "github" ? { "${local.issuer}:ref" = "refs/heads/${var.branch}" } : {})
      arns   = var.apply_policy_arns
      inline = var.apply_policies
    }
  }

  # ReadOnlyAccess includes SSM parameters, and the author of a pull request decides which code a plan runs.
  no_secrets = jsonencode({
    Version = "2012-10-17"
    Statement = [
      merge(
        { Sid = "NoSecretValues", Effect = "Deny", Action = ["secretsmanager:GetSecretValue"] },
        length(var.plan_secret_arns) == 0 ? { Resource = ["*"] } : { NotResource = var.plan_secret_arns },
      ),
      {
        Sid      = "NoManyAtOnceAndNoParameters"
        Effect   = "Deny"
        Action   = ["secretsmanager:BatchGetSecretValue", "ssm:GetParameter*"]
        Resource = ["*"]
      },
    ]
  })
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = [local.audience]
  tags           = var.tags
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.name}-${each.key}"
  description          = "Terraform ${each.key} by jobs of ${var.repository}"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = each.value.claims }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = merge([for name, role in local.roles : { for arn in role.arns : "${name} ${arn}" => { role = name, arn = arn } }]...)

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "this" {
  for_each = merge([for name, role in local.roles : { for key, json in role.inline : "${name} ${key}" => { role = name, name = key, json = json } }]...)

  name   = each.value.name
  role   = aws_iam_role.this[each.value.role].name
  policy = each.value.json
}
