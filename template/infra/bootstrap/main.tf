# What everything else stands on. The values stand in terraform.tfvars.
module "state_backend" {
  source = "../modules/state-backend"

  name          = var.name
  bucket_name   = var.state_bucket
  force_destroy = var.force_destroy
  tags          = var.tags
}
