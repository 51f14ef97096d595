# A user's own report types.
variable "missing" { # ERROR: Missing value for a variable; no default
}

report_type "users" { # ERROR: Declared twice; a built-in type cannot be redefined
  path = "/users"
}

report_type "MyType" { # ERROR: Unsuitable name; lower-case letters && Missing required argument; "path" is required
}

report_type "paths" {
  path    = "reports/x" # ERROR: Not a request path; does not begin with a slash
  api     = "graf"      # ERROR: Unknown value; Did you mean "graph"?
  version = "v2.0"      # ERROR: Unknown value; "v1.0" or "beta"
  lower   = "ge"        # ERROR: Operator without a time; Set "time"
  limit   = "report"    # ERROR: Unknown limit class; Did you mean "reports"?
  id      = ["a", "b", "c"] # ERROR: Too many properties; at most two
  page_size = 0.5       # ERROR: Number out of range; from 0 to 10000
  columns = ["id", "id"] # ERROR: Repeated value; "columns" names "id" twice
}

report_type "dots" {
  path    = "/../users" # ERROR: Not a request path; contains ".."
  time    = "t"
  upper   = "<=" # ERROR: Unknown value; "lt" or "le"
  headers = { authorization = "x", "a b" = "c" } # ERROR: Header not allowed; set by the program alone && Not a header; letters, digits and dashes
  permissions = [""] # ERROR: Empty value; null or empty
}

report_type "query" {
  path    = "/users?$top=1" # ERROR: Not a request path; has a query
  headers = { Prefer = "a\r\nHost: b" } # ERROR: Not a header; printable ASCII
  retention = "1y" # ERROR: Not a duration; the unit is one of
}

report_type "typed" {
  path  = "/users"
  types = { a = "int", b = "timestmp", "" = "bool", c = "string", d = "List" } # ERROR: Unknown type; The type of "a" is one of "string", "bool", "int32" && Unknown type; Did you mean "timestamp"? && Empty value; "types" is empty && Unknown type; not "List". Did you mean "list"?
}

report_type "null_type" {
  path  = "/users"
  types = { a = null } # ERROR: Missing value; The value of "a" in "types" is null
}

report_type "listed_types" {
  path  = "/users"
  types = ["int32"] # ERROR: Unsuitable value; "types" takes a map of string
}

report_type "filtered" {
  path   = "/x"
  filter = "kind = 'a'" # ERROR: Invalid filter; there is no operator =, at character 6. Write eq.
}

report_type "by_licence" {
  path      = "/x"
  retention = { free = "7d", P1 = "30d" } # ERROR: Unknown licence; there is no licence "P1"
  licences  = ["premium"] # ERROR: Unknown licence; "free", "p1" or "p2", and not "premium"
  operators = { a = ["eq", "like"] } # ERROR: Unknown operator; but not "like"
  with_property "a/b" { # ERROR: Unsuitable name; The label is the name of a property
    limit = "report" # ERROR: Unknown limit class; Did you mean "reports"?
  }
  with_property "b" {}
  with_property "B" {} # ERROR: Declared twice; There is already a block for the property "B"
}

report_type "silent" {
  path = var.missing
}

tenant "t" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}
window "w" { last = "1d" }
output "json" "o" {}

report "silent" "no_cascade" {
  window  = window.w
  outputs = [output.json.o]
}
