output "webhook_url" {
  description = "URL for the webhook of the GitHub App, with content type application/json."
  value       = module.runners.webhook_url
}

output "runs_on" {
  description = "Value of runs-on for a job of each class."
  value       = module.runners.runs_on
}
