# Microsoft Graph: audit logs

# Columns begin with the id and the time, then follow the order of the entity in
# the metadata; collections, which become JSON text, stand last. Prefer asks for
# the enum members that were added later and otherwise read unknownFutureValue.

# Sign-ins.

report_type "sign_ins" {
  description = "Interactive sign-ins of users."
  api         = "graph"
  version     = "v1.0"
  path        = "/auditLogs/signIns"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "createdDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation; lt as in Microsoft's samples; settle: P99 is 5 min, MFA 10 min and more (observed)"
  operators = {
    createdDateTime  = ["eq", "ge", "le", "gt", "lt"]
    signInEventTypes = []
  }
  columns = [
    "id", "createdDateTime", "appDisplayName", "appId", "clientAppUsed", "conditionalAccessStatus",
    "correlationId", "deviceDetail.browser", "deviceDetail.deviceId", "deviceDetail.displayName",
    "deviceDetail.isCompliant", "deviceDetail.isManaged", "deviceDetail.operatingSystem",
    "deviceDetail.trustType", "homeTenantId", "ipAddress", "isInteractive", "location.city",
    "location.countryOrRegion", "location.geoCoordinates.latitude",
    "location.geoCoordinates.longitude", "location.state", "resourceDisplayName", "resourceId",
    "resourceTenantId", "riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState",
    "servicePrincipalId", "servicePrincipalName", "status.additionalDetails", "status.errorCode",
    "status.failureReason", "userAgent", "userDisplayName", "userId", "userPrincipalName",
    "riskEventTypes_v2", "appliedConditionalAccessPolicies",
  ]
  types = {
    "location.geoCoordinates.latitude"  = "double"
    "location.geoCoordinates.longitude" = "double"
  }
}

report_type "sign_ins_beta" {
  description = "Interactive sign-ins of users with the fields of beta, such as the authentication steps."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signIns"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "createdDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation of beta; settle as for v1.0"
  operators = {
    createdDateTime  = ["eq", "ge", "le", "gt", "lt"]
    signInEventTypes = ["eq", "ne", "any"]
  }
  columns = [
    "id", "createdDateTime", "appDisplayName", "appId", "authenticationProtocol",
    "authenticationRequirement", "autonomousSystemNumber", "clientAppUsed", "clientCredentialType",
    "conditionalAccessStatus", "correlationId", "crossTenantAccessType", "deviceDetail.browser",
    "deviceDetail.deviceId", "deviceDetail.displayName", "deviceDetail.isCompliant",
    "deviceDetail.isManaged", "deviceDetail.operatingSystem", "deviceDetail.trustType",
    "homeTenantId", "incomingTokenType", "ipAddress", "isInteractive", "location.city",
    "location.countryOrRegion", "location.state", "originalRequestId", "resourceDisplayName",
    "resourceId", "resourceTenantId", "riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn",
    "riskState", "sessionId", "status.additionalDetails", "status.errorCode",
    "status.failureReason", "tokenIssuerType", "uniqueTokenIdentifier", "userAgent",
    "userDisplayName", "userId", "userPrincipalName", "userType", "signInEventTypes",
    "riskEventTypes_v2", "authenticationDetails", "appliedConditionalAccessPolicies",
  ]
}

