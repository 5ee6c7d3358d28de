output "webhook_url" {
  description = "Address for the GitHub App's webhook, content type application/json."
  value       = "${aws_apigatewayv2_api.webhook.api_endpoint}/webhook"
}

output "runs_on" {
  description = "What a job writes behind runs-on, by class."
  value       = { for name, class in var.classes : name => concat(["self-hosted"], class.labels) }
}

output "instance_role_arn" {
  description = "Role of the instances, which every job can use; attach rights to it with care."
  value       = aws_iam_role.instance.arn
}

output "security_group_id" {
  description = "Security group of the instances, for what shall let them in."
  value       = aws_security_group.runner.id
}

output "queue_url" {
  description = "Queue of jobs that wait for an instance."
  value       = aws_sqs_queue.jobs.url
}

output "dead_letter_queue_url" {
  description = "Queue of messages that failed five times."
  value       = aws_sqs_queue.dead.url
}

output "table_name" {
  description = "Table with jobs, slots and GPU-hours."
  value       = aws_dynamodb_table.ledger.name
}

output "log_groups" {
  description = "Log groups, by what writes them: the functions, the webhook's front and the instances."
  value = merge(
    { for name, group in aws_cloudwatch_log_group.function : name => group.name },
    { webhook-access = aws_cloudwatch_log_group.webhook_access.name, instances = aws_cloudwatch_log_group.instances.name },
  )
}

output "kms_key_arn" {
  description = "Key that encrypts queue, table, parameters and logs."
  value       = local.kms_key_arn
}
