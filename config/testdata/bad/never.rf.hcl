# Windows whose slices can never be had, and times that nobody can mean.
output "json" "o" { path = "o" }

tenant "free" {
  id      = "free.example.com"
  cloud   = "sandbox"
  licence = "free"
}
tenant "p1" {
  id      = "p1.example.com"
  cloud   = "sandbox"
  licence = "p1"
}
tenant "p2" {
  id    = "p2.example.com"
  cloud = "sandbox"
}
tenant "wrong" {
  id      = "wrong.example.com"
  cloud   = "sandbox"
  licence = "P2"         # ERROR: Unknown value; "free", "p1" or "p2"
  since   = "0206-11-01" # ERROR: Year out of range; is in the year 206. Write a year from 2000 to 2100
}
locals {
  directories = [tenant.free, tenant.p1, tenant.p2]
}

window "settle_30d" {
  every  = "1d"
  from   = "2026-11-01"
  settle = "30d"
}
report "sign_ins" "settle_30d" {
  window  = window.settle_30d # ERROR: Slices that can never be had; its beginning is lost at 2026-12-02. Set settle to at most 28d in window.settle_30d
  outputs = output.json.o
}

window "settle_40d" {
  every  = "1d"
  from   = "2026-11-01"
  settle = "40d"
  open   = true
}
report "sign_ins" "settle_40d" {
  window  = window.settle_40d # ERROR: Slices that can never be had; With "open" it is fetched before, and never once it is whole. Set settle to at most 28d
  outputs = output.json.o
}

window "zoned" {
  every    = "1d"
  from     = "2026-10-25"
  timezone = "Europe/Berlin"
  settle   = "30d"
}
report "sign_ins" "zoned" {
  window  = window.zoned # ERROR: Slices that can never be had; Set settle to at most 28d in window.zoned
  outputs = output.json.o
}

window "months" {
  every = "1mo"
  from  = "2026-11-01"
}
report "sign_ins" "months" {
  window  = window.months # ERROR: Slices that can never be had; from 2026-12-01 to 2027-01-01 has settled at 2027-01-01 01:00 UTC, 1h after its end, and its beginning is lost at 2027-01-01. Use slices of days or weeks: every = "1d" or "1w".
  outputs = output.json.o
}

window "one_month" { # which has 30 days
  every = "1mo"
  from  = "2026-11-01"
  to    = "2026-12-01"
}
report "sign_ins" "one_month" {
  window  = window.one_month
  outputs = output.json.o
}

window "fixed" {
  from = "2026-10-01"
  to   = "2026-12-01"
}
report "sign_ins" "fixed" {
  window  = window.fixed # ERROR: Slices that can never be had; Use slices of days or weeks
  outputs = output.json.o
}

window "trailing" { last = "31d" }
report "sign_ins" "trailing" {
  window  = window.trailing # ERROR: Slices that can never be had; Set last to at most 30d
  outputs = output.json.o
}
window "trailing_30d" { last = "30d" }
report "sign_ins" "trailing_30d" {
  window  = window.trailing_30d
  outputs = output.json.o
}

window "weeks" {
  every = "1w"
  from  = "2026-11-02"
}
report "risk_detections" "some" { # WARNING: Licence not sufficient; The service offers risk_detections only with the licence "p1" or "p2", and will refuse it to tenant.free
  tenants = local.directories
  window  = window.weeks
  outputs = output.json.o
}
window "five_weeks" {
  every = "5w"
  from  = "2026-11-02"
}
report "risk_detections" "p1" {
  tenants = [tenant.p1, tenant.p2]
  window  = window.five_weeks # WARNING: Slices that can never be had; of directories with the licence "p1" for 30d: the slice of window.five_weeks from 2026-11-02 to 2026-12-07 has settled at 2026-12-07 08:00 UTC, 8h after its end, and its beginning is lost at 2026-12-03. Use slices of days or weeks: every = "1d" or "1w". That concerns tenant.p1.
  outputs = output.json.o
}

window "early" {
  every  = "1d"
  from   = "2026-11-01"
  settle = "2h"
}
report "risk_detections" "early" {
  tenants = [tenant.p1]
  window  = window.early # WARNING: Settled too early; Slices of window.early settle 2h after their end, but events of risk_detections become visible up to 8h late
  outputs = output.json.o
}

window "past" {
  every = "1h"
  from  = "0206-11-01" # ERROR: Year out of range; "0206-11-01" is in the year 206
}
window "future" {
  from = "2026-11-01"
  to   = "2999-12-31" # ERROR: Year out of range; "2999-12-31" is in the year 2999
}
window "ages" {
  every = "1000000mo" # ERROR: Too long; longer than a hundred years
  from  = "2026-11-01"
}
