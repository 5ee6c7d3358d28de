output "webhook_url" {
  description = "URL for the webhook of the GitHub App, with content type application/json."
  value       = "${aws_apigatewayv2_api.webhook.api_endpoint}/webhook"
}

output "runs_on" {
  description = "Value of runs-on for a job of each class."
  value       = { for name, class in var.classes : name => concat(["self-hosted"], class.labels) }
}

output "instance_role_arn" {
  description = "ARN of the role of the instances. Every job can use it: attach permissions with care."
  value       = aws_iam_role.instance.arn
}

output "security_group_id" {
  description = "ID of the security group of the instances, for rules of other security groups that let them in."
  value       = aws_security_group.runner.id
}

output "queue_url" {
  description = "URL of the queue of jobs that wait for an instance."
  value       = aws_sqs_queue.jobs.url
}

output "dead_letter_queue_url" {
  description = "URL of the queue of messages that failed five times."
  value       = aws_sqs_queue.dead.url
}

output "table_name" {
  description = "Name of the DynamoDB table with jobs, slots and GPU-hours."
  value       = aws_dynamodb_table.ledger.name
}

output "log_groups" {
  description = "Names of the log groups by their source: each function, the API in front of the webhook (webhook-access), and the instances."
  value = merge(
    { for name, group in aws_cloudwatch_log_group.function : name => group.name },
    { webhook-access = aws_cloudwatch_log_group.webhook_access.name, instances = aws_cloudwatch_log_group.instances.name },
  )
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts queue, table, parameters and logs."
  value       = local.kms_key_arn
}
