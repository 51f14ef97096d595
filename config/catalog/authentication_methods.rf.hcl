# Microsoft Graph: authentication methods

# Registration for multifactor authentication and password reset. The user
# counts by method and by feature accept delegated calls alone and are not here.

report_type "user_registration_details" {
  description = "For each user the registered authentication methods and what they suffice for."
  api         = "graph"
  version     = "v1.0"
  path        = "/reports/authenticationMethods/userRegistrationDetails"
  id          = ["id"]
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  limit       = "reports"
  source      = "documentation; no page size documented; Reports.Read.All alone gives 403 (observed)"
  columns = [
    "id", "lastUpdatedDateTime", "isAdmin", "isMfaCapable", "isMfaRegistered",
    "isPasswordlessCapable", "isSsprCapable", "isSsprEnabled", "isSsprRegistered",
    "isSystemPreferredAuthenticationMethodEnabled", "userDisplayName",
    "userPreferredMethodForSecondaryAuthentication", "userPrincipalName", "userType",
    "methodsRegistered", "systemPreferredAuthenticationMethods",
  ]
}
