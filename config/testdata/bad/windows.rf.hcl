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
  from     = "2018-11-04" # ERROR: Not a time; the clocks are put forward then
  timezone = "America/Sao_Paulo"
}