report_type "sign_ins_non_interactive" {
  description = "Sign-ins by clients on behalf of a user, without the user taking part."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signIns"
  filter      = "signInEventTypes/any(t: t eq 'nonInteractiveUser')"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "createdDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation of beta; settle as for v1.0"
  columns = [
    "id", "createdDateTime", "appDisplayName", "appId", "authenticationProtocol",
    "authenticationRequirement", "autonomousSystemNumber", "clientAppUsed", "clientCredentialType",
    "conditionalAccessStatus", "correlationId", "crossTenantAccessType", "deviceDetail.browser",
    "deviceDetail.deviceId", "deviceDetail.displayName", "deviceDetail.isCompliant",
    "deviceDetail.isManaged", "deviceDetail.operatingSystem", "deviceDetail.trustType",
    "homeTenantId", "incomingTokenType", "ipAddress", "isInteractive", "location.city",
    "location.countryOrRegion", "location.state", "originalRequestId", "resourceDisplayName",
    "resourceId", "resourceTenantId", "riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn",
    "riskState", "sessionId", "status.additionalDetails", "status.errorCode",
    "status.failureReason", "tokenIssuerType", "uniqueTokenIdentifier", "userAgent",
    "userDisplayName", "userId", "userPrincipalName", "userType", "signInEventTypes",
    "riskEventTypes_v2", "authenticationDetails", "appliedConditionalAccessPolicies",
  ]
}

report_type "sign_ins_service_principal" {
  description = "Sign-ins of applications with a secret, a certificate or a federated credential of their own."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signIns"
  filter      = "signInEventTypes/any(t: t eq 'servicePrincipal')"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "createdDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation of beta; settle as for v1.0"
  columns = [
    "id", "createdDateTime", "appDisplayName", "appId", "appOwnerTenantId",
    "autonomousSystemNumber", "clientCredentialType", "conditionalAccessStatus", "correlationId",
    "crossTenantAccessType", "federatedCredentialId", "homeTenantId", "incomingTokenType",
    "ipAddress", "location.city", "location.countryOrRegion", "location.state",
    "resourceDisplayName", "resourceId", "resourceOwnerTenantId", "resourceServicePrincipalId",
    "resourceTenantId", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState",
    "servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint", "servicePrincipalId",
    "servicePrincipalName", "sessionId", "status.additionalDetails", "status.errorCode",
    "status.failureReason", "tokenIssuerType", "uniqueTokenIdentifier", "userAgent",
    "signInEventTypes", "appliedConditionalAccessPolicies",
  ]
}

report_type "sign_ins_managed_identity" {
  description = "Sign-ins of managed identities of Azure resources."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signIns"
  filter      = "signInEventTypes/any(t: t eq 'managedIdentity')"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "createdDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation of beta; settle as for v1.0"
  columns = [
    "id", "createdDateTime", "appDisplayName", "appId", "appOwnerTenantId",
    "autonomousSystemNumber", "azureResourceId", "clientCredentialType", "correlationId",
    "homeTenantId", "ipAddress", "location.city", "location.countryOrRegion", "location.state",
    "managedServiceIdentity.associatedResourceId", "managedServiceIdentity.federatedTokenId",
    "managedServiceIdentity.federatedTokenIssuer", "managedServiceIdentity.msiType",
    "resourceDisplayName", "resourceId", "resourceOwnerTenantId", "resourceServicePrincipalId",
    "resourceTenantId", "servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint",
    "servicePrincipalId", "servicePrincipalName", "sessionId", "status.additionalDetails",
    "status.errorCode", "status.failureReason", "uniqueTokenIdentifier", "signInEventTypes",
  ]
}

# Changes of the directory.

report_type "directory_audits" {
  description = "Changes of users, groups, applications, roles and policies, with who made them."
  api         = "graph"
  version     = "v1.0"
  path        = "/auditLogs/directoryAudits"
  time        = "activityDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "activityDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "30m"
  limit       = "reports"
  source      = "documentation; page size, lt and order observed; settle twice the 15 min that Microsoft names"
  operators = {
    activityDateTime    = ["eq", "ge", "le", "gt", "lt"]
    activityDisplayName = ["eq", "startswith"]
    loggedByService     = ["eq"]
  }
  columns = [
    "id", "activityDateTime", "activityDisplayName", "category", "correlationId",
    "initiatedBy.app.appId", "initiatedBy.app.displayName", "initiatedBy.app.servicePrincipalId",
    "initiatedBy.app.servicePrincipalName", "initiatedBy.user.id", "initiatedBy.user.displayName",
    "initiatedBy.user.ipAddress", "initiatedBy.user.userPrincipalName", "loggedByService",
    "operationType", "result", "resultReason", "targetResources", "additionalDetails",
  ]
}

