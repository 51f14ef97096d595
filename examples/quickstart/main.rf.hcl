# A first configuration. It runs on the sandbox, a stand-in for the cloud that
# is built in: nothing to register, nothing to configure.
#
#   reportform plan     shows what is missing
#   reportform apply    fetches it
#   reportform plan     now shows nothing

tenant "contoso" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox" # leave this out for a real directory, and give it a credential
}

tenant "fabrikam" {
  id    = "fabrikam.onmicrosoft.com"
  cloud = "sandbox"
}

# The seven whole days before today, in UTC.
window "last_week" {
  last  = "7d"
  align = "day"
}

# The last whole day.
window "yesterday" {
  last  = "1d"
  align = "day"
}

# One directory a tenant, one file a report.
output "json" "archive" {
  path = "out/${pull.tenant.name}/${pull.report.name}.json"
}

output "ndjson" "stream" {
  path = "out/${pull.tenant.name}/${pull.report.name}.ndjson"
}

output "csv" "table" {
  path = "out/${pull.tenant.name}/${pull.report.name}.csv"
}

output "xml" "exchange" {
  path = "out/${pull.tenant.name}/${pull.report.name}.xml"
}

output "text" "reading" {
  path = "out/${pull.tenant.name}/${pull.report.name}.txt"
}

# Microsoft Graph: the sign-ins of the last week, fetched once, in five formats.
report "sign_ins" "sign_ins" {
  window  = window.last_week
  outputs = [output.json.archive, output.ndjson.stream, output.csv.table, output.xml.exchange, output.text.reading]
}

# What administrators changed yesterday, and only what failed.
report "directory_audits" "failed_changes" {
  window  = window.yesterday
  filter  = "result eq 'failure'"
  outputs = [output.json.archive, output.csv.table]
}

# The retired Azure AD Graph reporting API: the same question, asked the old way.
report "audit_events" "legacy_audit" {
  window  = window.last_week
  outputs = [output.json.archive, output.ndjson.stream, output.csv.table, output.xml.exchange, output.text.reading]
}
