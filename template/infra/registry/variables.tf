variable "name" {
  description = "Prefix of the names of all resources, unique in the account and region."
  type        = string
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
}

variable "domain_name" {
  description = "Host name that clients use, as in mlflow.example.org."
  type        = string
}

variable "zone_id" {
  description = "ID of the public Route 53 zone of domain_name, in which DNS record and certificate are created; null if certificate_arn is set and you create the record yourself."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "ARN of an existing certificate for domain_name in this region; null creates one through zone_id."
  type        = string
  default     = null
}

variable "client_cidrs" {
  description = "IPv4 ranges from which clients may reach the server, such as the ranges of the VPC and of the VPN."
  type        = list(string)
}

variable "image" {
  description = "Image of modules/mlflow-registry/docker/mlflow.Dockerfile, by digest."
  type        = string
}

variable "serving_image" {
  description = "Image that the server runs: null in the first apply, then `image`, after the migration has succeeded."
  type        = string
  default     = null
}

variable "secrets_version" {
  description = "Increase by one to replace all passwords."
  type        = number
  default     = 1
}

variable "alarm_actions" {
  description = "ARNs that receive alarms, such as an SNS topic; an empty list leaves alarms visible only in CloudWatch."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "false lets `destroy` remove the database and all artifacts."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of every resource that the stack creates."
  type        = map(string)
  default     = {}
}
