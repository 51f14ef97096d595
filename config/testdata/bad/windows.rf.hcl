# Windows whose attributes do not go together.
window "empty" { # ERROR: Empty window; A window needs "last"
}

window "last_from" {
  last = "7d"
  from = "2026-11-01" # ERROR: Conflicting attributes; "from" cannot be combined with it
  to   = "2026-12-01" # ERROR: Conflicting attributes; "to" cannot be combined with it
}

window "last_every" {
  last  = "7d"
  every = "1d" # ERROR: Conflicting attributes; "every" cannot be combined with it
}

window "every_alone" {
  every = "1d" # ERROR: Missing beginning; needs "from"
}

window "from_alone" {
  from = "2026-11-01" # ERROR: Missing end; "to" for one fixed slice
}

window "to_alone" {
  to = "2026-11-01" # ERROR: Missing beginning; needs "from" as well
}

window "backwards" {
  from = "2026-11-02"
  to   = "2026-11-02" # ERROR: Empty window; not after its beginning
}

window "align_every" {
  every = "1d"
  from  = "2026-11-01"
  align = "day" # ERROR: Conflicting attributes; "align" moves the end
}

window "align_value" {
  last  = "1d"
  align = "days" # ERROR: Unknown value; Did you mean "day"?
}

window "minutes" {
  every = "90m" # ERROR: Unsuitable length; 90m is not
  from  = "2026-11-01"
}

window "no_length" {
  last = "0s" # ERROR: Not a duration; longer than nothing
}

window "stays" {
  last    = "1d"
  keep    = "1d"  # ERROR: Conflicting attributes; for slices that stay
  revisit = "1d"  # ERROR: Conflicting attributes; for slices that stay
  open    = true  # ERROR: Conflicting attributes; for slices that stay
}

window "durations" {
  every   = "1d"
  from    = "2026-11-01"
  settle  = "-1h"     # ERROR: Not a duration; "-1h" is not a duration
  keep    = "0d"      # ERROR: Not a duration; longer than nothing
  revisit = "5years"  # ERROR: Not a duration; the unit is one of
  open    = "perhaps" # ERROR: Unsuitable value; "open" takes true or false
}

window "readings" {
  every   = "1d"
  from    = "2026-11-01"
  revisit = ["6h", "5years"] # ERROR: Not a duration; the unit is one of
}

window "no_wait" {
  every   = "1d"
  from    = "2026-11-01"
  revisit = ["0h", "6h"] # ERROR: Not a duration; longer than nothing
}

window "twice" {
  every   = "1d"
  from    = "2026-11-01"
  revisit = ["1d", "24h"] # ERROR: Repeated time; 1d and 24h are the same time
}

window "half_hour" {
  every = "1h"
  from  = "2026-11-01T10:30" # ERROR: Unsuitable beginning; on a whole hour
}

window "not_midnight" {
  every    = "1d"
  from     = "2026-11-01T00:00:00Z" # ERROR: Unsuitable beginning; 2026-11-01T01:00:00+01:00 is not midnight in the zone Europe/Berlin
  timezone = "Europe/Berlin"
}

window "month_end" {
  every = "1mo"
  from  = "2026-01-31" # ERROR: Unsuitable beginning; this is the 31
}

window "zone" {
  every    = "1d"
  from     = "2026-11-01"
  timezone = "Europe/Berlni" # ERROR: Unknown timezone; no time zone named "Europe/Berlni"
}

window "local_zone" {
  last     = "1d"
  timezone = "Local" # ERROR: Unknown timezone; IANA
}

window "clocks_forward" {
  from     = "2026-03-29T02:30" # ERROR: Not a time; the clocks are put forward then
  to       = "2026-02-30"       # ERROR: Not a time; "2026-02-30" is not a time
  timezone = "Europe/Berlin"
}

window "no_midnight" {
  every    = "1d"
  from     = "2018-11-04" # a day that begins at 01:00
  timezone = "America/Sao_Paulo"
}

window "no_midnight_hour" {
  every    = "1d"
  from     = "2018-11-04T00:30" # ERROR: Not a time; the clocks are put forward then
  timezone = "America/Sao_Paulo"
}

window "second_midnight" {
  every    = "1d"
  from     = "2026-11-01T00:00:00-05:00" # ERROR: Unsuitable beginning; is not midnight in the zone America/Havana
  timezone = "America/Havana"
}

window "no_day" {
  every    = "1d"
  from     = "2011-12-30" # ERROR: Not a time; There is no 2011-12-30 in the zone Pacific/Apia
  timezone = "Pacific/Apia"
}

window "kept_too_short" {
  every  = "1h"
  from   = "2026-11-01"
  settle = "2h"
  keep   = "120m" # ERROR: Nothing to fetch; settled 2h after its end, and is wanted until 120m after it
}

window "kept_open" {
  every  = "1h"
  from   = "2026-11-01"
  settle = "2h"
  keep   = "1h"
  open   = true
}

window "kept_by_default" {
  every = "1h"
  from  = "2026-11-01"
  keep  = "1h"
}

window "kept_longer" {
  every = "1h"
  from  = "2026-11-01"
  keep  = "61m"
}

tenant "t" {
  id    = "contoso.example"
  cloud = "sandbox"
}

output "json" "o" {}

report "sign_ins" "kept" { # settles an hour after the end
  for_each = { none = window.kept_by_default, open = window.kept_open, some = window.kept_longer }
  window   = each.value # ERROR: Nothing to fetch; report.sign_ins.kept["none"]: A slice of sign_ins has settled 1h after its end
  outputs  = [output.json.o]
}

report "users" "kept" { # settles at once
  window  = window.kept_by_default
  outputs = [output.json.o]
}
