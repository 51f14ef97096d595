# What for_each does not take, and that a mistake in it is reported once.
variable "list" { default = ["a", "b"] }
variable "nothing" { default = null }

window "tuple" {
  for_each = ["a", "b"] # ERROR: Unsuitable for_each; wrap a list of strings in toset(...)
  last     = each.key
}

window "list" {
  for_each = tolist(var.list) # ERROR: Unsuitable for_each; toset(...)
  last     = "1d"
}

window "null" {
  for_each = var.nothing # ERROR: Unsuitable for_each; for_each is null
  last     = "1d"
}

window "number" {
  for_each = 5 # ERROR: Unsuitable for_each; this is a number
  last     = "1d"
}

window "numbers" {
  for_each = toset([1, 2]) # ERROR: Unsuitable for_each; this is a set of number
  last     = "1d"
}

window "null_key" {
  for_each = toset(["a", null]) # ERROR: Unsuitable for_each; An element of the set is null
  last     = "1d"
}

window "empty_key" {
  for_each = { "" = 1, "a\nb" = 2 } # ERROR: Unsuitable key; The key "" cannot be a name && Unsuitable key; "a\nb"
  last     = "1d"
}

window "self" {
  for_each = toset([each.key]) # ERROR: No for_each here; not in for_each itself
  last     = "1d"
}

window "once" {
  for_each = toset(["a", "b", "c"])
  last     = "1 day"              # ERROR: Not a duration; "1 day" is not a duration
  settle   = lookup({}, each.key) # ERROR: Invalid function argument; "a" && Invalid function argument; "b" && Invalid function argument; "c"
}

output "json" "x" {}
tenant "t" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}

report "users" "depends" {
  window  = window.tuple["a"]
  outputs = [output.json.x]
}

report "users" "empty" {
  tenants = [] # ERROR: No tenants; The list of tenants is empty
  outputs = [] # ERROR: No outputs; for nobody
  window  = null # ERROR: Missing value; "window" is required
  select  = ["id,name", "id"] # ERROR: Unsuitable value; "id,name" is not one property
}
