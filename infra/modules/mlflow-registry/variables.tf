variable "name" {
  description = "Prefix of the names of all resources, unique in the account and region."
  type        = string
  default     = "mlflow"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,21}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name is '${var.name}': use 2 to 23 lower-case letters, digits and single hyphens, starting with a letter, as in mlflow-prod."
  }
}

variable "vpc_id" {
  description = "ID of the VPC of all resources."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "vpc_id is '${var.vpc_id}': give the ID of a VPC, as in vpc-0123456789abcdef0."
  }
}

variable "subnet_ids" {
  description = "IDs of private subnets of the VPC, in two zones or more. Tasks in them reach the container registry, S3, Secrets Manager and CloudWatch Logs through NAT or endpoints."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2 && length(distinct(var.subnet_ids)) == length(var.subnet_ids)
    error_message = "subnet_ids has ${length(var.subnet_ids)} entries: give two or more different subnets, in two zones."
  }
}

variable "domain_name" {
  description = "Host name that clients use, as in mlflow.example.org. The server rejects requests for any other name."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name is '${var.domain_name}': give a host name without scheme, port or path, as in mlflow.example.org."
  }
}

# zone and certificate are objects, so that a plan knows whether they are null even if the ID is of a resource that the
# same apply creates.
variable "zone" {
  description = "Route 53 zone in which the module creates the record of domain_name. Without certificate the module also creates the certificate through it, for which the zone must be public."
  type        = object({ id = string })
  default     = null

  validation {
    condition     = var.zone == null || can(regex("^[A-Z0-9]+$", var.zone.id))
    error_message = "zone.id is '${try(var.zone.id, "-")}': give the ID of a zone, as in Z0123456789ABCDEFGHIJ, without /hostedzone/."
  }
  validation {
    condition     = var.zone != null || var.certificate != null
    error_message = "zone and certificate are both null: TLS needs an existing certificate, or a zone in which the module can create one."
  }
}

variable "certificate" {
  description = "Existing certificate of Certificate Manager for domain_name, in the region of the registry. Without zone, create the DNS record yourself: an alias of the output load_balancer_name."
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.certificate == null || can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.certificate.arn))
    error_message = "certificate.arn is '${try(var.certificate.arn, "-")}': give arn:aws:acm:<region>:<account>:certificate/<id>."
  }
  validation {
    condition     = var.certificate == null || try(split(":", var.certificate.arn)[3], "") == data.aws_region.current.id
    error_message = "certificate.arn is in region '${try(split(":", var.certificate.arn)[3], "-")}': a load balancer accepts only certificates of its own region, here ${data.aws_region.current.id}."
  }
}

variable "client_cidrs" {
  description = "IPv4 ranges from which clients may reach the server, such as the ranges of the VPC and of the VPN."
  type        = list(string)

  validation {
    condition     = length(var.client_cidrs) > 0 && alltrue([for range in var.client_cidrs : can(cidrnetmask(range))])
    error_message = "client_cidrs is [${join(", ", var.client_cidrs)}]: give one or more IPv4 ranges, as in 10.0.0.0/16."
  }
  validation {
    condition     = alltrue([for range in var.client_cidrs : try(tonumber(split("/", range)[1]) >= 8, false)])
    error_message = "client_cidrs is [${join(", ", var.client_cidrs)}]: a range wider than /8 includes large parts of the internet; name only the networks of clients."
  }
}

variable "image" {
  description = "Image of docker/mlflow.Dockerfile, by digest. The migration task runs it; the server runs serving_image."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is '${var.image}': give it by digest, <repository>@sha256:<64 hex digits>; a tag can be moved to another image."
  }
}

variable "serving_image" {
  description = "Image that the server runs, by digest: set it to `image` after its migration task has succeeded. null creates no server yet."
  type        = string
  default     = null

  validation {
    condition     = var.serving_image == null || can(regex("^[^@\\s]+@sha256:[0-9a-f]{64}$", var.serving_image))
    error_message = "serving_image is '${coalesce(var.serving_image, "-")}': give it by digest, <repository>@sha256:<64 hex digits>, or null until the first migration has succeeded."
  }
}

variable "task_size" {
  description = "CPU units (1024 are one vCPU) and MiB of memory of a task. A task runs two server processes for each vCPU, at least two."
  type        = object({ cpu = number, memory_mib = number })
  default     = { cpu = 1024, memory_mib = 2048 }

  validation {
    condition     = contains([1024, 2048, 4096], var.task_size.cpu)
    error_message = "task_size.cpu is ${var.task_size.cpu}: use 1024, 2048 or 4096; with less CPU the server does not start in time."
  }
  validation {
    condition     = var.task_size.memory_mib % 1024 == 0 && var.task_size.memory_mib >= 2 * var.task_size.cpu && var.task_size.memory_mib <= min(8 * var.task_size.cpu, 30720)
    error_message = "task_size.memory_mib is ${var.task_size.memory_mib}: with ${var.task_size.cpu} CPU units Fargate accepts whole GiB from ${2 * var.task_size.cpu} to ${min(8 * var.task_size.cpu, 30720)} MiB."
  }
}

variable "task_count" {
  description = "Fewest and most tasks of the server; between them the CPU utilization decides."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }

  validation {
    condition     = var.task_count.min >= 1 && var.task_count.max >= var.task_count.min && var.task_count.max <= 20
    error_message = "task_count is ${var.task_count.min} to ${var.task_count.max}: use 1 <= min <= max <= 20; each task keeps database connections."
  }
}

