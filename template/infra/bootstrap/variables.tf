variable "name" {
  description = "First part of the names of what is made: a lower-case slug."
  type        = string
}

variable "region" {
  description = "Region of everything that is made."
  type        = string
}

variable "state_bucket" {
  description = "Bucket of the Terraform states, the same as in every backend.tf."
  type        = string
}

variable "force_destroy" {
  description = "true lets `destroy` remove the buckets of states and data with all that is in them."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
