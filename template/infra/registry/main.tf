# MLflow server of the team. The values of the variables are in terraform.tfvars.
module "registry" {
  source = "../modules/mlflow-registry"

  name          = var.name
  vpc_id        = local.vpc_id
  subnet_ids    = local.subnet_ids
  domain_name   = var.domain_name
  zone          = var.zone_id == null ? null : { id = var.zone_id }
  certificate   = var.certificate_arn == null ? null : { arn = var.certificate_arn }
  client_cidrs  = var.client_cidrs
  image         = var.image
  serving_image = var.serving_image

  secrets         = { for key, password in ephemeral.aws_secretsmanager_random_password.this : key => password.random_password }
  secrets_version = var.secrets_version

  alarm_actions       = var.alarm_actions
  deletion_protection = var.deletion_protection
  tags                = var.tags
}

# Generated at each plan; the registry reads them only when secrets_version changes.
ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = toset(["database", "admin", "session"])

  password_length     = 40
  exclude_punctuation = true
}
