# A report of every tenant where there is none.
window "w" { last = "1d" }
output "json" "o" {}

report "users" "r" { # ERROR: No tenants; the configuration declares none
  window  = window.w
  outputs = [output.json.o]
}
