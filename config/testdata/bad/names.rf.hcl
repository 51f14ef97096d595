# Names of fields, and filters.
output "json" "o" { path = "o" }
tenant "t" {
  id      = "t.example.com"
  cloud   = "sandbox"
  licence = "p2"
}
window "w" {
  every = "1d"
  from  = "2026-11-01"
}

report "risk_detections" "select" {
  window  = window.w
  select  = ["id", "detectedDateTime", "Risklevel"] # ERROR: Wrong case; has no Risklevel, only riskLevel
  outputs = output.json.o
}
report "risk_detections" "unknown" {
  window  = window.w
  select  = ["id", "detectedDateTime", "riskLevl", "location/city", "@odata.type"] # WARNING: Unknown property; Did you mean riskLevel?
  filter  = "location/City eq 'Ghent'" # ERROR: Wrong case; has no location/City, only location/city
  outputs = output.json.o
}
report "sign_ins" "operator" {
  window  = window.w
  filter  = "status/errorCode != 0" # ERROR: Invalid filter; there is no operator !=, at character 18. Write ne.
  outputs = output.json.o
}
report "sign_ins" "quotes" {
  window  = window.w
  filter  = "appId eq \"x\"" # ERROR: Invalid filter; text belongs in single quotes, at character 10. Write 'x'. It reads: appId eq "x"
  outputs = output.json.o
}
report "sign_ins" "bare" {
  window  = window.w
  filter  = "riskState eq atRisk" # ERROR: Invalid filter; Write 'atRisk'.
  outputs = output.json.o
}
report "sign_ins" "open" {
  window  = window.w
  filter  = "(appId eq 'x'" # ERROR: Invalid filter; there is the end where ")" should be, at its end
  outputs = output.json.o
}
report "sign_ins" "lines" {
  window  = window.w
  outputs = output.json.o
  filter  = "appId eq 'x'\nand status/errorCode <> 0" # ERROR: Invalid filter; there is no operator <>, at character 35. Write ne. It reads: appId
}
report "sign_ins" "fine_lines" {
  window  = window.w
  outputs = output.json.o
  filter  = <<-EOT
    appId eq 'x'
    and status/errorCode ne 0
  EOT
}
report "sign_ins" "more_than_we_know" {
  window  = window.w
  filter  = "tolower(appDisplayName) eq 'x' and assignedLicenses/$count ne 0"
  outputs = output.json.o
}
report "risk_detections" "refused" {
  window  = window.w
  filter  = "startswith(riskLevel,'h')" # ERROR: Invalid filter; refuses "startswith" on riskLevel, of which it takes "eq"
  outputs = output.json.o
}
report "risk_detections" "lambda" {
  window  = window.w
  filter  = "keyIds/any(k: k eq 'x') and riskLevel in ('high') and userId eq 'x'" # ERROR: Invalid filter; refuses a filter on userId && a warning: Unknown property; not known to have userId
  outputs = output.json.o
}
report "roles" "filter" {
  window  = window.w
  filter  = "id eq 'x'" # ERROR: Invalid filter; The report roles takes no filter
  outputs = output.json.o
}