variable "database_instance_class" {
  description = "Instance class of the database. MLflow's tables are small; what needs memory is the index of the metrics."
  type        = string
  default     = "db.t4g.medium"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_instance_class)) && !can(regex("\\.(micro|small)$", var.database_instance_class))
    error_message = "database_instance_class is '${var.database_instance_class}': use a class such as db.t4g.medium or db.m7g.large; micro and small allow too few connections."
  }
}

variable "database_storage_gib" {
  description = "Initial disk size in GiB, and the size up to which RDS increases it automatically."
  type        = object({ initial = number, max = number })
  default     = { initial = 50, max = 200 }

  validation {
    condition     = var.database_storage_gib.initial >= 20 && var.database_storage_gib.max >= ceil(1.26 * var.database_storage_gib.initial) && var.database_storage_gib.max <= 65536
    error_message = "database_storage_gib is ${var.database_storage_gib.initial} to ${var.database_storage_gib.max}: use 20 or more for initial, and for max at least 26 % above it (${ceil(1.26 * var.database_storage_gib.initial)}) and at most 65536."
  }
}

variable "database_version" {
  description = "Major version of PostgreSQL. AWS applies minor versions in the maintenance window."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["15", "16", "17"], var.database_version)
    error_message = "database_version is '${var.database_version}': use a major version, '15', '16' or '17'."
  }
}

variable "backup_retention_days" {
  description = "Days for which the database can be restored to any second."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is ${var.backup_retention_days}: use 7 to 35; RDS keeps at most 35 days, and fewer than 7 do not last through a holiday."
  }
}

variable "restore_snapshot" {
  description = "Snapshot from which the database of a new registry is created; it has no effect on an existing database."
  type        = string
  default     = null

  validation {
    condition     = var.restore_snapshot == null || can(regex("^(arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:snapshot:.+|(rds:)?[A-Za-z][A-Za-z0-9-]*)$", var.restore_snapshot))
    error_message = "restore_snapshot is '${coalesce(var.restore_snapshot, "-")}': give the identifier or ARN of a snapshot, as `aws rds describe-db-snapshots` lists them."
  }
}

variable "secrets" {
  description = "Passwords of the database and of the MLflow user `admin`, and the key that signs forms (session). Ephemeral: Terraform writes them only to the database and to the secret, never to plan or state. It reads them only when secrets_version changes."
  type        = object({ database = string, admin = string, session = string })
  ephemeral   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{16,128}$", var.secrets.database))
    error_message = "secrets.database is not usable as password: use 16 to 128 letters, digits, _ and -, as ephemeral aws_secretsmanager_random_password generates with exclude_punctuation."
  }
  validation {
    condition     = length(var.secrets.admin) >= 16
    error_message = "secrets.admin is too short: 16 characters or more."
  }
  validation {
    condition     = length(var.secrets.session) >= 32
    error_message = "secrets.session is too short: 32 characters or more."
  }
}

variable "secrets_version" {
  description = "Increase by one to replace all passwords with the current values of `secrets`; this rotates them."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version
    error_message = "secrets_version is ${var.secrets_version}: use a whole number, 1 or more."
  }
}

variable "noncurrent_artifact_days" {
  description = "Days for which a deleted or overwritten artifact can be restored."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_artifact_days >= var.backup_retention_days
    error_message = "noncurrent_artifact_days is ${var.noncurrent_artifact_days}: use at least backup_retention_days (${var.backup_retention_days}), or a restored database refers to artifacts that no longer exist."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the logs."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch accepts 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827 or 3653."
  }
}

variable "kms_key_arn" {
  description = "ARN of a KMS key, created before this apply, that encrypts database, artifacts, secret and logs. null creates a key, which costs $1 a month."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || try(split(":", var.kms_key_arn)[3], "") == data.aws_region.current.id && can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "-")}': give arn:aws:kms:${data.aws_region.current.id}:<account>:key/<id>, a key of the region of the registry and not an alias."
  }
}

variable "deletion_protection" {
  description = "false lets `destroy` remove the database without a final snapshot, every artifact, and the secret without a recovery window."
  type        = bool
  default     = true
}

variable "alarm_actions" {
  description = "ARNs that receive alarms, such as an SNS topic; an empty list leaves alarms visible only in CloudWatch."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:")])
    error_message = "alarm_actions is [${join(", ", var.alarm_actions)}]: give ARNs, as in arn:aws:sns:us-east-1:123456789012:alarms."
  }
}

variable "access_logs_bucket" {
  description = "Bucket for the access logs of the load balancer, whose policy must let the load balancer write. null writes no access logs."
  type        = string
  default     = null

  validation {
    condition     = var.access_logs_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logs_bucket))
    error_message = "access_logs_bucket is '${coalesce(var.access_logs_bucket, "-")}': give the name of a bucket, without s3:// and without a path."
  }
}

variable "tags" {
  description = "Tags of every resource that the module creates, in addition to Name."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.tags) <= 48 && alltrue([for key in keys(var.tags) : !startswith(key, "aws:")])
    error_message = "tags has ${length(var.tags)} entries (${join(", ", keys(var.tags))}): use at most 48, and none that starts with aws:, a prefix that AWS reserves."
  }
}
