output "url" {
  description = "What clients set as MLFLOW_TRACKING_URI."
  value       = module.registry.url
}

output "migration_command" {
  description = "terraform -chdir=infra/registry output -raw migration_command | sh"
  value       = module.registry.migration_command
}

output "secret_arn" {
  description = "Secret with the password of the user admin."
  value       = module.registry.secret_arn
}

output "database_identifier" {
  description = "Name of the database instance, for snapshots and restores."
  value       = module.registry.database_identifier
}
