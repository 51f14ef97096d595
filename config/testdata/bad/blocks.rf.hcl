# Blocks that are unknown, repeated or wrongly labelled.
reportform {
  required_version = ">= 99" # ERROR: Unsuitable version; that is >= 99, and this is 0.3.0
  state "local" {}
  state "local" {} # ERROR: Declared twice; state is kept in one place
}

reportform {} # ERROR: Declared twice; at most one

tennant "contoso" { # ERROR: Unsupported block type; Did you mean "tenant"?
  id = "contoso.onmicrosoft.com"
}

limit_class "mine" {} # ERROR: Unsupported block type; not expected here

window "my window" { # ERROR: Unsuitable name; cannot be referred to
  last = "nonsense"
}

window "day" {
  last = "1d"
}

window "day" { # ERROR: Declared twice; window.day is already declared at
  last = "1d"
}

output "json" { # ERROR: Missing name for output; must have 2 labels
}

output "csv" "bi" {}

report "sign_ins" "a" {
  window  = window.day
  outputs = [output.csv.bi]
  tenants = [tenant.contoso]
  filtre  = "x" # ERROR: Unsupported argument; Did you mean "filter"?
}

report "sign_ins" "a" { # ERROR: Declared twice; report.sign_ins.a is already declared at
  window  = window.day
  outputs = [output.csv.bi]
}

report "users" "b" { # ERROR: Missing required argument; "window" is required && Missing required argument; "outputs" is required
}
