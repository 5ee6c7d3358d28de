# The roles of .github/workflows/infra.yml: pull requests plan, what was approved in the environment `infra` applies.
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
  description = "The repository on GitHub whose jobs may take the roles, as owner/name."
  type        = string
}

variable "subject_prefix" {
  description = "First part of `sub` in a job's token where it is not repo:<repository>, as in repositories made or renamed since July 2026; null takes that."
  type        = string
  default     = null
}

variable "github_provider_arn" {
  description = "ARN of the account's OIDC provider for GitHub, of which there can be one only; null makes it."
  type        = string
  default     = null
}

variable "plan_policy_arns" {
  description = "Policies of the role that plans. Any workflow of a pull request may take it, so what it reads is read by all who can push a branch; name narrower ones in an account that others use."
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
}

variable "apply_policy_arns" {
  description = "Policies of the role that applies. The stacks make roles, and who makes roles can give himself every right: what guards this one is the environment's reviewers."
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/IAMFullAccess"]
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what both roles may do themselves; a role that makes roles is held only by one that also denies making any without it. null bounds nothing."
  type        = string
  default     = null
}

output "plan_role" {
  description = "For the repository's variable AWS_PLAN_ROLE."
  value       = module.github_oidc.plan_role_arn
}

output "apply_role" {
  description = "For the repository's variable AWS_APPLY_ROLE."
  value       = module.github_oidc.apply_role_arn
}

output "subjects" {
  description = "What `sub` is to be in the tokens of jobs that plan and that apply; compare it when a job is refused."
  value       = { plan = module.github_oidc.plan_subjects, apply = module.github_oidc.apply_subject }
}
