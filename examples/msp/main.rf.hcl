# A managed service provider: one app registration that the customers have
# consented to, the customers from a list, and what each tier is sold.
#
# It runs on the sandbox as it is. For real customers put them into the CSV,
# set MSP_CLIENT_SECRET and run with -var cloud=public -var client_id=...

variable "cloud" {
  type    = string
  default = "sandbox"
}

variable "client_id" {
  type    = string
  default = "8f0c1f2e-0000-4000-8000-000000000001"
}

variable "customers" {
  type        = string
  default     = "customers.csv"
  description = "The customers: name, tenant_id, tier and region."
}

variable "since" {
  type        = string
  default     = "2026-11-16"
  description = "The first day to fetch."
}

locals {
  customers = { for c in csvdecode(file(var.customers)) : c.name => c }
  gold      = [for t in tenant.customer : t if t.labels.tier == "gold"]
}

credential "client_secret" "msp" {
  client_id     = var.client_id
  client_secret = secret_env("MSP_CLIENT_SECRET")
}

tenant "customer" {
  for_each   = local.customers
  id         = each.value.tenant_id
  cloud      = var.cloud
  credential = var.cloud == "sandbox" ? null : credential.client_secret.msp
  labels     = { tier = each.value.tier, region = each.value.region }
}

# One file a day. A day is fetched when it has settled, which takes an hour after
# its end for sign-ins and eight for risk detections, and read again for events
# that came late. A day that was missed is fetched when apply next runs.
window "daily" {
  every   = "1d"
  from    = var.since
  revisit = ["12h", "24h"]
}

# What a directory looks like today cannot be fetched tomorrow.
window "weekly" {
  every = "1w"
  from  = var.since
}

output "ndjson" "lake" {
  path = "out/${pull.tenant.labels.region}/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.ndjson"
}

output "csv" "bi" {
  path = "out/bi/${pull.report.name}/${pull.tenant.name}-${pull.window.label}.csv"
}

# Every customer: who was refused.
report "sign_ins" "failed_sign_ins" {
  tenants = [tenant.customer]
  window  = window.daily
  filter  = "status/errorCode ne 0"
  outputs = [output.ndjson.lake, output.csv.bi]
}

# Gold customers: every change in the directory, and all risk detections.
report "directory_audits" "changes" {
  tenants = local.gold
  window  = window.daily
  outputs = [output.ndjson.lake]
}

report "risk_detections" "risks" {
  tenants = local.gold
  window  = window.daily
  outputs = [output.ndjson.lake, output.csv.bi]
}

# Every customer: who has registered for multi-factor authentication.
report "user_registration_details" "mfa" {
  window  = window.weekly
  outputs = [output.csv.bi]
}
