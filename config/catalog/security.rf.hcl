# Microsoft Graph: security

# Microsoft Defender. Both change after creation: alerts are read by creation
# time, incidents by last update, so that a changed incident is read again.
# Prefer is explained with the audit logs.

report_type "alerts" {
  description = "Alerts of the Defender products, read by the time of creation."
  api         = "graph"
  version     = "v1.0"
  path        = "/security/alerts_v2"
  time        = "createdDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  page_size   = 100
  permissions = ["SecurityAlert.Read.All"]
  license     = "a Microsoft Defender product"
  settle      = "1h"
  limit       = "security"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation; pages of 100 as in its example; settle a guess, no latency is published"
  columns = [
    "id", "createdDateTime", "actorDisplayName", "alertPolicyId", "alertWebUrl", "assignedTo",
    "category", "classification", "description", "detectionSource", "detectorId", "determination",
    "firstActivityDateTime", "incidentId", "incidentWebUrl", "investigationState",
    "lastActivityDateTime", "lastUpdateDateTime", "productName", "providerAlertId",
    "recommendedActions", "resolvedDateTime", "serviceSource", "severity", "status", "tenantId",
    "threatDisplayName", "threatFamilyName", "title", "categories", "mitreTechniques", "systemTags",
    "evidence",
  ]
}

report_type "incidents" {
  description = "Incidents, each a group of alerts that belong together, read by the time of the last update."
  api         = "graph"
  version     = "v1.0"
  path        = "/security/incidents"
  time        = "lastUpdateDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  order_by    = "lastUpdateDateTime asc"
  page_size   = 50
  permissions = ["SecurityIncident.Read.All"]
  license     = "a Microsoft Defender product"
  settle      = "1h"
  limit       = "security"
  headers     = { Prefer = "include-unknown-enum-members" }
  source      = "documentation and metadata; pages of 50 and order observed; settle a guess, no latency is published"
  columns = [
    "id", "lastUpdateDateTime", "assignedTo", "classification", "createdDateTime", "description",
    "determination", "displayName", "incidentWebUrl", "lastModifiedBy", "priorityScore",
    "redirectIncidentId", "resolvingComment", "severity", "status", "summary", "tenantId",
    "customTags", "systemTags", "comments",
  ]
}

# Secure score: the service holds one row a day for 90 days and gives all of them.

report_type "secure_scores" {
  description = "Secure score of each of the last 90 days."
  api         = "graph"
  version     = "v1.0"
  path        = "/security/secureScores"
  id          = ["id"]
  permissions = ["SecurityEvents.Read.All"]
  limit       = "security"
  source      = "documentation; filters on the time are not documented"
  columns = [
    "id", "createdDateTime", "activeUserCount", "azureTenantId", "currentScore",
    "licensedUserCount", "maxScore", "vendorInformation.provider",
    "vendorInformation.providerVersion", "vendorInformation.subProvider",
    "vendorInformation.vendor", "enabledServices", "averageComparativeScores", "controlScores",
  ]
  types = {
    createdDateTime          = "timestamp"
    activeUserCount          = "int32"
    licensedUserCount        = "int32"
    currentScore             = "double"
    maxScore                 = "double"
    vendorInformation        = "struct"
    enabledServices          = "list"
    averageComparativeScores = "list"
    controlScores            = "list"
  }
}

report_type "secure_score_control_profiles" {
  description = "The controls that the secure score counts, with remedy, cost and impact."
  api         = "graph"
  version     = "v1.0"
  path        = "/security/secureScoreControlProfiles"
  id          = ["id"]
  permissions = ["SecurityEvents.Read.All"]
  limit       = "security"
  source      = "documentation"
  columns = [
    "id", "lastModifiedDateTime", "actionType", "actionUrl", "azureTenantId", "controlCategory",
    "deprecated", "implementationCost", "maxScore", "rank", "remediation", "remediationImpact",
    "service", "tier", "title", "userImpact", "vendorInformation.provider",
    "vendorInformation.providerVersion", "vendorInformation.subProvider",
    "vendorInformation.vendor", "threats", "complianceInformation", "controlStateUpdates",
  ]
  types = {
    lastModifiedDateTime  = "timestamp"
    deprecated            = "bool"
    maxScore              = "double"
    rank                  = "int32"
    vendorInformation     = "struct"
    threats               = "list"
    complianceInformation = "list"
    controlStateUpdates   = "list"
  }
}
