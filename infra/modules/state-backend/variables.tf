variable "name" {
  description = "Prefix of the names of all resources, such as the team's name; 3 to 32 lower-case letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, as in churn-models."
  }
}

variable "bucket_name" {
  description = "Name of the bucket, unique in all of AWS; null uses <name>-tfstate-<account id>."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name is '${coalesce(var.bucket_name, "null")}': use 3 to 63 lower-case letters, digits and hyphens, or null for <name>-tfstate-<account id>."
  }
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key that encrypts the states; null creates a key, which AWS rotates each year."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}': give the ARN of the key itself, arn:aws:kms:<region>:<account>:key/<id> (an alias can be moved to another key), or null."
  }
}

variable "history_days" {
  description = "Days for which every overwritten state can be restored; older ones are removed, except the newest history_versions."
  type        = number
  default     = 365

  validation {
    condition     = var.history_days >= 1 && floor(var.history_days) == var.history_days
    error_message = "history_days is ${var.history_days}: use a whole number of days, 1 or more."
  }
}

variable "history_versions" {
  description = "Overwritten versions of each state that are kept at any age."
  type        = number
  default     = 20

  validation {
    condition     = var.history_versions >= 1 && var.history_versions <= 100 && floor(var.history_versions) == var.history_versions
    error_message = "history_versions is ${var.history_versions}: S3 keeps a whole number of versions, 1 to 100."
  }
}

variable "access_log_bucket" {
  description = "Existing bucket that receives the access logs of S3, under <name>-tfstate/; null writes no access logs."
  type        = string
  default     = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket is '${coalesce(var.access_log_bucket, "null")}': give the name of the bucket, not an ARN or a URL, or null."
  }
}

variable "force_destroy" {
  description = "true lets destroy delete the bucket together with all states in it; false makes destroy fail while the bucket has any."
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
