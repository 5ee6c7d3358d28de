# GPUs of each instance type, from Amazon's list of accelerated instance types (2026-11); a fraction of a GPU counts as one.
locals {
  gpus_by_size = {
    g4dn = { xlarge = 1, "2xlarge" = 1, "4xlarge" = 1, "8xlarge" = 1, "12xlarge" = 4, "16xlarge" = 1, metal = 8 }
    g5   = { xlarge = 1, "2xlarge" = 1, "4xlarge" = 1, "8xlarge" = 1, "12xlarge" = 4, "16xlarge" = 1, "24xlarge" = 4, "48xlarge" = 8 }
    g6   = { xlarge = 1, "2xlarge" = 1, "4xlarge" = 1, "8xlarge" = 1, "12xlarge" = 4, "16xlarge" = 1, "24xlarge" = 4, "48xlarge" = 8 }
    g6e  = { xlarge = 1, "2xlarge" = 1, "4xlarge" = 1, "8xlarge" = 1, "12xlarge" = 4, "16xlarge" = 1, "24xlarge" = 4, "48xlarge" = 8 }
    gr6  = { "4xlarge" = 1, "8xlarge" = 1 }
    p3   = { "2xlarge" = 1, "8xlarge" = 4, "16xlarge" = 8 }
    p3dn = { "24xlarge" = 8 }
    p4d  = { "24xlarge" = 8 }
    p4de = { "24xlarge" = 8 }
    p5   = { "4xlarge" = 1, "48xlarge" = 8 }
    p5e  = { "48xlarge" = 8 }
    p5en = { "48xlarge" = 8 }
  }
  known_gpus = merge([for family, sizes in local.gpus_by_size : { for size, count in sizes : "${family}.${size}" => count }]...)

  # pairs, since a map would lose the order of preference
  class_gpus = {
    for name, class in var.classes : name => [
      for type in class.instance_types : [type, lookup(class.gpu_counts, type, lookup(local.known_gpus, type, 0))]
    ]
  }
}
