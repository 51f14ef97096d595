# Every attribute of the language at least once.

variable "settings" {
  type = object({
    cloud = optional(string, "usgov")
    weeks = number
  })
  default     = { weeks = 2 }
  description = "What the deployment decides."
  nullable    = false

  validation {
    condition     = var.settings.weeks > 0
    error_message = "At least one week."
  }
}

locals {
  gold  = [for t in tenant.customer : t if t.labels.tier == local.best]
  best  = lower("GOLD")
  zones = toset(["Europe/Berlin", "UTC"])
}

locals {
  first = one([for t in local.gold : t.name if t.name == "fabrikam"])
}

credential "managed_identity" "here" {
  for_each  = toset(["eu", "us"])
  client_id = "${each.key}-${local.best}"
  nested { value = each.value }
}

tenant "customer" {
  for_each = {
    fabrikam = { tier = "gold", region = "eu" }
    adatum   = { tier = "silver", region = "us" }
  }
  id         = "${each.key}.example.com"
  cloud      = var.settings.cloud
  credential = credential.managed_identity.here[each.value.region]
  labels     = { tier = each.value.tier }
  pacing     = "off"
  licence    = each.value.tier == "gold" ? "p2" : "p1"
  since      = each.value.region == "eu" ? "2026-11-01" : "2026-11-10T12:00:00+02:00"

  endpoints {
    login     = "https://login.example.com/"
    graph     = "http://127.0.0.1:8080"
    aad_graph = "http://[::1]:8081"
  }
}

tenant "try" {
  id     = "try.example.com"
  cloud  = "sandbox"
  pacing = "published"
}

window "zoned" {
  for_each = local.zones
  every    = "${var.settings.weeks}w"
  from     = "2026-11-01"
  to       = "2027-11-01T12:00"
  timezone = each.value
  settle   = "2d"
  open     = true
  revisit  = "24h"
  keep     = "1mo"
}

window "hours" {
  every = "6h"
  from  = "2026-11-01T05:00:00+05:00"
  revisit = ["7d", "6h", "24h"]
}

output "json" "by_tier" {
  for_each = toset([for t in tenant.customer : t.labels.tier])
  path     = "${each.key}/${pull.window.label}-${local.first}.json"
}

report_type "teams_usage" {
  description = "A report type of one's own."
  api         = "graph"
  version     = "beta"
  path        = "/reports/getTeams(period='D7')"
  time        = "reportDate"
  id          = ["userId", "reportDate"]
  lower       = "gt"
  upper       = "le"
  order_by    = "reportDate desc"
  page_size   = 100
  permissions = ["Reports.Read.All"]
  license     = "Microsoft 365"
  retention   = "180d"
  settle      = "2d"
  limit       = "reports"
  headers     = { ConsistencyLevel = "eventual" }
  columns     = ["id"]
  filter      = "a eq 'b'"
  licences    = ["p1", "p2"]
  operators   = { "*" = ["eq"], a = [] }

  with_property "b" {
    page_size = 20
    limit     = "reports"
  }
  source      = local.best
}

report "sign_ins" "gold" {
  tenants = local.gold
  window  = window.zoned["UTC"]
  select  = ["id", "createdDateTime", "status"]
  outputs = output.json.by_tier
}

report "users" "each" {
  for_each = tenant.customer
  tenants  = [each.value, tenant.try, each.value]
  window   = window.hours
  outputs  = [output.json.by_tier[each.value.labels.tier]]
}

report "teams_usage" "all" {
  window  = window.zoned["Europe/Berlin"]
  outputs = values(output.json.by_tier)
}

locals {
  self = length(file("${path.config}/main.rf.hcl")) == length(file("main.rf.hcl"))
}
