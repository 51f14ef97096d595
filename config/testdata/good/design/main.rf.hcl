reportform {
  required_version = ">= 0.1"
  state "local" { # the default
    path = ".reportform/state"
  }
}

variable "customers" {
  type    = string
  default = "customers.csv"
}

credential "client_secret" "msp" {
  client_id     = "8f0c1f2e-0000-4000-8000-000000000001"
  client_secret = secret_env("MSP_CLIENT_SECRET") # or secret_file(path), secret_exec(["vault", "kv", "get", ...])
}

tenant "contoso" {
  id         = "contoso.onmicrosoft.com" # a domain or the directory's GUID
  cloud      = "public"                  # public, usgov, usgov_dod, china, sandbox
  credential = credential.client_secret.msp
}

tenant "customer" {
  for_each   = { for c in csvdecode(file(var.customers)) : c.name => c }
  id         = each.value.tenant_id
  credential = credential.client_secret.msp
  labels     = { tier = each.value.tier }
  licence    = "p1"
  since      = "2026-11-01"
}

window "last_week" { # trailing: one slice that ends now, replaced at each apply
  last = "7d"
}

window "yesterday" { # whole UTC days; timezone = "Europe/Berlin" moves them
  last  = "1d"
  align = "day"
}

window "november" { # one fixed slice
  from = "2026-11-01"
  to   = "2026-12-01"
}

window "daily" { # consecutive slices, each fetched once
  every  = "1d"
  from   = "2026-11-01"
  settle = "2h"
}

output "json" "archive" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.json"
}

output "csv" "bi" {
  path    = "bi/${pull.report.name}/${pull.tenant.name}-${pull.window.label}.csv"
  columns = ["id", "createdDateTime", "status.errorCode"]
}

output "xml" "audit" {
  path = "xml/${pull.tenant.name}-${pull.report.name}-${pull.window.label}.xml"
}

output "text" "console" {
  path = "-"
}

report "sign_ins" "failed" {
  tenants = [tenant.contoso, tenant.customer] # tenants, or all of a for_each; default: every tenant
  window  = window.daily
  filter  = "status/errorCode ne 0" # OData, joined to the slice's own condition with `and`
  outputs = [output.json.archive, output.csv.bi]
}

report "audit_events" "legacy" { # a report of the retired Azure AD Graph API
  tenants = [tenant.contoso]
  window  = window.last_week
  outputs = [output.xml.audit, output.text.console]
}
