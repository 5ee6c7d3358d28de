# The bucket of the data and of the models: DVC's remote.
module "artifact_store" {
  source = "../modules/artifact-store"

  name        = var.name
  bucket_name = var.data_bucket
  tags        = var.tags
}

variable "data_bucket" {
  description = "Bucket that .dvc/config names."
  type        = string
}
