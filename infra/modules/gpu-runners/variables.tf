variable "name" {
  description = "Name of the runner pool and prefix of the names of all resources and runners; 3 to 24 lower-case letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 24 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, as in churn-runners."
  }
}

variable "vpc_id" {
  description = "ID of the VPC of the runners. They need outgoing HTTPS to GitHub and AWS; no incoming connection is needed."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "vpc_id is '${var.vpc_id}': give the ID of a VPC, as in vpc-0a1b2c3d4e5f67890."
  }
}

variable "subnet_ids" {
  description = "IDs of private subnets of that VPC, one for each zone in which instances may start; more zones find GPUs sooner."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(distinct(var.subnet_ids)) == length(var.subnet_ids)
    error_message = "subnet_ids has ${length(var.subnet_ids)} entries: give one or more different subnets, best one in each of three zones."
  }
}

variable "repositories" {
  description = "Repositories whose jobs get runners, as owner/name; jobs of other repositories start no instance."
  type        = set(string)

  validation {
    condition     = length(var.repositories) >= 1 && alltrue([for name in var.repositories : can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", name))])
    error_message = "repositories is [${join(", ", var.repositories)}]: give at least one repository, each as owner/name, as in acme/churn, without wildcard or URL."
  }
}

variable "organization" {
  description = "Organization in which runners are registered and shared by its repositories; null registers each runner in the repository of its job."
  type        = string
  default     = null

  validation {
    condition     = var.organization == null || can(regex("^[A-Za-z0-9][A-Za-z0-9-]*$", var.organization))
    error_message = "organization is '${coalesce(var.organization, "null")}': give only its login, as in acme, or null."
  }

  validation {
    condition     = var.organization == null || alltrue([for name in var.repositories : lower(split("/", name)[0]) == lower(coalesce(var.organization, "-"))])
    error_message = "organization is '${coalesce(var.organization, "null")}', but repositories has another owner, whose jobs would never reach these runners: create a second pool for that owner."
  }
}

variable "allow_public_repositories" {
  description = "true gives runners to jobs of public repositories. Any GitHub user may open a pull request there, and with it run code on your machines."
  type        = bool
  default     = false
}

variable "github_app" {
  description = "IDs of the GitHub App and of its installation, both numbers as strings."
  type        = object({ id = string, installation_id = string })

  validation {
    condition     = can(regex("^[0-9]+$", var.github_app.id)) && can(regex("^[0-9]+$", var.github_app.installation_id))
    error_message = "github_app is (${var.github_app.id}, ${var.github_app.installation_id}): both are numbers, shown on the page of the app and in the URL of its installation."
  }
}

variable "github_app_key_parameter" {
  description = "Name of an encrypted SSM parameter with the private key of the app; Terraform never reads its value."
  type        = string

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./-]+$", var.github_app_key_parameter))
    error_message = "github_app_key_parameter is not the name of an SSM parameter: give its path, as in /churn-runners/app-key, and never the key itself."
  }
}

variable "github_webhook_secret_parameter" {
  description = "Name of an encrypted SSM parameter with the webhook secret and, during a rotation, the previous secret on a second line; Terraform never reads its value."
  type        = string

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./-]+$", var.github_webhook_secret_parameter)) && var.github_webhook_secret_parameter != var.github_app_key_parameter
    error_message = "github_webhook_secret_parameter is not the name of a separate SSM parameter: give its path, as in /churn-runners/webhook-secret, and never the secret itself."
  }
}

variable "github_api_url" {
  description = "Base URL of the GitHub API; for GitHub Enterprise Server https://<host>/api/v3."
  type        = string
  default     = "https://api.github.com"

  validation {
    condition     = can(regex("^https://[^/?#@]+(/[^?#]*)?$", var.github_api_url))
    error_message = "github_api_url is '${var.github_api_url}': give an https URL, as in https://api.github.com or https://github.example.org/api/v3."
  }
}

