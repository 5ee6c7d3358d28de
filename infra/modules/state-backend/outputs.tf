output "bucket" {
  description = "Name of the bucket, for the backend's setting bucket."
  value       = aws_s3_bucket.this.id

  # whoever reads the name may write a state: then all that guards it is in place
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
  description = "ARN of the key that encrypts the states, for the backend's setting kms_key_id."
  value       = local.kms_key_arn
}

output "backend_config" {
  description = "Settings of the s3 backend but the key, for terraform init -backend-config=<file>."
  value       = <<-EOT
    bucket       = "${local.bucket}"
    region       = "${data.aws_region.current.id}"
    kms_key_id   = "${local.kms_key_arn}"
    encrypt      = true
    use_lockfile = true
  EOT
}

output "read_policy_json" {
  description = "IAM policy for who plans: reads every state, and writes lock files only."
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
  description = "IAM policy for who applies: reads and writes every state, and removes lock files; no version can be removed with it."
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
