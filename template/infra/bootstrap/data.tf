# The bucket of the data and of the models: DVC's remote. If it is there already, remove this file and data.auto.tfvars.
module "artifact_store" {
  source = "../modules/artifact-store"

  name          = var.name
  bucket_name   = var.data_bucket
  reader_arns   = var.data_reader_arns
  writer_arns   = var.data_writer_arns
  force_destroy = var.force_destroy
  tags          = var.tags
}

variable "data_bucket" {
  description = "Bucket that .dvc/config names."
  type        = string
}

variable "data_reader_arns" {
  description = "IAM roles or users that may take the role that reads data; none makes no such role."
  type        = list(string)
  default     = []
}

variable "data_writer_arns" {
  description = "IAM roles or users that may take the role that adds data; none makes no such role."
  type        = list(string)
  default     = []
}

output "data_roles" {
  description = "Roles that read and add data; null where nobody may take one."
  value       = { read = module.artifact_store.read_role_arn, write = module.artifact_store.write_role_arn }
}
