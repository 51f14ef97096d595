# A starter configuration. It works as it is, without any account:
#
#   reportform plan     shows what is missing
#   reportform apply    fetches it into out/
#   reportform show     shows what is held
#
# All *.rf.hcl files of this directory are one configuration; commit them to git.

# Tenants are the directories to read. These two live in the sandbox, the
# built-in stand-in for the cloud.
tenant "contoso" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}

tenant "fabrikam" {
  id    = "fabrikam.onmicrosoft.com"
  cloud = "sandbox"
}

# For a real tenant, use the cloud "public" and a credential. Secrets stay out
# of these files: the configuration says where a secret is found, here in the
# environment variable CONTOSO_CLIENT_SECRET.
#
# credential "client_secret" "contoso" {
#   client_id     = "00000000-0000-4000-8000-000000000000"
#   client_secret = secret_env("CONTOSO_CLIENT_SECRET")
# }
#
# tenant "contoso" {
#   id         = "contoso.onmicrosoft.com"
#   cloud      = "public"
#   credential = credential.client_secret.contoso
# }

# A window says which time to fetch. This one is the last whole day in UTC. It
# moves on with every day, and its files are then replaced.
window "yesterday" {
  last  = "1d"
  align = "day"
}

# A history without gaps: every day since a date, each in a file of its own. A
# day is fetched when it has settled, and read again later: events come late.
#
# window "daily" {
#   every   = "1d"
#   from    = "2026-11-01"
#   revisit = ["6h", "24h"]
# }

# Outputs are the files to write: a format, and a path for every pull. The label
# of a window's slice is "last-1d" for the one above, "2026-11-01" for a day.
output "json" "archive" {
  path = "out/${pull.report.name}/${pull.tenant.name}-${pull.window.label}.json"
}

output "csv" "sheets" {
  path = "out/${pull.report.name}/${pull.tenant.name}-${pull.window.label}.csv"
}

# Reports say what to fetch: a type from the catalog, which the command
# `reportform reports` lists, and a name of your own. Without tenants, every
# tenant is meant.
report "sign_ins" "logins" {
  window  = window.yesterday
  outputs = [output.json.archive, output.csv.sheets]
}

report "audit_events" "changes" {
  window  = window.yesterday
  outputs = [output.json.archive, output.csv.sheets]
}

# A report can ask the service for less.
#
# report "sign_ins" "failed" {
#   tenants = [tenant.contoso]
#   window  = window.yesterday
#   filter  = "status/errorCode ne 0"
#   outputs = [output.csv.sheets]
# }
