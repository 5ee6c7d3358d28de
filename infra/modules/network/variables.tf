variable "name" {
  description = "First part of the names of what is made; a lower-case slug of 3 to 32 characters."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, a letter first and no hyphen last, as in churn-models."
  }
}

variable "cidr" {
  description = "Addresses of the network, a private block of /16 to /22; a quarter goes to each zone. It cannot be changed later."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr is '${var.cidr}': give the first address of a block and a size of /16 to /22, as in 10.20.0.0/16."
  }

  validation {
    condition     = can(regex("^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)", var.cidr))
    error_message = "cidr is '${var.cidr}', not private: take a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
}

variable "zones" {
  description = "Two or three availability zones of the region; more zones find more GPUs, and each costs its own endpoints."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones is [${join(", ", var.zones)}]: name two or three different ones, as in [\"us-east-1a\", \"us-east-1b\"]."
  }

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "zones is [${join(", ", var.zones)}]: a zone is its region and a letter, as in us-east-1a."
  }
}

variable "nat" {
  description = "Ways out to the internet: none, one (shared by all zones) or per_zone. Runners need one, since GitHub is outside; a registry needs none."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat is '${var.nat}': there are none, one and per_zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the network, by the last part of the endpoint's name, each paid by the hour and zone; null is all that runners and registry use where nat is none, and no one otherwise."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for service in coalesce(var.interface_endpoints, []) : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", service)) && !startswith(service, "com.")])
    error_message = "interface_endpoints is [${join(", ", coalesce(var.interface_endpoints, []))}]: give the service alone, as in ecr.api, without com.amazonaws.<region>."
  }

  validation {
    condition     = !anytrue([for service in coalesce(var.interface_endpoints, []) : contains(["s3", "dynamodb"], service)])
    error_message = "interface_endpoints has s3 or dynamodb, whose gateways are always there and cost nothing: leave them out."
  }
}

variable "flow_log_days" {
  description = "Days for which the record of all connections is kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_days)
    error_message = "flow_log_days is ${var.flow_log_days}: CloudWatch takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key that encrypts the flow logs, which CloudWatch Logs may use; null makes a key of its own, rotated each year."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}': give the key's own ARN, arn:aws:kms:<region>:<account>:key/<id> (an alias moves), or null."
  }
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
