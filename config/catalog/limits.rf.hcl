# Published request limits. Requests of every report type that names a class count together.

limit_class "reports" {
  app_tenant = "5/10s"
  app        = "122/10s"
  source     = "Microsoft Graph throttling limits: identity and access reports"
}

# No Retry-After comes with a refusal, and all applications share the budget.
limit_class "identity_protection" {
  tenant = "1/1s"
  source = "Microsoft Graph throttling limits: identity protection and Conditional Access"
}

# Published in resource units: 3500 per 10 s for an application in a directory of
# the smallest size, 150,000 per 20 s for an application. The dearest list here
# costs 3 units a page. 3500/3 is 1166 pages, rounded down; 150,000/3 is 50,000
# pages per 20 s, above the 2000 a second that an application has in all of Graph.
limit_class "directory" {
  app_tenant = "1000/10s"
  app        = "2000/1s"
  source     = "Microsoft Graph throttling limits: identity and access, and the global limit"
}

# For users whose select or filter names signInActivity.
limit_class "sign_in_activity" {
  app_tenant = "10/1m"
  app        = "10/1m"
  source     = "Microsoft Graph throttling limits: users with signInActivity"
}

# For applications and service principals whose select or filter names keyCredentials.
limit_class "key_credentials" {
  tenant = "150/1m"
  source = "documentation of applications and service principals, with keyCredentials selected; observed"
}

# Secure scores are also held to 10,000 per 10 minutes, which this never reaches.
limit_class "security" {
  app_tenant = "150/1m"
  source     = "Microsoft Graph throttling limits: alerts and secure scores; for incidents unverified"
}

limit_class "intune" {
  app_tenant = "1000/20s"
  tenant     = "2000/20s"
  source     = "Microsoft Graph throttling limits: Intune audit events"
}
