output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id

  # the name is known only when the bucket is fully protected: a reader of the name may write at once
  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = local.bucket_arn
}

output "dvc_remote_url" {
  description = "URL of the DVC remote, for dvc remote add --default."
  value       = "s3://${local.bucket}/dvc"
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the files."
  value       = local.kms_key_arn
}

output "read_role_arn" {
  description = "ARN of the role that reads files; null if reader_arns is empty."
  value       = try(aws_iam_role.this["read"].arn, null)
}

output "write_role_arn" {
  description = "ARN of the role that adds files; null if writer_arns is empty."
  value       = try(aws_iam_role.this["write"].arn, null)
}

output "read_policy_json" {
  description = "IAM policy of the read role, to attach to a role of your own."
  value       = local.roles.read.policy
}

output "write_policy_json" {
  description = "IAM policy of the write role, to attach to a role of your own."
  value       = local.roles.write.policy
}
