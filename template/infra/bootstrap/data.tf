# Bucket for data and models, used as DVC remote. If the bucket already exists, remove this file and data.auto.tfvars.
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
  description = "Name of the bucket, the same as in .dvc/config."
  type        = string
}

variable "data_reader_arns" {
  description = "ARNs of IAM roles or users that may assume the role that reads data; an empty list creates no such role."
  type        = list(string)
  default     = []
}

variable "data_writer_arns" {
  description = "ARNs of IAM roles or users that may assume the role that adds data; an empty list creates no such role."
  type        = list(string)
  default     = []
}

output "data_roles" {
  description = "ARNs of the roles that read and add data; null if no role or user may assume it."
  value       = { read = module.artifact_store.read_role_arn, write = module.artifact_store.write_role_arn }
}
