# Alarms for conditions that need a person. A test shows for each that it goes off at its threshold and not below.

locals {
  # alarm if the statistic over period seconds is at least the threshold; metrics of the functions have the dimension pool
  alarms = {
    jobs-refused      = { metric = "JobsRefused", statistic = "Sum", period = 300, threshold = 1, description = "a job was refused: no capacity for too long, or its instances do not boot" }
    oldest-job        = { metric = "OldestJobSeconds", statistic = "Maximum", period = 300, threshold = 1800, description = "a job has waited for half an hour" }
    launch-failures   = { metric = "LaunchFailures", statistic = "Sum", period = 900, threshold = 12, description = "EC2 has no capacity or the account has no quota: add instance types or zones, or request quota" }
    failed-boots      = { metric = "FailedBoots", statistic = "Sum", period = 900, threshold = 2, description = "instances end before their runner is online: read the log group of the instances" }
    lifetime-exceeded = { metric = "LifetimeExceeded", statistic = "Sum", period = 300, threshold = 1, description = "the reaper terminated an instance that should have ended earlier" }
    budget-refusals   = { metric = "BudgetRefusals", statistic = "Sum", period = 900, threshold = 10, description = "jobs wait because of max_instances or max_gpu_hours_per_day" }
    github-errors     = { metric = "ForgeErrors", statistic = "Sum", period = 900, threshold = 10, description = "GitHub does not respond, or rejects the key of the app" }
    webhooks-refused  = { metric = "WebhooksRefused", statistic = "Sum", period = 900, threshold = 10, description = "webhook deliveries were rejected: the secrets differ, or a sender is not GitHub" }
  }
}

resource "aws_cloudwatch_metric_alarm" "pool" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Runners ${var.name}: ${each.value.description}"
  namespace           = "Espalier/Runners"
  metric_name         = each.value.metric
  dimensions          = { pool = var.name }
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "Runners ${var.name}: a message failed five times: read the log of scale-up, then redrive the queue"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  alarm_name          = "${var.name}-queue-age"
  alarm_description   = "Runners ${var.name}: messages wait in the queue: scale-up does not receive them"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.jobs.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 900
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = var.tags
}

# Missing data is an alarm: without the reconciler nothing is repaired, without the reaper nothing is terminated.
resource "aws_cloudwatch_metric_alarm" "silent" {
  for_each = aws_cloudwatch_event_rule.each_minute

  alarm_name          = "${var.name}-${each.key}-silent"
  alarm_description   = "Runners ${var.name}: the ${each.key} fails or does not run"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 2
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = var.tags

  metric_query {
    id          = "succeeded"
    expression  = "invocations - errors"
    label       = "Runs that succeeded"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { invocations = "Invocations", errors = "Errors" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Lambda"
        metric_name = metric_query.value
        dimensions  = { FunctionName = aws_lambda_function.this[each.key].function_name }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}
