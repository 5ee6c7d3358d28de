variable "name" {
  description = "Prefix of every name, unique in the account and region."
  type        = string
  default     = "mlflow"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,21}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name is '${var.name}': use 2 to 23 lower-case letters, digits and single hyphens, a letter first, as in mlflow-prod."
  }
}

variable "vpc_id" {
  description = "The VPC that everything is in."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "vpc_id is '${var.vpc_id}': it looks like vpc-0123456789abcdef0."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the VPC in two zones or more. Tasks in them reach the container registry, S3, Secrets Manager and CloudWatch Logs through NAT or endpoints."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2 && length(distinct(var.subnet_ids)) == length(var.subnet_ids)
    error_message = "subnet_ids has ${length(var.subnet_ids)} entries: give two or more different subnets, in two zones."
  }
}

variable "domain_name" {
  description = "Name that clients use, as in mlflow.example.org. The server answers to no other."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name is '${var.domain_name}': give a host name without scheme, port or path, as in mlflow.example.org."
  }
}

# Objects, so that null is known at plan even where the id is of a resource that is made in the same apply.
variable "zone" {
  description = "Route 53 zone for the name's record; without certificate the certificate is made through it, too, and it has to be public."
  type        = object({ id = string })
  default     = null

  validation {
    condition     = var.zone == null || can(regex("^[A-Z0-9]+$", var.zone.id))
    error_message = "zone.id is '${try(var.zone.id, "-")}': it looks like Z0123456789ABCDEFGHIJ, without /hostedzone/."
  }
  validation {
    condition     = var.zone != null || var.certificate != null
    error_message = "Neither zone nor certificate is given: TLS needs a certificate of yours, or a zone to make one."
  }
}

variable "certificate" {
  description = "A certificate of Certificate Manager for domain_name, in the registry's region. Without zone the name's record is yours to make: an alias of the output load_balancer_name."
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.certificate == null || can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.certificate.arn))
    error_message = "certificate.arn is '${try(var.certificate.arn, "-")}': it looks like arn:aws:acm:<region>:<account>:certificate/<id>."
  }
  validation {
    condition     = var.certificate == null || try(split(":", var.certificate.arn)[3], "") == data.aws_region.current.id
    error_message = "certificate.arn is of region '${try(split(":", var.certificate.arn)[3], "-")}': a load balancer takes certificates of its own region only, here ${data.aws_region.current.id}."
  }
}

variable "client_cidrs" {
  description = "IPv4 ranges from which people and machines may reach the server, as the VPC's own and the VPN's."
  type        = list(string)

  validation {
    condition     = length(var.client_cidrs) > 0 && alltrue([for range in var.client_cidrs : can(cidrnetmask(range))])
    error_message = "client_cidrs is [${join(", ", var.client_cidrs)}]: give one or more IPv4 ranges, as in 10.0.0.0/16."
  }
  validation {
    condition     = alltrue([for range in var.client_cidrs : try(tonumber(split("/", range)[1]) >= 8, false)])
    error_message = "client_cidrs is [${join(", ", var.client_cidrs)}]: a range wider than /8 is most of the internet; name the networks that have clients."
  }
}

variable "image" {
  description = "The image of docker/mlflow.Dockerfile, by digest. The migration task runs it; traffic goes to serving_image."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is '${var.image}': give it by digest, <repository>@sha256:<64 hex digits>; a tag can be moved."
  }
}

variable "serving_image" {
  description = "The image that takes traffic, by digest: set it to `image` when the migration task has ended well. null: nothing serves yet."
  type        = string
  default     = null

  validation {
    condition     = var.serving_image == null || can(regex("^[^@\\s]+@sha256:[0-9a-f]{64}$", var.serving_image))
    error_message = "serving_image is '${coalesce(var.serving_image, "-")}': give it by digest, <repository>@sha256:<64 hex digits>, or null until the first migration is done."
  }
}

variable "task_size" {
  description = "CPU units (1024 are one vCPU) and MiB of memory of a task; two server processes for each vCPU, two at least."
  type        = object({ cpu = number, memory_mib = number })
  default     = { cpu = 1024, memory_mib = 2048 }

  validation {
    condition     = contains([1024, 2048, 4096], var.task_size.cpu)
    error_message = "task_size.cpu is ${var.task_size.cpu}: use 1024, 2048 or 4096; with less the server does not start in time."
  }
  validation {
    condition     = var.task_size.memory_mib % 1024 == 0 && var.task_size.memory_mib >= 2 * var.task_size.cpu && var.task_size.memory_mib <= min(8 * var.task_size.cpu, 30720)
    error_message = "task_size.memory_mib is ${var.task_size.memory_mib}: with ${var.task_size.cpu} CPU units Fargate takes whole GiB from ${2 * var.task_size.cpu} to ${min(8 * var.task_size.cpu, 30720)} MiB."
  }
}

