output "provider_arn" {
  description = "ARN of the OIDC provider, for a second repository's provider_arn."
  value       = local.provider_arn
}

output "plan_role_arn" {
  description = "ARN of the role that plans, for role-to-assume in the job."
  value       = aws_iam_role.this["plan"].arn
}

output "apply_role_arn" {
  description = "ARN of the role that applies, for role-to-assume in the job."
  value       = aws_iam_role.this["apply"].arn
}

output "plan_subjects" {
  description = "The claims sub that may plan: compare them with a job's token when it is refused."
  value       = local.plan_subjects
}

output "apply_subject" {
  description = "The claim sub that may apply."
  value       = local.apply_subject
}
