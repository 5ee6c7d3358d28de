# GPU runners that start for a job and end with it. The values of the variables are in terraform.tfvars.
module "runners" {
  source = "../modules/gpu-runners"

  name         = var.name
  vpc_id       = local.vpc_id
  subnet_ids   = local.subnet_ids
  repositories = var.repositories
  organization = var.organization

  github_app                      = var.github_app
  github_app_key_parameter        = var.github_app_key_parameter
  github_webhook_secret_parameter = var.github_webhook_secret_parameter

  runner_package = var.runner_package

  # a job with `runs-on: [self-hosted, gpu]` gets the first of these types that has capacity
  classes = {
    gpu = {
      labels         = ["gpu"]
      instance_types = ["g5.xlarge", "g6.xlarge", "g4dn.xlarge"]
    }
  }

  max_instances         = var.max_instances
  max_gpu_hours_per_day = var.max_gpu_hours_per_day
  lifetime_minutes      = var.lifetime_minutes

  alarm_topic_arns = var.alarm_topic_arns
  tags             = var.tags
}
