# The sample scripts of the Azure AD Reporting API, as a configuration.
#
# They asked https://graph.windows.net/{tenant}/reports/{report} for what had
# happened since yesterday or in the last seven days, printed the events and
# saved them as JSON, XML and text. So does this, with paging, throttling and
# retries, and without a secret in a file.
#
# It runs on the sandbox as it is. For a directory whose reporting API still
# answers:
#
#   export AAD_CLIENT_SECRET=...
#   reportform apply -var cloud=public -var tenant=example.com -var client_id=...

variable "cloud" {
  type        = string
  default     = "sandbox"
  description = "The cloud of the directory: public, usgov, china, or the built-in sandbox."
}

variable "tenant" {
  type        = string
  default     = "contoso.onmicrosoft.com"
  description = "A domain of the directory, or its id."
}

variable "client_id" {
  type        = string
  default     = "00000000-0000-0000-0000-000000000000"
  description = "The application (client) id of the app registration."
}

credential "client_secret" "script" {
  client_id     = var.client_id
  client_secret = secret_env("AAD_CLIENT_SECRET")
}

tenant "directory" {
  id         = var.tenant
  cloud      = var.cloud
  credential = var.cloud == "sandbox" ? null : credential.client_secret.script
}

# "Since yesterday": the last whole day.
window "yesterday" {
  last  = "1d"
  align = "day"
}

# "In the last seven days": until now, so every apply fetches it again.
window "last_7_days" {
  last = "7d"
}

output "json" "file" {
  path = "out/${pull.report.name}.json"
}

output "xml" "file" {
  path = "out/${pull.report.name}.xml"
}

output "text" "file" {
  path = "out/${pull.report.name}.txt"
}

# The events on the console, one a line; everything else that is said goes to
# standard error.
output "text" "console" {
  path    = "-"
  columns = ["eventTime", "actor", "action", "target"]
}

report "audit_events" "audit_yesterday" {
  window  = window.yesterday
  outputs = [output.json.file, output.xml.file, output.text.file, output.text.console]
}

report "audit_events" "audit_last_7_days" {
  window  = window.last_7_days
  outputs = [output.json.file, output.xml.file, output.text.file]
}

report "account_provisioning_events" "provisioning_yesterday" {
  window  = window.yesterday
  outputs = [output.json.file, output.xml.file, output.text.file]
}

report "account_provisioning_events" "provisioning_last_7_days" {
  window  = window.last_7_days
  outputs = [output.json.file, output.xml.file, output.text.file]
}
