output "bucket" {
  description = "Name of the bucket, for the setting bucket of the backend."
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

output "kms_key_arn" {
  description = "ARN of the key that encrypts the states, for the setting kms_key_id of the backend."
  value       = local.kms_key_arn
}

output "backend_config" {
  description = "All settings of the s3 backend except key, for terraform init -backend-config=<file>."
  value       = <<-EOT
    bucket       = "${local.bucket}"
    region       = "${data.aws_region.current.id}"
    kms_key_id   = "${local.kms_key_arn}"
    encrypt      = true
    use_lockfile = true
  EOT
}

output "read_policy_json" {
  description = "IAM policy for a role that plans: reads every state and writes only lock files."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "List", Effect = "Allow", Action = "s3:ListBucket", Resource = local.bucket_arn },
      { Sid = "Read", Effect = "Allow", Action = "s3:GetObject", Resource = "${local.bucket_arn}/*" },
      { Sid = "Lock", Effect = "Allow", Action = ["s3:PutObject", "s3:DeleteObject"], Resource = "${local.bucket_arn}/*.tflock" },
      { Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = local.kms_key_arn },
    ]
  })
}

output "write_policy_json" {
  description = "IAM policy for a role that applies: reads and writes every state and removes lock files; it cannot remove a version."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "List", Effect = "Allow", Action = "s3:ListBucket", Resource = local.bucket_arn },
      { Sid = "ReadAndWrite", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${local.bucket_arn}/*" },
      { Sid = "Unlock", Effect = "Allow", Action = "s3:DeleteObject", Resource = "${local.bucket_arn}/*.tflock" },
      { Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = local.kms_key_arn },
    ]
  })
}
