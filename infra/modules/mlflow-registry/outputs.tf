output "url" {
  description = "URL of the registry, for MLFLOW_TRACKING_URI of clients."
  value       = "https://${var.domain_name}"
}

output "load_balancer_name" {
  description = "DNS name of the load balancer, for a DNS record that you create yourself."
  value       = aws_lb.this.dns_name
}

output "artifact_bucket" {
  description = "Bucket of the artifacts. Clients need no access to it, because the server proxies uploads and downloads."
  value       = aws_s3_bucket.artifacts.id
}

output "database_identifier" {
  description = "Identifier of the database, for snapshots and restores."
  value       = aws_db_instance.this.identifier
}

output "secret_arn" {
  description = "ARN of the secret with the keys database, admin and session."
  value       = aws_secretsmanager_secret.this.arn
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts database, artifacts, secret and logs."
  value       = local.kms_key_arn
}

output "log_group_name" {
  description = "Name of the log group of server and migration task."
  value       = aws_cloudwatch_log_group.this.name
}

output "server_security_group_id" {
  description = "ID of the security group of the tasks, for the security groups of interface endpoints."
  value       = aws_security_group.server.id
}

output "task_role_arns" {
  description = "ARNs of the roles that a deployer must be allowed to pass: execution and server."
  value       = { execution = aws_iam_role.execution.arn, server = aws_iam_role.server.arn }
}

output "plan_policy_json" {
  description = "IAM policy that a role needs in addition to ReadOnlyAccess to plan. The provider reads the secret at each refresh, although it stores none of it: let only roles plan that may know the secret."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "MakePasswords"
        Effect   = "Allow"
        Action   = "secretsmanager:GetRandomPassword"
        Resource = "*" # this action supports no resource
      },
      {
        Sid      = "RefreshTheSecret"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.this.arn
      },
      {
        Sid       = "RefreshTheSecretsKey"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = local.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
      },
    ]
  })
}

output "migration_command" {
  description = "Shell commands that run the migration task of `image` and exit with its exit code: terraform output -raw migration_command | sh"
  value       = <<-EOT
    set -eu
    task=$(aws ecs run-task --region ${local.region} --cluster ${aws_ecs_cluster.this.name} \
      --task-definition ${aws_ecs_task_definition.migration.arn} --launch-type FARGATE \
      --network-configuration 'awsvpcConfiguration={subnets=[${join(",", var.subnet_ids)}],securityGroups=[${aws_security_group.server.id}]}' \
      --query 'tasks[0].taskArn' --output text)
    echo "migration: $task"
    # each wait is 10 minutes; a migration of a large database may take several
    until aws ecs wait tasks-stopped --region ${local.region} --cluster ${aws_ecs_cluster.this.name} --tasks "$task"; do
      aws ecs describe-tasks --region ${local.region} --cluster ${aws_ecs_cluster.this.name} --tasks "$task" > /dev/null
    done
    code=$(aws ecs describe-tasks --region ${local.region} --cluster ${aws_ecs_cluster.this.name} --tasks "$task" \
      --query 'tasks[0].containers[0].exitCode' --output text)
    if [ "$code" != 0 ]; then
      echo "the migration ended with $code: see the log group ${aws_cloudwatch_log_group.this.name}, stream migration/; do not change serving_image" >&2
      exit 1
    fi
    echo "migrated: now set serving_image"
  EOT
}
