output "webhook_url" {
  description = "Address for the GitHub App's webhook, content type application/json."
  value       = module.runners.webhook_url
}

output "runs_on" {
  description = "What a job writes behind runs-on, by class."
  value       = module.runners.runs_on
}
