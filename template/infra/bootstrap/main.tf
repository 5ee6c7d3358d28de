# What everything else stands on. The values stand in terraform.tfvars.
module "state_backend" {
  source = "../modules/state-backend"

  name        = var.name
  bucket_name = var.state_bucket
  tags        = var.tags
}
