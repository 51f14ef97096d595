# Tenants of which there are none now: no error for a report of every tenant.
tenant "customer" {
  for_each = {}
  id       = each.value
  cloud    = "sandbox"
}

tenant "partner" {
  for_each = toset([])
  id       = each.value
  cloud    = "sandbox"
}

window "w" { last = "1d" }
output "json" "o" {}

report "users" "all" { # WARNING: No tenants; of every tenant, and there are none now
  window  = window.w
  outputs = [output.json.o]
}

report "users" "named" {
  tenants = [tenant.customer, tenant.partner] # ERROR: No tenants; The list of tenants is empty
  window  = window.w
  outputs = [output.json.o]
}
