# Mocked values of account, region and services, in the form that the module reads.
mock_data "aws_region" {
  defaults = { id = "us-east-1" }
}
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}
mock_data "aws_partition" {
  defaults = { partition = "aws" }
}
mock_resource "aws_acm_certificate" {
  defaults = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/made"
    domain_validation_options = [{
      domain_name           = "mlflow.example.org"
      resource_record_name  = "_a.mlflow.example.org."
      resource_record_type  = "CNAME"
      resource_record_value = "_b.acm-validations.aws."
    }]
  }
}
mock_resource "aws_acm_certificate_validation" {
  defaults = { certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/made" }
}
mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/mlflow" }
}
mock_resource "aws_db_instance" {
  defaults = { address = "mlflow.c0example.us-east-1.rds.amazonaws.com" }
}
mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/mlflow", id = "arn:aws:ecs:us-east-1:123456789012:cluster/mlflow" }
}
mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/mlflow:1" }
}
mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mlflow" }
}
mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/made" }
}
mock_resource "aws_lb" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/mlflow/1", arn_suffix = "app/mlflow/1" }
}
mock_resource "aws_lb_target_group" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/mlflow/1", arn_suffix = "targetgroup/mlflow/1" }
}
mock_resource "aws_lb_listener" {
  defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/mlflow/1/2" }
}
mock_resource "aws_s3_bucket" {
  defaults = { id = "mlflow-artifacts-123456789012-us-east-1", arn = "arn:aws:s3:::mlflow-artifacts-123456789012-us-east-1" }
}
mock_resource "aws_s3_bucket_versioning" {
  defaults = { id = "mlflow-artifacts-123456789012-us-east-1" }
}
mock_resource "aws_s3_bucket_public_access_block" {
  defaults = { id = "mlflow-artifacts-123456789012-us-east-1" }
}
mock_resource "aws_secretsmanager_secret" {
  defaults = { id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mlflow-server-abcdef", arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mlflow-server-abcdef" }
}
mock_resource "aws_secretsmanager_secret_version" {
  defaults = { version_id = "version-one" }
}
