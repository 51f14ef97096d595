# Microsoft Graph: identity protection

# What was detected. Offline detections appear up to 8 hours late, and a
# detection changes after the first sight (risk state, last update). Prefer is
# explained with the audit logs.

report_type "risk_detections" {
  description = "Risks found in the sign-ins and accounts of users."
  api         = "graph"
  version     = "v1.0"
  path        = "/identityProtection/riskDetections"
  time        = "detectedDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "detectedDateTime asc"
  page_size   = 500
  permissions = ["IdentityRiskEvent.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "90d" }
  settle      = "8h"
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation; observed: order, and 400 for pages above 500"
  columns = [
    "id", "detectedDateTime", "activity", "activityDateTime", "additionalInfo", "correlationId",
    "detectionTimingType", "ipAddress", "lastUpdatedDateTime", "location.city",
    "location.countryOrRegion", "location.geoCoordinates.latitude",
    "location.geoCoordinates.longitude", "location.state", "requestId", "riskDetail",
    "riskEventType", "riskLevel", "riskState", "source", "tokenIssuerType", "userDisplayName",
    "userId", "userPrincipalName",
  ]
  types = {
    "location.geoCoordinates.latitude"  = "double"
    "location.geoCoordinates.longitude" = "double"
  }
}

report_type "service_principal_risk_detections" {
  description = "Risks found in the sign-ins and credentials of applications."
  api         = "graph"
  version     = "v1.0"
  path        = "/identityProtection/servicePrincipalRiskDetections"
  time        = "detectedDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  page_size   = 500
  permissions = ["IdentityRiskEvent.Read.All"]
  license     = "Microsoft Entra Workload ID Premium"
  retention   = { free = "7d", p1 = "30d", p2 = "90d" }
  settle      = "8h"
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation; page size observed; retention and settle as risk_detections, unverified"
  columns = [
    "id", "detectedDateTime", "activity", "activityDateTime", "additionalInfo", "appId",
    "correlationId", "detectionTimingType", "ipAddress", "lastUpdatedDateTime", "location.city",
    "location.countryOrRegion", "location.geoCoordinates.latitude",
    "location.geoCoordinates.longitude", "location.state", "requestId", "riskDetail",
    "riskEventType", "riskLevel", "riskState", "servicePrincipalDisplayName", "servicePrincipalId",
    "source", "tokenIssuerType", "keyIds",
  ]
  types = {
    "location.geoCoordinates.latitude"  = "double"
    "location.geoCoordinates.longitude" = "double"
  }
}

report_type "agent_risk_detections" {
  description = "Risks found in the activity of agents."
  api         = "graph"
  version     = "beta"
  path        = "/identityProtection/agentRiskDetections"
  time        = "detectedDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["IdentityRiskEvent.Read.All"]
  retention   = "90d"
  settle      = "8h"
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation of beta; retention and settle as risk_detections, unverified"
  columns = [
    "id", "detectedDateTime", "activityDateTime", "additionalInfo", "agentDisplayName", "agentId",
    "detectionTimingType", "lastModifiedDateTime", "riskDetail", "riskEventType", "riskEvidence",
    "riskLevel", "riskState",
  ]
  types = {
    detectedDateTime     = "timestamp"
    activityDateTime     = "timestamp"
    lastModifiedDateTime = "timestamp"
  }
}

# Who is at risk now.

report_type "risky_users" {
  description = "Users at risk and what became of the risk; kept until it is resolved."
  api         = "graph"
  version     = "v1.0"
  path        = "/identityProtection/riskyUsers"
  id          = ["id"]
  page_size   = 500
  permissions = ["IdentityRiskyUser.Read.All"]
  license     = "Microsoft Entra ID P2"
  licences    = ["p2"]
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation; page size observed"
  columns = [
    "id", "riskLastUpdatedDateTime", "isDeleted", "isProcessing", "riskDetail", "riskLevel",
    "riskState", "userDisplayName", "userPrincipalName",
  ]
}

report_type "risky_service_principals" {
  description = "Applications at risk; kept until the risk is resolved."
  api         = "graph"
  version     = "v1.0"
  path        = "/identityProtection/riskyServicePrincipals"
  id          = ["id"]
  page_size   = 500
  permissions = ["IdentityRiskyServicePrincipal.Read.All"]
  license     = "Microsoft Entra Workload ID Premium"
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation; page size as risky_users, unverified"
  columns = [
    "id", "riskLastUpdatedDateTime", "appId", "displayName", "isEnabled", "isProcessing",
    "riskDetail", "riskLevel", "riskState", "servicePrincipalType",
  ]
}

report_type "risky_agents" {
  description = "Agents at risk."
  api         = "graph"
  version     = "beta"
  path        = "/identityProtection/riskyAgents"
  id          = ["id"]
  permissions = ["IdentityRiskyAgent.Read.All"]
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation of beta"
  columns = [
    "id", "riskLastModifiedDateTime", "agentDisplayName", "isDeleted", "isEnabled", "isProcessing",
    "riskDetail", "riskLevel", "riskState",
  ]
  types = {
    riskLastModifiedDateTime = "timestamp"
    isDeleted                = "bool"
    isEnabled                = "bool"
    isProcessing             = "bool"
  }
}

# The policies that decide on sign-ins.

report_type "conditional_access_policies" {
  description = "Conditional Access policies: conditions, grant controls and session controls."
  api         = "graph"
  version     = "v1.0"
  path        = "/identity/conditionalAccess/policies"
  id          = ["id"]
  permissions = ["Policy.Read.All"]
  license     = "Microsoft Entra ID P1 or P2"
  licences    = ["p1", "p2"]
  limit       = "identity_protection"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation"
  columns = [
    "id", "createdDateTime", "description", "displayName", "modifiedDateTime", "state",
    "templateId", "conditions", "grantControls", "sessionControls",
  ]
}
