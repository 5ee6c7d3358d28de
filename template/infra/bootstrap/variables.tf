variable "name" {
  description = "Prefix of the names of all resources: lower-case letters, digits and hyphens."
  type        = string
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
}

variable "state_bucket" {
  description = "Name of the bucket of the Terraform states, the same as in every backend.tf."
  type        = string
}

variable "force_destroy" {
  description = "true lets `destroy` delete the buckets of states and data together with their contents."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of every resource that the stack creates."
  type        = map(string)
  default     = {}
}