report_type "directory_audits_beta" {
  description = "Changes of the directory with the fields of beta, such as the user agent."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/directoryAudits"
  time        = "activityDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "activityDateTime asc"
  page_size   = 1000
  permissions = ["AuditLog.Read.All"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "30m"
  limit       = "reports"
  source      = "documentation; as directory_audits of v1.0"
  operators = {
    activityDateTime    = ["eq", "ge", "le", "gt", "lt"]
    activityDisplayName = ["eq", "startswith"]
    loggedByService     = ["eq"]
  }
  columns = [
    "id", "activityDateTime", "activityDisplayName", "category", "correlationId",
    "initiatedBy.app.appId", "initiatedBy.app.displayName", "initiatedBy.app.servicePrincipalId",
    "initiatedBy.app.servicePrincipalName", "initiatedBy.user.id", "initiatedBy.user.displayName",
    "initiatedBy.user.ipAddress", "initiatedBy.user.userPrincipalName",
    "initiatedBy.user.homeTenantId", "initiatedBy.user.homeTenantName", "loggedByService",
    "operationType", "performedBy.appId", "performedBy.blueprintId", "performedBy.identityType",
    "result", "resultReason", "userAgent", "targetResources", "additionalDetails",
  ]
}

report_type "custom_security_attribute_audits" {
  description = "Changes of custom security attributes, which the directory audits leave out."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/customSecurityAttributeAudits"
  time        = "activityDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "le"
  order_by    = "activityDateTime asc"
  page_size   = 100
  permissions = ["CustomSecAttributeAuditLogs.Read.All"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "30m"
  limit       = "reports"
  source      = "documentation (eq, ge and le; pages of 100); retention and settle as directory_audits, unverified"
  columns = [
    "id", "activityDateTime", "activityDisplayName", "category", "correlationId",
    "initiatedBy.app.appId", "initiatedBy.app.displayName", "initiatedBy.app.servicePrincipalId",
    "initiatedBy.app.servicePrincipalName", "initiatedBy.user.id", "initiatedBy.user.displayName",
    "initiatedBy.user.ipAddress", "initiatedBy.user.userPrincipalName",
    "initiatedBy.user.homeTenantId", "initiatedBy.user.homeTenantName", "loggedByService",
    "operationType", "result", "resultReason", "userAgent", "targetResources", "additionalDetails",
  ]
}

# Provisioning between the directory and other systems.

report_type "provisioning" {
  description = "What the provisioning service created, changed and removed in other systems."
  api         = "graph"
  version     = "v1.0"
  path        = "/auditLogs/provisioning"
  time        = "activityDateTime"
  id          = ["id"]
  lower       = "gt"
  upper       = "lt"
  page_size   = 100
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  source      = "documentation: gt and lt alone, pages only with $top; ProvisioningLog.Read.All serves too; retention unverified"
  operators = {
    activityDateTime               = ["eq", "gt", "lt"]
    durationInMilliseconds         = ["eq", "gt", "lt"]
    "servicePrincipal/id"          = ["eq"]
    "servicePrincipal/displayName" = ["eq"]
  }
  columns = [
    "id", "activityDateTime", "changeId", "cycleId", "durationInMilliseconds",
    "initiatedBy.displayName", "initiatedBy.id", "initiatedBy.initiatorType", "jobId",
    "provisioningAction", "provisioningStatusInfo.errorInformation.errorCategory",
    "provisioningStatusInfo.errorInformation.errorCode",
    "provisioningStatusInfo.errorInformation.reason",
    "provisioningStatusInfo.errorInformation.recommendedAction", "provisioningStatusInfo.status",
    "servicePrincipal.displayName", "servicePrincipal.id", "sourceIdentity.displayName",
    "sourceIdentity.id", "sourceIdentity.identityType", "sourceSystem.displayName",
    "sourceSystem.id", "targetIdentity.displayName", "targetIdentity.id",
    "targetIdentity.identityType", "targetSystem.displayName", "targetSystem.id", "tenantId",
    "modifiedProperties", "provisioningSteps",
  ]
}

report_type "directory_provisioning" {
  description = "Provisioning events of the directory itself, such as cross-tenant synchronization."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/directoryProvisioning"
  time        = "activityDateTime"
  id          = ["id"]
  lower       = "gt"
  upper       = "lt"
  page_size   = 100
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "1h"
  limit       = "reports"
  source      = "metadata; everything else as provisioning, unverified"
  columns = [
    "id", "activityDateTime", "changeId", "cycleId", "durationInMilliseconds",
    "initiatedBy.displayName", "initiatedBy.id", "initiatedBy.initiatorType", "jobId",
    "provisioningAction", "provisioningStatusInfo.errorInformation.errorCategory",
    "provisioningStatusInfo.errorInformation.errorCode",
    "provisioningStatusInfo.errorInformation.reason",
    "provisioningStatusInfo.errorInformation.recommendedAction", "provisioningStatusInfo.status",
    "servicePrincipal.displayName", "servicePrincipal.id", "sourceIdentity.displayName",
    "sourceIdentity.id", "sourceIdentity.identityType", "sourceSystem.displayName",
    "sourceSystem.id", "targetIdentity.displayName", "targetIdentity.id",
    "targetIdentity.identityType", "targetSystem.displayName", "targetSystem.id", "tenantId",
    "modifiedProperties", "provisioningSteps",
  ]
}

# Sign-ups of customers.

report_type "sign_ups" {
  description = "Self-service sign-ups of customers of an external tenant."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signUps"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "le"
  order_by    = "createdDateTime asc"
  permissions = ["AuditLog.Read.All"]
  license     = "Microsoft Entra External ID"
  retention   = "30d"
  settle      = "1h"
  limit       = "reports"
  source      = "documentation (eq, ge and le); retention and settle as sign-ins, unverified"
  columns = [
    "id", "createdDateTime", "appDisplayName", "appId", "correlationId",
    "signUpIdentity.signUpIdentifier", "signUpIdentity.signUpIdentifierType",
    "signUpIdentityProvider", "signUpStage", "status.additionalDetails", "status.errorCode",
    "status.failureReason", "userSnapshot", "appliedEventListeners",
  ]
  types = {
    createdDateTime       = "timestamp"
    status                = "struct"
    "status.errorCode"    = "int32"
    appliedEventListeners = "list"
  }
}

# Counts and lists. None has a documented range of time to ask for, so each is a snapshot.

report_type "sign_in_events_summary" {
  description = "Number of sign-ins of each day."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signInEventsSummary"
  id          = ["id"]
  permissions = ["AuditLog.Read.All"]
  limit       = "reports"
  source      = "documentation; pages of 1000 by default"
  columns     = ["id", "activityDateTime", "signInCount"]
  types       = { activityDateTime = "timestamp", signInCount = "int64" }
}

report_type "sign_in_events_app_summary" {
  description = "Number of sign-ins to each application in the last 30 days."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/signInEventsAppSummary"
  id          = ["appId"]
  permissions = ["AuditLog.Read.All"]
  limit       = "reports"
  source      = "documentation"
  columns     = ["appId", "signInCount", "tenantId"]
  types       = { signInCount = "int64" }
}

report_type "audit_activity_types" {
  description = "The activities that the directory audits can name, by service and category."
  api         = "graph"
  version     = "beta"
  path        = "/auditLogs/auditActivityTypes"
  id          = ["id"]
  permissions = ["AuditLog.Read.All"]
  limit       = "reports"
  source      = "documentation; permission as directory_audits, unverified"
  columns     = ["id", "activity", "category", "service"]
}
