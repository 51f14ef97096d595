# Attributes of tenants.
credential "client_secret" "msp" {}
credential "client_secret" "each" { for_each = toset(["eu", "us"]) }

tenant "no_credential" { # ERROR: Missing credential; in the cloud "public" a credential is needed
  id = "contoso.onmicrosoft.com"
}

tenant "cloud" {
  id         = "contoso.onmicrosoft.com"
  cloud      = "pubic" # ERROR: Unknown value; Did you mean "public"?
}

tenant "ids" {
  for_each = {
    a = "contoso"
    b = "con/toso.com"
    c = "8f0c1f2e-0000-4000-8000-00000000000"
    d = "-x.com"
    e = "8F0C1F2E-0000-4000-8000-000000000001"
    f = null
    g = ".."
  }
  id    = each.value # ERROR: Not a directory; tenant.ids["a"]: "contoso" is neither && Not a directory; tenant.ids["b"] && Not a directory; tenant.ids["c"] && Not a directory; tenant.ids["d"] && Missing value; tenant.ids["f"]: "id" is required && Not a directory; tenant.ids["g"]
  cloud = "sandbox"
}

tenant "common" {
  id    = "common" # ERROR: Not a directory; stands for any directory
  cloud = "sandbox"
}

tenant "fan" {
  id         = "contoso.onmicrosoft.com"
  credential = credential.client_secret.each # ERROR: Unsuitable reference; Choose one by its key, such as credential.client_secret.each["eu"]
  labels     = "gold"                        # ERROR: Unsuitable value; "labels" takes a map of string
  pacing     = "slow"                        # ERROR: Unknown value; "published" or "off"
}

tenant "endpoints" {
  id         = "contoso.onmicrosoft.com"
  credential = credential.client_secret.msp
  endpoints {
    login     = "http://login.example.com"   # ERROR: Not an endpoint; http is accepted for loopback addresses alone
    graph     = "https://user:pw@example.com" # ERROR: Not an endpoint; a user or a password does not belong
    aad_graph = "https://example.com/v1"      # ERROR: Not an endpoint; Reportform adds the path
  }
  endpoints {} # ERROR: Declared twice; Join the two
}

tenant "endpoints2" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
  endpoints {
    login     = "https://example.com?x=1"      # ERROR: Not an endpoint; Reportform adds the query
    graph     = "ftp://example.com"            # ERROR: Not an endpoint; must be https
    aad_graph = "localhost:8080"               # ERROR: Not an endpoint; such as "https://graph.example.com"
  }
}

tenant "loopback_lookalikes" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
  endpoints {
    login     = "http://127.0.0.1.example.com" # ERROR: Not an endpoint; loopback
    graph     = "http://localhost.example.com" # ERROR: Not an endpoint; loopback
    aad_graph = "http://127.255.255.254:1"
  }
}

tenant "first" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}

tenant "second" { # ERROR: Two tenants of one name; tenant.second["first"] has the name "first", and so has tenant.first at
  for_each = toset(["first"])
  id       = "contoso.onmicrosoft.com"
  cloud    = "sandbox"
}
