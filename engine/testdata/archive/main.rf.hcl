# An archive as earlier versions of Reportform made it: nothing in it may be
# fetched again.

reportform {
  state "local" {
    path = "state"
  }
}

tenant "contoso" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}

tenant "customer" {
  for_each = { "a$${b" = "Fabrikam.onmicrosoft.com" }
  id       = each.value
  cloud    = "sandbox"
  labels   = { tier = "gold" }
}

report_type "changes_of_users" {
  path      = "/auditLogs/directoryAudits"
  time      = "activityDateTime"
  id        = ["id"]
  lower     = "ge"
  upper     = "le"
  order_by  = "activityDateTime desc"
  page_size = 50
  headers   = { Prefer = "odata.maxpagesize=50" }
  columns   = ["id", "activityDateTime"]
}

window "daily" {
  every  = "1d"
  from   = "2026-11-20"
  to     = "2026-11-22"
  settle = "2h"
}

window "recent" {
  last  = "1d"
  align = "day"
}

output "ndjson" "lake" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.ndjson"
}

output "json" "pretty" {
  path   = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.json"
  indent = 2
}

output "csv" "bi" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.csv"
}

output "csv" "own" {
  path      = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}-own.csv"
  columns   = ["id", pull.report.type == "sign_ins" ? "createdDateTime" : "activityDateTime"]
  delimiter = ";"
  extra     = false
}

output "xml" "exchange" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.xml"
}

output "text" "reading" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.txt"
}

output "text" "console" {
  path = "-"
}

report "sign_ins" "failed" {
  window  = window.daily
  filter  = "status/errorCode eq 50126"
  select  = ["id", "createdDateTime", "status", "userPrincipalName"]
  outputs = [output.ndjson.lake, output.csv.own, output.xml.exchange, output.text.reading, output.text.console]
}

report "directory_audits" "changes" {
  window  = window.daily
  filter  = "result eq 'failure'"
  outputs = [output.json.pretty, output.csv.bi]
}

report "changes_of_users" "users" {
  window  = window.daily
  filter  = "category eq 'UserManagement' and result eq 'failure'"
  outputs = [output.ndjson.lake, output.csv.bi]
}

report "sign_ins_from_multiple_geographies_events" "legacy" {
  tenants = [tenant.contoso]
  window  = window.recent
  outputs = [output.ndjson.lake]
}

report "risk_detections" "risky" {
  tenants = [tenant.customer]
  window  = window.daily
  filter  = "riskLevel eq 'high'"
  outputs = [output.csv.bi]
}
