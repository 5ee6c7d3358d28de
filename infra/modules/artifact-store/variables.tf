variable "name" {
  description = "First part of the names of what is made, such as the team's; a lower-case slug of 3 to 32 characters."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, a letter first and no hyphen last, as in churn-models."
  }
}

variable "bucket_name" {
  description = "Name of the bucket, unique in all of AWS; null makes <name>-artifacts-<account id>."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name is '${coalesce(var.bucket_name, "null")}': use 3 to 63 lower-case letters, digits and hyphens, or null for <name>-artifacts-<account id>."
  }
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key that encrypts the files; null makes a key of its own, rotated each year."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}': give the key's own ARN, arn:aws:kms:<region>:<account>:key/<id> (an alias moves), or null."
  }
}

variable "reader_arns" {
  description = "ARNs of IAM roles or users that may take the role that reads; none makes no such role."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.reader_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "reader_arns is [${join(", ", var.reader_arns)}]: name whole roles or users, arn:aws:iam::<account>:role/<name>, no wildcard and no account."
  }
}

variable "writer_arns" {
  description = "ARNs of IAM roles or users that may take the role that adds files and holds those of a release; none makes no such role."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.writer_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "writer_arns is [${join(", ", var.writer_arns)}]: name whole roles or users, arn:aws:iam::<account>:role/<name>, no wildcard and no account."
  }
}

variable "undelete_days" {
  description = "Days for which a deleted file can be had back; then it is gone, unless a release holds it."
  type        = number
  default     = 90

  validation {
    condition     = var.undelete_days >= 1 && floor(var.undelete_days) == var.undelete_days
    error_message = "undelete_days is ${var.undelete_days}: use a whole number of days, 1 or more."
  }
}

variable "tier_after_days" {
  description = "Days after which a file moves to Intelligent-Tiering, which costs less the longer it is not read."
  type        = number
  default     = 30

  validation {
    condition     = var.tier_after_days >= 0 && floor(var.tier_after_days) == var.tier_after_days
    error_message = "tier_after_days is ${var.tier_after_days}: use a whole number of days, 0 or more."
  }
}

variable "access_log_bucket" {
  description = "Existing bucket that receives S3's access logs, under <name>-artifacts/; null writes none."
  type        = string
  default     = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket is '${coalesce(var.access_log_bucket, "null")}': give the bucket's name alone, no ARN and no URL, or null."
  }
}

variable "force_destroy" {
  description = "Whether destroy removes the bucket together with all files in it; false refuses while there are any."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has a key that begins with aws:, which AWS keeps for itself: rename ${join(", ", [for key in keys(var.tags) : key if startswith(lower(key), "aws:")])}."
  }
}
