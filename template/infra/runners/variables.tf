variable "name" {
  description = "Name of the runner pool and prefix of the names of all resources and runners."
  type        = string
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
}

variable "repositories" {
  description = "Repositories whose jobs get runners, as owner/name; jobs of other repositories start no instance."
  type        = set(string)
}

variable "organization" {
  description = "Organization in which runners are registered and shared by its repositories; null registers each runner in the repository of its job."
  type        = string
  default     = null
}

variable "github_app" {
  description = "IDs of the GitHub App and of its installation, both numbers as strings."
  type        = object({ id = string, installation_id = string })
}

variable "github_app_key_parameter" {
  description = "Name of an encrypted SSM parameter with the private key of the app."
  type        = string
}

variable "github_webhook_secret_parameter" {
  description = "Name of an encrypted SSM parameter with the webhook secret."
  type        = string
}

variable "runner_package" {
  description = "Version of GitHub's runner for Linux x64, and the SHA-256 from its release page."
  type        = object({ version = string, sha256 = string })
}

variable "max_instances" {
  description = "Instances at the same time; a further job waits."
  type        = number
  default     = 4
}

variable "max_gpu_hours_per_day" {
  description = "GPU-hours of a UTC day after which no further GPU instance starts."
  type        = number
  default     = 24
}

variable "lifetime_minutes" {
  description = "Minutes after launch at which an instance is terminated, even during a job; this limits the longest job and the largest bill."
  type        = number
  default     = 360
}

variable "alarm_topic_arns" {
  description = "ARNs of SNS topics that receive alarms; an empty list leaves alarms visible only in CloudWatch."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of every resource that the stack creates, instances included."
  type        = map(string)
  default     = {}
}
