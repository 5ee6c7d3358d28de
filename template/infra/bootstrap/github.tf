# Roles for .github/workflows/infra.yml: pull requests may plan, jobs approved in the environment `infra` may apply.
module "github_oidc" {
  source = "../modules/github-oidc"

  name              = var.name
  repository        = var.repository
  provider_arn      = var.github_provider_arn
  subject_prefix    = var.subject_prefix
  apply_environment = "infra"

  plan_policies     = { state = module.state_backend.read_policy_json }
  plan_policy_arns  = var.plan_policy_arns
  apply_policies    = { state = module.state_backend.write_policy_json }
  apply_policy_arns = var.apply_policy_arns

  permissions_boundary_arn = var.permissions_boundary_arn
  tags                     = var.tags
}

variable "repository" {
  description = "GitHub repository whose jobs may assume the roles, as owner/name."
  type        = string
}

variable "subject_prefix" {
  description = "Start of the claim `sub` in the token of a job if it is not repo:<repository>, as in repositories created or renamed since July 2026; null uses repo:<repository>."
  type        = string
  default     = null
}

variable "github_provider_arn" {
  description = "ARN of the OIDC provider of the account for GitHub; an account can have only one. null creates it."
  type        = string
  default     = null
}

variable "plan_policy_arns" {
  description = "ARNs of policies of the plan role. Every workflow of a pull request may assume it, so everyone who can push a branch can read what it reads; use narrower policies in an account that others share."
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
}

variable "apply_policy_arns" {
  description = "ARNs of policies of the apply role. The stacks create roles, and a role that creates roles can give itself any permission: the reviewers of the environment protect this one."
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/IAMFullAccess"]
}

variable "permissions_boundary_arn" {
  description = "ARN of a policy that limits the permissions of both roles. Since the apply role can create roles, the policy must also deny to create a role without it. null sets no limit."
  type        = string
  default     = null
}

output "plan_role" {
  description = "ARN of the plan role, for the variable AWS_PLAN_ROLE of the repository."
  value       = module.github_oidc.plan_role_arn
}

output "apply_role" {
  description = "ARN of the apply role, for the variable AWS_APPLY_ROLE of the repository."
  value       = module.github_oidc.apply_role_arn
}

output "subjects" {
  description = "Values of the claim `sub` in the tokens of jobs that may plan and apply; compare them when a job is refused."
  value       = { plan = module.github_oidc.plan_subjects, apply = module.github_oidc.apply_subject }
}