variable "task_count" {
  description = "Fewest and most tasks; between them the CPU decides."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }

  validation {
    condition     = var.task_count.min >= 1 && var.task_count.max >= var.task_count.min && var.task_count.max <= 20
    error_message = "task_count is ${var.task_count.min} to ${var.task_count.max}: min is 1 or more, max not less than min, and at most 20; each task keeps database connections."
  }
}

variable "database_instance_class" {
  description = "Size of the database. MLflow's tables are small: memory for the index of the metrics is what matters."
  type        = string
  default     = "db.t4g.medium"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_instance_class)) && !can(regex("\\.(micro|small)$", var.database_instance_class))
    error_message = "database_instance_class is '${var.database_instance_class}': use a class such as db.t4g.medium or db.m7g.large; micro and small run out of connections."
  }
}

variable "database_storage_gib" {
  description = "GiB of disk in the beginning, and the most that it grows to by itself."
  type        = object({ initial = number, max = number })
  default     = { initial = 50, max = 200 }

  validation {
    condition     = var.database_storage_gib.initial >= 20 && var.database_storage_gib.max >= ceil(1.26 * var.database_storage_gib.initial) && var.database_storage_gib.max <= 65536
    error_message = "database_storage_gib is ${var.database_storage_gib.initial} to ${var.database_storage_gib.max}: initial is 20 or more, and max at least 26 % above it (${ceil(1.26 * var.database_storage_gib.initial)}) and at most 65536."
  }
}

variable "database_version" {
  description = "Major version of PostgreSQL; AWS applies minor versions in the maintenance window."
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
    error_message = "backup_retention_days is ${var.backup_retention_days}: RDS keeps up to 35, and fewer than 7 do not outlast a holiday."
  }
}

variable "restore_snapshot" {
  description = "Snapshot from which a new registry's database is made; without effect on a database that exists."
  type        = string
  default     = null

  validation {
    condition     = var.restore_snapshot == null || can(regex("^(arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:snapshot:.+|(rds:)?[A-Za-z][A-Za-z0-9-]*)$", var.restore_snapshot))
    error_message = "restore_snapshot is '${coalesce(var.restore_snapshot, "-")}': give a snapshot's identifier or ARN, as `aws rds describe-db-snapshots` lists them."
  }
}

variable "secrets" {
  description = "Passwords of the database and of the user `admin`, and the key that signs forms. Ephemeral: they go into the database and the secret and neither into plan nor state. Read once for each secrets_version."
  type        = object({ database = string, admin = string, session = string })
  ephemeral   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{16,128}$", var.secrets.database))
    error_message = "secrets.database does not fit: use 16 to 128 letters, digits, _ and -, as ephemeral aws_secretsmanager_random_password makes with exclude_punctuation."
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
  description = "Add one and the values of `secrets` replace those of before: this is how they are rotated."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version
    error_message = "secrets_version is ${var.secrets_version}: use 1, 2, 3 and so on."
  }
}

variable "noncurrent_artifact_days" {
  description = "Days for which a deleted or overwritten artifact can be brought back."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_artifact_days >= var.backup_retention_days
    error_message = "noncurrent_artifact_days is ${var.noncurrent_artifact_days}: not less than backup_retention_days (${var.backup_retention_days}), or a restored database names artifacts that are gone."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the logs."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch takes 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827 or 3653."
  }
}

variable "kms_key_arn" {
  description = "Key for database, artifacts, secret and logs, made before this apply. null: the module makes one, which costs $1 a month."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || try(split(":", var.kms_key_arn)[3], "") == data.aws_region.current.id && can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "-")}': it looks like arn:aws:kms:${data.aws_region.current.id}:<account>:key/<id>, no alias, and is of the registry's own region."
  }
}

variable "deletion_protection" {
  description = "false lets `destroy` remove the database without a last snapshot, every artifact, and the secret at once."
  type        = bool
  default     = true
}

variable "alarm_actions" {
  description = "ARNs that alarms report to, such as an SNS topic. None: they are only seen in CloudWatch."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:")])
    error_message = "alarm_actions is [${join(", ", var.alarm_actions)}]: give ARNs, as in arn:aws:sns:us-east-1:123456789012:alarms."
  }
}

variable "access_logs_bucket" {
  description = "Bucket for the load balancer's access logs; it must let the load balancer write. null: none are kept."
  type        = string
  default     = null

  validation {
    condition     = var.access_logs_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logs_bucket))
    error_message = "access_logs_bucket is '${coalesce(var.access_logs_bucket, "-")}': give a bucket's name, without s3:// and path."
  }
}

variable "tags" {
  description = "Tags of everything, beside Name."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.tags) <= 48 && alltrue([for key in keys(var.tags) : !startswith(key, "aws:")])
    error_message = "tags has ${length(var.tags)} entries (${join(", ", keys(var.tags))}): up to 48, and none that starts with aws:, which AWS keeps for itself."
  }
}
