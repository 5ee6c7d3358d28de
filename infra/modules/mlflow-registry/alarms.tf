locals {
  load_balancer = { LoadBalancer = aws_lb.this.arn_suffix }
  service       = { ClusterName = aws_ecs_cluster.this.name, ServiceName = "server" }
  instance      = { DBInstanceIdentifier = aws_db_instance.this.identifier }
  gib           = 1024 * 1024 * 1024

  # An alarm compares each period of `minutes` with the limit; `missing` is how it treats missing data.
  alarms = {
    no-healthy-server = {
      description = "No task responds, so clients cannot log or load a model. Read the log group /ecs/${var.name}, then the events of the service."
      namespace   = "AWS/ApplicationELB", metric = "HealthyHostCount", statistic = "Maximum"
      dimensions  = merge(local.load_balancer, { TargetGroup = aws_lb_target_group.server.arn_suffix })
      comparison  = "LessThanThreshold", limit = 1, minutes = 1, periods = 3, missing = "breaching"
    }
    server-errors = {
      description = "The server returned more than 10 server errors (5xx) in 5 minutes."
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum"
      dimensions  = local.load_balancer
      comparison  = "GreaterThanThreshold", limit = 10, minutes = 5, periods = 1, missing = "notBreaching"
    }
    load-balancer-errors = {
      description = "The load balancer returned more than 10 server errors (5xx) in 5 minutes: tasks end or time out."
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum"
      dimensions  = local.load_balancer
      comparison  = "GreaterThanThreshold", limit = 10, minutes = 5, periods = 1, missing = "notBreaching"
    }
    slow-answers = {
      description = "Half of all responses took more than 5 s for 15 minutes. Read Performance Insights."
      namespace   = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "p50"
      dimensions  = local.load_balancer
      comparison  = "GreaterThanThreshold", limit = 5, minutes = 5, periods = 3, missing = "notBreaching"
    }
    server-cpu = {
      description = "The CPU of the server was over 85 % for 15 minutes: task_count.max is reached, or too small."
      namespace   = "AWS/ECS", metric = "CPUUtilization", statistic = "Average"
      dimensions  = local.service
      comparison  = "GreaterThanThreshold", limit = 85, minutes = 5, periods = 3, missing = "notBreaching"
    }
    server-memory = {
      description = "The memory of the server was over 90 % for 15 minutes: Fargate will terminate the task; increase task_size.memory_mib."
      namespace   = "AWS/ECS", metric = "MemoryUtilization", statistic = "Maximum"
      dimensions  = local.service
      comparison  = "GreaterThanThreshold", limit = 90, minutes = 5, periods = 3, missing = "notBreaching"
    }
    database-cpu = {
      description = "The CPU of the database was over 80 % for 15 minutes. Read Performance Insights first; choose a larger instance class last."
      namespace   = "AWS/RDS", metric = "CPUUtilization", statistic = "Average"
      dimensions  = local.instance
      comparison  = "GreaterThanThreshold", limit = 80, minutes = 5, periods = 3, missing = "breaching"
    }
    database-memory = {
      description = "The database had less than 256 MiB of free memory for 15 minutes."
      namespace   = "AWS/RDS", metric = "FreeableMemory", statistic = "Minimum"
      dimensions  = local.instance
      comparison  = "LessThanThreshold", limit = local.gib / 4, minutes = 5, periods = 3, missing = "breaching"
    }
    database-storage = {
      description = "The database has less than 5 GiB of free disk although the disk grows automatically: it has reached database_storage_gib.max."
      namespace   = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum"
      dimensions  = local.instance
      comparison  = "LessThanThreshold", limit = 5 * local.gib, minutes = 5, periods = 3, missing = "breaching"
    }
  }
  # Without a server, only the alarms of the database exist.
  alarms_now = { for name, alarm in local.alarms : name => alarm if var.serving_image != null || alarm.namespace == "AWS/RDS" }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms_now

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.comparison
  threshold           = each.value.limit
  period              = 60 * each.value.minutes
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = local.tags
}
