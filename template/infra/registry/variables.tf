variable "name" {
  description = "First part of the names of what is made, unique in the account and region."
  type        = string
}

variable "region" {
  description = "Region of everything that is made."
  type        = string
}

variable "domain_name" {
  description = "Name that clients use, as in mlflow.example.org."
  type        = string
}

variable "zone_id" {
  description = "Public Route 53 zone of domain_name, through which record and certificate are made; null with a certificate of your own."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "Certificate for domain_name in this region; null makes one through zone_id."
  type        = string
  default     = null
}

variable "client_cidrs" {
  description = "IPv4 ranges from which people and machines may reach the server, as the network's own and the VPN's."
  type        = list(string)
}

variable "image" {
  description = "The image of modules/mlflow-registry/docker/mlflow.Dockerfile, by digest."
  type        = string
}

variable "serving_image" {
  description = "The image that takes traffic: null in the first apply, then `image`, as soon as the migration has ended well."
  type        = string
  default     = null
}

variable "secrets_version" {
  description = "Add one to renew all passwords."
  type        = number
  default     = 1
}

variable "alarm_actions" {
  description = "ARNs that alarms report to, such as an SNS topic; without one they are only to be seen in CloudWatch."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "false lets `destroy` remove the database and all artifacts."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