variable "classes" {
  description = "Runner classes by name: labels that a job requests, instance types in order of preference, whether they have GPUs (gpu) and may be spot instances (spot), AMI (null: Amazon's image with driver and container toolkit), disk in GiB, fewest idle runners (min), most instances (max) and GitHub runner group. gpu_counts gives the GPUs of instance types that are not in gpu_counts.tf."
  type = map(object({
    labels         = list(string)
    instance_types = list(string)
    gpu            = optional(bool, true)
    gpu_counts     = optional(map(number), {})
    spot           = optional(bool, true)
    ami_id         = optional(string)
    disk_gib       = optional(number, 100)
    min            = optional(number, 0)
    max            = optional(number, 4)
    runner_group   = optional(number, 1)
  }))

  validation {
    condition     = length(var.classes) >= 1 && alltrue([for name in keys(var.classes) : can(regex("^[a-z][a-z0-9-]{0,19}$", name))])
    error_message = "classes has the names [${join(", ", keys(var.classes))}]: give at least one class; a name has up to 20 lower-case letters, digits and hyphens, as in gpu-large."
  }

  validation {
    condition     = alltrue([for class in var.classes : length(class.labels) >= 1 && alltrue([for label in class.labels : can(regex("^[a-z0-9][a-z0-9._-]*$", label)) && label != "self-hosted"])])
    error_message = "classes: each needs labels in lower case, without self-hosted, which every runner has: [${join("; ", [for name, class in var.classes : "${name}: ${join(", ", class.labels)}"])}]."
  }

  validation {
    condition     = length(distinct([for class in var.classes : join(",", sort(distinct(class.labels)))])) == length(var.classes)
    error_message = "classes: two classes have the same labels, so the second would never be chosen: give one of them another label."
  }

  validation {
    condition     = alltrue([for class in var.classes : length(class.instance_types) >= 1 && length(class.instance_types) <= 20 && length(distinct(class.instance_types)) == length(class.instance_types)])
    error_message = "classes: each needs 1 to 20 different instance types, the preferred one first."
  }

  validation {
    condition     = alltrue([for class in var.classes : !class.gpu || alltrue([for type in class.instance_types : lookup(class.gpu_counts, type, lookup(local.known_gpus, type, 0)) >= 1])])
    error_message = "classes: ${join(", ", flatten([for name, class in var.classes : [for type in class.instance_types : "${type} of ${name}" if lookup(class.gpu_counts, type, lookup(local.known_gpus, type, 0)) < 1] if class.gpu]))}: gpu_counts.tf of the module lists no GPU for this type. Choose a type with a GPU, such as g5.xlarge, give the number in gpu_counts, or set gpu = false."
  }

  validation {
    condition     = alltrue([for class in var.classes : class.gpu || alltrue([for type in class.instance_types : lookup(local.known_gpus, type, 0) == 0])])
    error_message = "classes: ${join(", ", flatten([for name, class in var.classes : [for type in class.instance_types : "${type} of ${name}" if lookup(local.known_gpus, type, 0) > 0] if !class.gpu]))}: this type has a GPU, but the class has gpu = false, so its GPU time would cost money and never be counted. Choose a type without GPU, such as c7i.large, or set gpu = true."
  }

  validation {
    condition     = alltrue([for class in var.classes : class.ami_id == null || can(regex("^ami-[0-9a-f]+$", class.ami_id))])
    error_message = "classes: ami_id is the ID of an image, as in ami-0a1b2c3d4e5f67890, or null for Amazon's image."
  }

  validation {
    condition     = alltrue([for class in var.classes : class.disk_gib >= 40 && class.disk_gib <= 16384 && floor(class.disk_gib) == class.disk_gib])
    error_message = "classes: disk_gib is ${join(", ", [for name, class in var.classes : "${class.disk_gib} (${name})"])}: use whole GiB, 40 to 16384; the image uses 35."
  }

  validation {
    condition     = alltrue([for class in var.classes : class.min >= 0 && class.max >= 1 && class.min <= class.max && floor(class.min) == class.min && floor(class.max) == class.max])
    error_message = "classes: min and max are ${join(", ", [for name, class in var.classes : "${class.min} and ${class.max} (${name})"])}: use whole numbers with min >= 0, max >= 1 and min <= max."
  }

  validation {
    condition     = var.organization != null || alltrue([for class in var.classes : class.min == 0])
    error_message = "classes: min above 0 keeps idle runners, which only the repositories of an organization can share: set organization, or min = 0."
  }
}

variable "max_instances" {
  description = "Instances of all classes at the same time; a further job waits, and the metric BudgetRefusals counts it."
  type        = number
  default     = 8

  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 1000 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances is ${var.max_instances}: use a whole number, 1 to 1000."
  }
}

