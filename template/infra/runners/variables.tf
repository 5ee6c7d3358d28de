variable "name" {
  description = "Name of the pool: first part of all names, of the runners' too."
  type        = string
}

variable "region" {
  description = "Region of everything that is made."
  type        = string
}

variable "repositories" {
  description = "Repositories whose jobs are served, as owner/name; nobody else can start an instance."
  type        = set(string)
}

variable "organization" {
  description = "Organization in which runners are registered, shared by its repositories; null registers each runner in the repository of its job."
  type        = string
  default     = null
}

variable "github_app" {
  description = "The GitHub App: its id, and the id of its installation; both numbers as text."
  type        = object({ id = string, installation_id = string })
}

variable "github_app_key_parameter" {
  description = "Name of an encrypted SSM parameter that holds the app's private key."
  type        = string
}

variable "github_webhook_secret_parameter" {
  description = "Name of an encrypted SSM parameter that holds the webhook's secret."
  type        = string
}

variable "runner_package" {
  description = "GitHub's runner for Linux x64: version, and the SHA-256 that its release page shows."
  type        = object({ version = string, sha256 = string })
}

variable "max_instances" {
  description = "Instances at any time; a job beyond it waits."
  type        = number
  default     = 4
}

variable "max_gpu_hours_per_day" {
  description = "GPU-hours of a UTC day after which no further GPU instance starts."
  type        = number
  default     = 24
}

variable "lifetime_minutes" {
  description = "Minutes after which an instance is ended whatever it does; it bounds the longest job and the largest bill."
  type        = number
  default     = 360
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told of alarms; without one they are only to be seen in CloudWatch."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of everything that is made, instances among it."
  type        = map(string)
  default     = {}
}
