# Webhook of the GitHub App: an HTTP API in front of the webhook function, and the queue that the function fills.

resource "aws_apigatewayv2_api" "webhook" {
  name          = "${var.name}-webhook"
  protocol_type = "HTTP"
  description   = "GitHub webhooks of the runners ${var.name}; the function accepts only signed deliveries"
  tags          = var.tags
}

resource "aws_apigatewayv2_integration" "webhook" {
  api_id                 = aws_apigatewayv2_api.webhook.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.this["webhook"].invoke_arn
  integration_method     = "POST"
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "webhook" {
  #checkov:skip=CKV_AWS_309: GitHub has no AWS identity; it signs the body, and the function checks the signature in constant time
  api_id             = aws_apigatewayv2_api.webhook.id
  route_key          = "POST /webhook"
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.webhook.id}"
}

resource "aws_apigatewayv2_stage" "webhook" {
  api_id      = aws_apigatewayv2_api.webhook.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  default_route_settings { # limits the cost and the reach of a flood of requests
    throttling_burst_limit   = 100
    throttling_rate_limit    = 50
    detailed_metrics_enabled = true
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.webhook_access.arn
    format = jsonencode({
      time   = "$context.requestTime"
      ip     = "$context.identity.sourceIp"
      status = "$context.status"
      id     = "$context.requestId"
    })
  }
}

resource "aws_cloudwatch_log_group" "webhook_access" {
  name              = "/espalier/${var.name}/webhook-access"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_permission" "webhook" {
  statement_id  = "webhook"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["webhook"].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.webhook.execution_arn}/*/POST/webhook"
}

resource "aws_sqs_queue" "jobs" {
  name                              = "${var.name}-jobs"
  message_retention_seconds         = 60 * var.job_max_wait_minutes
  visibility_timeout_seconds        = 360 # six times the timeout of the function, as Lambda requires
  kms_master_key_id                 = local.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
  tags                              = var.tags

  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 5 })
}

resource "aws_sqs_queue" "dead" {
  name                              = "${var.name}-jobs-dead"
  message_retention_seconds         = 1209600
  kms_master_key_id                 = local.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
  tags                              = var.tags
}

resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn        = aws_sqs_queue.jobs.arn
  function_name           = aws_lambda_function.this["scale-up"].arn
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 5 # EC2 and GitHub limit the rate of requests
  }
}
