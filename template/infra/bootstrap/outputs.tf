output "state_bucket" {
  description = "Bucket of the Terraform states."
  value       = module.state_backend.bucket
}