variable "max_gpu_hours_per_day" {
  description = "GPU-hours of a UTC day after which no further GPU instance starts; running instances continue, up to lifetime_minutes. 0 starts no GPU instance."
  type        = number
  default     = 48

  validation {
    condition     = var.max_gpu_hours_per_day >= 0
    error_message = "max_gpu_hours_per_day is ${var.max_gpu_hours_per_day}: use 0 or more; 24 is one GPU for a whole day."
  }
}

variable "job_max_wait_minutes" {
  description = "Minutes a job may wait for an instance; then it gets none, and the metric JobsRefused and an alarm report it. GitHub itself cancels a job that is queued for a day."
  type        = number
  default     = 240

  validation {
    condition     = var.job_max_wait_minutes >= 5 && var.job_max_wait_minutes <= 1440
    error_message = "job_max_wait_minutes is ${var.job_max_wait_minutes}: use 5 to 1440, since GitHub cancels a job that is queued for a day."
  }
}

variable "idle_minutes" {
  description = "Minutes that a runner may be without a job; then its instance is terminated."
  type        = number
  default     = 5

  validation {
    condition     = var.idle_minutes >= 1 && var.idle_minutes <= 120
    error_message = "idle_minutes is ${var.idle_minutes}: use 1 to 120; for runners that wait longer, set min of their class above 0."
  }
}

variable "boot_minutes" {
  description = "Minutes from launch until the runner must be online; then the instance is terminated and the job gets another one."
  type        = number
  default     = 12

  validation {
    condition     = var.boot_minutes >= 3 && var.boot_minutes <= 60
    error_message = "boot_minutes is ${var.boot_minutes}: use 3 to 60; the installation of a driver takes about 6."
  }
}

variable "lifetime_minutes" {
  description = "Minutes after launch at which an instance is terminated, even during a job, by the reaper and by its own watchdog; this limits the longest job and the largest bill."
  type        = number
  default     = 360

  validation {
    condition     = var.lifetime_minutes >= 30 && var.lifetime_minutes <= 7200 && var.lifetime_minutes > var.boot_minutes + var.idle_minutes
    error_message = "lifetime_minutes is ${var.lifetime_minutes}: use 30 to 7200 (five days), and more than boot_minutes plus idle_minutes."
  }
}

variable "max_failed_boots" {
  description = "Instances in a row that may end before their runner is online; then the job gets none, and the metric JobsRefused and an alarm report it."
  type        = number
  default     = 3

  validation {
    condition     = var.max_failed_boots >= 1 && var.max_failed_boots <= 10 && floor(var.max_failed_boots) == var.max_failed_boots
    error_message = "max_failed_boots is ${var.max_failed_boots}: use a whole number, 1 to 10; each failed boot costs boot_minutes of an instance."
  }
}

variable "runner_package" {
  description = "Version of GitHub's runner for Linux x64, and the SHA-256 from its release page. An AMI that has the runner in /opt/actions-runner does not download it."
  type        = object({ version = string, sha256 = string })

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.runner_package.version)) && can(regex("^[0-9a-f]{64}$", var.runner_package.sha256))
    error_message = "runner_package is (${var.runner_package.version}, ${var.runner_package.sha256}): give the version without v, as in 2.329.0, and 64 hexadecimal digits."
  }
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key for queue, table, parameters and logs; its policy must let CloudWatch Logs use it. null creates a key, which AWS rotates each year."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is '${coalesce(var.kms_key_arn, "null")}': give the ARN of the key itself, arn:aws:kms:<region>:<account>:key/<id> (an alias can be moved to another key), or null."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the logs of functions, boots and jobs."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch accepts 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653."
  }
}

variable "alarm_topic_arns" {
  description = "ARNs of SNS topics that receive alarms; an empty list leaves them visible only in CloudWatch."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:", arn))])
    error_message = "alarm_topic_arns is [${join(", ", var.alarm_topic_arns)}]: give ARNs of SNS topics, arn:aws:sns:<region>:<account>:<name>."
  }
}

variable "tags" {
  description = "Tags of every resource that the module creates, instances included."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && !startswith(lower(key), "espalier-")])
    error_message = "tags has a key that begins with aws: or espalier-, which AWS and this module reserve for themselves: rename ${join(", ", [for key in keys(var.tags) : key if startswith(lower(key), "aws:") || startswith(lower(key), "espalier-")])}."
  }
}
