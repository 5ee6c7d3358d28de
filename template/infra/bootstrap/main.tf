# Bucket for the Terraform states of all stacks. The values of the variables are in terraform.tfvars.
module "state_backend" {
  source = "../modules/state-backend"

  name          = var.name
  bucket_name   = var.state_bucket
  force_destroy = var.force_destroy
  tags          = var.tags
}
