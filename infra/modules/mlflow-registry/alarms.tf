locals {
  load_balancer = { LoadBalancer = aws_lb.this.arn_suffix }
  service       = { ClusterName = aws_ecs_cluster.this.name, ServiceName = "server" }
  instance      = { DBInstanceIdentifier = aws_db_instance.this.identifier }
  gib           = 1024 * 1024 * 1024

  # Each compares every period of `minutes` with the limit; `missing` is what silence means.
  alarms = {
    no-healthy-server = {
      what       = "No task answers: nobody can log or load a model. Look at the log group /ecs/${var.name}, then at the service's events."
      namespace  = "AWS/ApplicationELB", metric = "HealthyHostCount", statistic = "Maximum"
      dimensions = merge(local.load_balancer, { TargetGroup = aws_lb_target_group.server.arn_suffix })
      comparison = "LessThanThreshold", limit = 1, minutes = 1, periods = 3, missing = "breaching"
    }
    server-errors = {
      what       = "More than 10 answers of the server in 5 minutes were errors of its own."
      namespace  = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum"
      dimensions = local.load_balancer
      comparison = "GreaterThanThreshold", limit = 10, minutes = 5, periods = 1, missing = "notBreaching"
    }
    load-balancer-errors = {
      what       = "More than 10 answers in 5 minutes came from the load balancer: tasks end or time out under it."
      namespace  = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum"
      dimensions = local.load_balancer
      comparison = "GreaterThanThreshold", limit = 10, minutes = 5, periods = 1, missing = "notBreaching"
    }
    slow-answers = {
      what       = "Half of all answers took more than 5 s for 15 minutes. Look at Performance Insights."
      namespace  = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "p50"
      dimensions = local.load_balancer
      comparison = "GreaterThanThreshold", limit = 5, minutes = 5, periods = 3, missing = "notBreaching"
    }
    server-cpu = {
      what       = "CPU over 85 % for 15 minutes: task_count.max is reached, or too small."
      namespace  = "AWS/ECS", metric = "CPUUtilization", statistic = "Average"
      dimensions = local.service
      comparison = "GreaterThanThreshold", limit = 85, minutes = 5, periods = 3, missing = "notBreaching"
    }
    server-memory = {
      what       = "Memory over 90 % for 15 minutes: Fargate will end the task; raise task_size.memory_mib."
      namespace  = "AWS/ECS", metric = "MemoryUtilization", statistic = "Maximum"
      dimensions = local.service
      comparison = "GreaterThanThreshold", limit = 90, minutes = 5, periods = 3, missing = "notBreaching"
    }
    database-cpu = {
      what       = "The database's CPU is over 80 % for 15 minutes. Look at Performance Insights; a larger class is the last remedy."
      namespace  = "AWS/RDS", metric = "CPUUtilization", statistic = "Average"
      dimensions = local.instance
      comparison = "GreaterThanThreshold", limit = 80, minutes = 5, periods = 3, missing = "breaching"
    }
    database-memory = {
      what       = "Less than 256 MiB of the database's memory are free for 15 minutes."
      namespace  = "AWS/RDS", metric = "FreeableMemory", statistic = "Minimum"
      dimensions = local.instance
      comparison = "LessThanThreshold", limit = local.gib / 4, minutes = 5, periods = 3, missing = "breaching"
    }
    database-storage = {
      what       = "Less than 5 GiB of disk are left although it grows by itself: database_storage_gib.max is reached."
      namespace  = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum"
      dimensions = local.instance
      comparison = "LessThanThreshold", limit = 5 * local.gib, minutes = 5, periods = 3, missing = "breaching"
    }
  }
  # Without a server there is nothing to be unhealthy.
  alarms_now = { for name, alarm in local.alarms : name => alarm if var.serving_image != null || alarm.namespace == "AWS/RDS" }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms_now

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.what
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
