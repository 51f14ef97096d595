# Microsoft Graph: sign-in activity

# When an application was last used. The last sign-in of users is a property of
# users that has to be selected, see the report reference for how.

report_type "service_principal_sign_in_activities" {
  description = "Last sign-in of each application, as client and as resource, delegated and by itself."
  api         = "graph"
  version     = "beta"
  path        = "/reports/servicePrincipalSignInActivities"
  id          = ["id"]
  permissions = ["AuditLog.Read.All", "Directory.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  limit       = "reports"
  source      = "documentation of beta (2023); licence and limit unverified"
  columns = [
    "id", "appId", "lastSignInActivity.lastSignInDateTime",
    "lastSignInActivity.lastSignInRequestId", "delegatedClientSignInActivity.lastSignInDateTime",
    "delegatedClientSignInActivity.lastSignInRequestId",
    "delegatedResourceSignInActivity.lastSignInDateTime",
    "delegatedResourceSignInActivity.lastSignInRequestId",
    "applicationAuthenticationClientSignInActivity.lastSignInDateTime",
    "applicationAuthenticationClientSignInActivity.lastSignInRequestId",
    "applicationAuthenticationResourceSignInActivity.lastSignInDateTime",
    "applicationAuthenticationResourceSignInActivity.lastSignInRequestId",
  ]
  types = {
    lastSignInActivity                                                   = "struct"
    "lastSignInActivity.lastSignInDateTime"                              = "timestamp"
    delegatedClientSignInActivity                                        = "struct"
    "delegatedClientSignInActivity.lastSignInDateTime"                   = "timestamp"
    delegatedResourceSignInActivity                                      = "struct"
    "delegatedResourceSignInActivity.lastSignInDateTime"                 = "timestamp"
    applicationAuthenticationClientSignInActivity                        = "struct"
    "applicationAuthenticationClientSignInActivity.lastSignInDateTime"   = "timestamp"
    applicationAuthenticationResourceSignInActivity                      = "struct"
    "applicationAuthenticationResourceSignInActivity.lastSignInDateTime" = "timestamp"
  }
}
