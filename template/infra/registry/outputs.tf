output "url" {
  description = "URL of the registry, for MLFLOW_TRACKING_URI of clients."
  value       = module.registry.url
}

output "migration_command" {
  description = "Shell commands that run the migration: terraform -chdir=infra/registry output -raw migration_command | sh"
  value       = module.registry.migration_command
}

output "secret_arn" {
  description = "ARN of the secret with the password of the user admin."
  value       = module.registry.secret_arn
}

output "database_identifier" {
  description = "Identifier of the database, for snapshots and restores."
  value       = module.registry.database_identifier
}
