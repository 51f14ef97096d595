# Names that are misspelt or stand where they cannot be known.
variable "region" { default = "eu" }

locals {
  tier   = var.regoin # ERROR: Unknown variable; Did you mean "region"?
  later  = [for t in tenant.contoso : t]
  ring_a = local.ring_b # ERROR: Circular local values; local.ring_a -> local.ring_b -> local.ring_a
  ring_b = local.ring_a
  uses   = "${local.ring_a}${local.tier}"
  alone  = local          # ERROR: Incomplete reference; write local.NAME
  tenants = tenant        # ERROR: Incomplete reference; name one tenant, such as tenant.contoso
  loop   = each.key       # ERROR: No for_each here; exist only in a block that has for_each
  pulled = pull.window    # ERROR: No pull here; filled in for each pull
  report = report.sign_ins # ERROR: Reports cannot be referred to
  fn     = uper("x")      # ERROR: Call to unknown function; Did you mean "upper"?
  now    = timestamp()    # ERROR: Error in function call; a plan must be a function of its inputs
  bare   = public         # ERROR: Unknown name; put it in quotes
  twice  = 1
}

locals {
  twice = 2 # ERROR: Declared twice; already declared at
}

credential "client_secret" "msp" {
  tenant_id = tenant.contoso.id      # ERROR: Not known here; cannot refer to a tenant
  client_id = var.regiom             # ERROR: Unknown variable; Did you mean "region"?
  hint      = local.later            # ERROR: Not known here; local.later depends on tenant.contoso
}

tenant "contoso" {
  id         = local.uses
  credential = credential.client_secret.mps # ERROR: Unknown credential; Did you mean "msp"?
  labels     = { a = window.daily.name }    # ERROR: Not known here; A tenant block cannot refer to a window
}

tenant "customer" {
  for_each   = toset(["fabrikam"])
  id         = "fabrikam.example.com"
  credential = credental.client_secret.msp # ERROR: Unknown name; Did you mean "credential"?
}

window "daily" {
  every = "1d"
  from  = "2026-11-01"
}

output "json" "archive" {
  path = "${tenant.contoso.name}.json" # ERROR: Tenants are not known here; pull.tenant.name
  more { deep = [window.daily] }       # ERROR: Not known here; output block cannot refer to a window
}

report "sign_in" "failed" { # ERROR: Unknown report type; Did you mean "sign_ins"?
  tenants = [tenant.contos, tenant.customer["fabricam"]] # ERROR: Unknown tenant; Did you mean "contoso"? && Unknown instance; Did you mean "fabrikam"?
  window  = window.dialy # ERROR: Unknown window; Did you mean "daily"?
  outputs = [output.jsn.archive] # ERROR: Unknown output; Did you mean "json"?
  filter  = tenant.contoso.nmae # ERROR: Unknown attribute; Did you mean "name"?
  select  = [path.module] # ERROR: Unknown path; There is no path named "module".
}

report "sign_ins" "wrong_kinds" {
  tenants = [window.daily, "tenant.contoso"] # ERROR: Unsuitable reference; "tenants" takes tenants, such as tenant.contoso, and this is window.daily. && Unsuitable reference; Write the reference without quotes
  window  = [window.daily, window.daily] # ERROR: Unsuitable reference; this is 2 of them. Choose one by its key
  outputs = [output.json.archive, 5, output.json.archive] # ERROR: Unsuitable reference; and this is a number && Repeated output; output.json.archive is named twice
}

report "sign_ins" "broken_below" {
  tenants = [tenant.contoso, tenant.customer]
  window  = window.daily
  outputs = [output.json.archive]
  filter  = "x eq '${tenant.contoso.id}'"
}
