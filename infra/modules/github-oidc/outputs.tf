output "provider_arn" {
  description = "ARN of the OIDC provider, for the input provider_arn of a second repository."
  value       = local.provider_arn
}

output "plan_role_arn" {
  description = "ARN of the plan role, for role-to-assume in the job."
  value       = aws_iam_role.this["plan"].arn
}

output "apply_role_arn" {
  description = "ARN of the apply role, for role-to-assume in the job."
  value       = aws_iam_role.this["apply"].arn
}

output "plan_subjects" {
  description = "Values of the claim sub that may plan; compare them with the token of a job that is refused."
  value       = local.plan_subjects
}

output "apply_subject" {
  description = "Value of the claim sub that may apply."
  value       = local.apply_subject
}
