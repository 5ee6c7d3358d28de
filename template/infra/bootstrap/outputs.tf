output "state_bucket" {
  description = "Name of the bucket of the Terraform states."
  value       = module.state_backend.bucket
}
