tenant "t" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}

window "w" {
  last = "1d"
}

output "json" "o" {
  path = "o.json"
}

report "sign_ins" "unchecked" {
  window  = window.w
  select  = ["userPrincipalName"] # WARNING: Events cannot be checked; Without createdDateTime and id in select
  outputs = [output.json.o]
}
