variable "name" {
  description = "Prefix of the names of all resources; 3 to 32 lower-case letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, as in churn-models."
  }
}

variable "cidr" {
  description = "IPv4 range of the network, a private block of /16 to /22; each zone gets a quarter of it. It cannot be changed later."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr is '${var.cidr}': give the first address of a block and a size of /16 to /22, as in 10.20.0.0/16."
  }

  validation {
    condition     = can(regex("^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)", var.cidr))
    error_message = "cidr is '${var.cidr}', which is not a private range: use a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
}

variable "zones" {
  description = "Two or three availability zones of the region. More zones find more GPUs, and interface endpoints are charged for each zone."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones is [${join(", ", var.zones)}]: name two or three different zones, as in [\"us-east-1a\", \"us-east-1b\"]."
  }

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "zones is [${join(", ", var.zones)}]: a zone is a region followed by a letter, as in us-east-1a."
  }
}

variable "nat" {
  description = "NAT gateways to the internet: none, one (shared by all zones) or per_zone. Runners need NAT because GitHub is outside AWS; a registry does not."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat is '${var.nat}': use none, one or per_zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services with an interface endpoint in the network, by the last part of the endpoint name; each is charged by the hour and zone. null creates all that runners and registry use if nat is none, and none otherwise."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for service in coalesce(var.interface_endpoints, []) : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", service)) && !startswith(service, "com.")])
    error_message = "interface_endpoints is [${join(", ", coalesce(var.interface_endpoints, []))}]: give only the service, as in ecr.api, without com.amazonaws.<region>."
  }

  validation {
    condition     = !anytrue([for service in coalesce(var.interface_endpoints, []) : contains(["s3", "dynamodb"], service)])
    error_message = "interface_endpoints has s3 or dynamodb: remove them, since the module always creates their gateway endpoints, which are free."
  }
}

variable "flow_log_days" {
  description = "Days for which CloudWatch keeps the flow logs of all connections."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_days)
    error_message = "flow_log_days is ${var.flow_log_days}: CloudWatch accepts 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key that encrypts the flow logs; its policy must let CloudWatch Logs use it. null creates a key, which AWS rotates each year."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}': give the ARN of the key itself, arn:aws:kms:<region>:<account>:key/<id> (an alias can be moved to another key), or null."
  }
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
