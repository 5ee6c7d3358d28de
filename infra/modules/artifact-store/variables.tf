variable "name" {
  description = "Prefix of the names of all resources, such as the team's name; 3 to 32 lower-case letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, as in churn-models."
  }
}

variable "bucket_name" {
  description = "Name of the bucket, unique in all of AWS; null uses <name>-artifacts-<account id>."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name is '${coalesce(var.bucket_name, "null")}': use 3 to 63 lower-case letters, digits and hyphens, or null for <name>-artifacts-<account id>."
  }
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key that encrypts the files; null creates a key, which AWS rotates each year."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}': give the ARN of the key itself, arn:aws:kms:<region>:<account>:key/<id> (an alias can be moved to another key), or null."
  }
}

variable "reader_arns" {
  description = "ARNs of IAM roles or users that may assume the read role; an empty list creates no read role."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.reader_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "reader_arns is [${join(", ", var.reader_arns)}]: give ARNs of whole roles or users, arn:aws:iam::<account>:role/<name>; wildcards and whole accounts are not allowed."
  }
}

variable "writer_arns" {
  description = "ARNs of IAM roles or users that may assume the write role, which adds files and sets the legal hold of a release; an empty list creates no write role."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.writer_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "writer_arns is [${join(", ", var.writer_arns)}]: give ARNs of whole roles or users, arn:aws:iam::<account>:role/<name>; wildcards and whole accounts are not allowed."
  }
}

variable "undelete_days" {
  description = "Days for which a deleted file can be restored; then it is removed for good, unless a release holds it."
  type        = number
  default     = 90

  validation {
    condition     = var.undelete_days >= 1 && floor(var.undelete_days) == var.undelete_days
    error_message = "undelete_days is ${var.undelete_days}: use a whole number of days, 1 or more."
  }
}

variable "tier_after_days" {
  description = "Days after which a file moves to Intelligent-Tiering, which costs less the longer a file is not read."
  type        = number
  default     = 30

  validation {
    condition     = var.tier_after_days >= 0 && floor(var.tier_after_days) == var.tier_after_days
    error_message = "tier_after_days is ${var.tier_after_days}: use a whole number of days, 0 or more."
  }
}

variable "access_log_bucket" {
  description = "Existing bucket that receives the access logs of S3, under <name>-artifacts/; null writes no access logs."
  type        = string
  default     = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket is '${coalesce(var.access_log_bucket, "null")}': give the name of the bucket, not an ARN or a URL, or null."
  }
}

variable "force_destroy" {
  description = "true lets destroy delete the bucket together with all files in it; false makes destroy fail while the bucket has any."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of every resource that the module creates."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has a key that begins with aws:, a prefix that AWS reserves: rename ${join(", ", [for key in keys(var.tags) : key if startswith(lower(key), "aws:")])}."
  }
}
