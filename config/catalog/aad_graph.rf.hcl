# Azure AD Graph (retired on 31 August 2025)

# Reports send the newest 30 days unless the time property is filtered; the page
# size is not documented, so none is asked for. Columns are in the order of the
# documentation, id and time first.

# The audit of the directory.

report_type "audit_events" {
  description = "Changes of the directory: who did what to which object."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/auditEvents"
  successor   = "directory_audits"
  time        = "eventTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "180d"
  settle      = "30m"
  source      = "reporting API how-to, 2016; retention of the audit report, 2015; latency 1 to 30 min"
  columns = [
    "id", "eventTime", "actor", "action", "target", "actorDetail", "targetDetail",
    "updatedProperties",
  ]
  types = { eventTime = "timestamp" }
}

report_type "account_provisioning_events" {
  description = "What provisioning created, changed and removed in other applications."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/accountProvisioningEvents"
  successor   = "provisioning"
  time        = "eventTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns = [
    "id", "eventTime", "application", "instanceName", "operation", "sourceType", "targetType",
    "joiningProperty", "addedProperties", "removedProperties", "result",
  ]
  types = { eventTime = "timestamp" }
}

# Sign-in anomalies. An id can name the event or the user and can recur, so only
# id and time together identify an event. Latency is 2 to 8 hours.

report_type "sign_ins_from_unknown_sources_events" {
  description = "Sign-ins from anonymous proxies and other sources that hide their origin."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/signInsFromUnknownSourcesEvents"
  successor   = "risk_detections"
  time        = "timeOfLastSuccessfulSignIn"
  id          = ["id", "timeOfLastSuccessfulSignIn"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns = [
    "id", "timeOfLastSuccessfulSignIn", "numberOfSignins", "ipAddress", "displayName", "userName",
  ]
  types = { id = "guid", timeOfLastSuccessfulSignIn = "timestamp", numberOfSignins = "int32" }
}

report_type "sign_ins_from_ip_addresses_with_suspicious_activity_events" {
  description = "Sign-ins from addresses with many failed sign-ins of several accounts."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/signInsFromIPAddressesWithSuspiciousActivityEvents"
  successor   = "risk_detections"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns     = ["id", "eventTime", "ipAddress", "displayName", "userName"]
  types       = { id = "guid", eventTime = "timestamp" }
}

report_type "sign_ins_from_multiple_geographies_events" {
  description = "Two sign-ins of a user too far apart to travel between."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/signInsFromMultipleGeographiesEvents"
  successor   = "risk_detections"
  time        = "timeOfSecondSignIn"
  id          = ["id", "timeOfSecondSignIn"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns = [
    "id", "timeOfSecondSignIn", "firstSigninFrom", "secondSigninFrom", "timeBetweenSignIns",
    "estimatedTravelHours", "displayName", "userName",
  ]
  types = { id = "guid", timeOfSecondSignIn = "timestamp", estimatedTravelHours = "int32" }
}

report_type "sign_ins_from_possibly_infected_devices_events" {
  description = "Sign-ins from devices that seem to run malware."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/signInsFromPossiblyInfectedDevicesEvents"
  successor   = "risk_detections"
  time        = "lastSignInTime"
  id          = ["id", "lastSignInTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns = [
    "id", "lastSignInTime", "deviceIPAddress", "deviceLocation", "client", "suspectedInfection",
    "latestPotentiallySuspiciousActivity", "displayName", "userName",
  ]
  types = {
    id                                  = "guid"
    lastSignInTime                      = "timestamp"
    latestPotentiallySuspiciousActivity = "timestamp"
  }
}

report_type "irregular_sign_in_activity_events" {
  description = "Sign-ins that do not fit the habits of the user."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/irregularSignInActivityEvents"
  successor   = "risk_detections"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns = [
    "id", "eventTime", "ipAddress", "eventClassification", "device", "reason", "location",
    "displayName", "userName",
  ]
  types = { id = "guid", eventTime = "timestamp" }
}

report_type "all_users_with_anomalous_sign_in_activity_events" {
  description = "Users with an anomalous sign-in of any kind."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/allUsersWithAnomalousSignInActivityEvents"
  successor   = "risky_users"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns     = ["id", "eventTime", "detail", "reason", "displayName", "userName"]
  types       = { id = "guid", eventTime = "timestamp" }
}

report_type "sign_ins_after_multiple_failures_events" {
  description = "Successful sign-ins after a row of failed ones."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/signInsAfterMultipleFailuresEvents"
  successor   = "risk_detections"
  time        = "firstSuccessfulSignIn"
  id          = ["id", "firstSuccessfulSignIn"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns     = ["id", "firstSuccessfulSignIn", "failedAttemptsToSignIn", "displayName", "userName"]
  types       = { id = "guid", firstSuccessfulSignIn = "timestamp", failedAttemptsToSignIn = "int32" }
}

report_type "compromised_credentials" {
  description = "Users whose credentials were found to be leaked."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/compromisedCredentials"
  successor   = "risk_detections"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "90d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; retention of risky sign-ins in directories with P2"
  columns     = ["id", "eventTime", "credentialType", "reason", "displayName", "userName"]
  types       = { id = "guid", eventTime = "timestamp" }
}

# Password reset and self-service groups, in the cloud and from Identity Manager.

report_type "sspr_activity_events" {
  description = "Password resets by users themselves."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/ssprActivityEvents"
  successor   = "directory_audits"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns = [
    "id", "eventTime", "role", "methodsUsed", "result", "details", "displayName", "userName",
  ]
  types = { eventTime = "timestamp" }
}

report_type "sspr_registration_activity_events" {
  description = "Registrations for password reset."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/ssprRegistrationActivityEvents"
  successor   = "user_registration_details"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns     = ["id", "eventTime", "role", "registrationActivity", "displayName", "userName"]
  types       = { eventTime = "timestamp" }
}

report_type "ssgm_group_activity_events" {
  description = "Self-service group management."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/ssgmGroupActivityEvents"
  successor   = "directory_audits"
  time        = "eventTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns     = ["id", "eventTime", "group", "action"]
  types       = { eventTime = "timestamp" }
}

report_type "mim_sspr_activity_events" {
  description = "Password resets through Identity Manager."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/mimSsprActivityEvents"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns = [
    "id", "eventTime", "role", "methodsUsed", "result", "details", "displayName", "userName",
  ]
  types = { eventTime = "timestamp" }
}

report_type "mim_sspr_registration_activity_events" {
  description = "Registrations for password reset through Identity Manager."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/mimSsprRegistrationActivityEvents"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns     = ["id", "eventTime", "role", "registrationActivity", "displayName", "userName"]
  types       = { eventTime = "timestamp" }
}

report_type "mim_ssgm_group_activity_events" {
  description = "Self-service group management through Identity Manager."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/mimSsgmGroupActivityEvents"
  time        = "eventTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016"
  columns     = ["id", "eventTime", "group", "action"]
  types       = { eventTime = "timestamp" }
}

# Use of applications, users and groups.

report_type "application_usage_summary_events" {
  description = "Sign-ins and distinct users of each application."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/applicationUsageSummaryEvents"
  time        = "eventTime"
  id          = ["id", "eventTime"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  retention   = "30d"
  settle      = "8h"
  source      = "reporting API how-to, 2016; whether the id is of the event or the application is not said"
  columns     = ["id", "eventTime", "applicationName", "uniqueUsers", "signIns"]
  types       = { eventTime = "timestamp", uniqueUsers = "int32", signIns = "int32" }
}

report_type "application_usage_detail_events" {
  description = "Sign-ins to applications in detail."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/applicationUsageDetailEvents"
  id          = []
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium"
  source      = "a public client names it; fields and time property unknown"
}

report_type "all_user_sign_in_activity_events" {
  description = "Sign-ins of all users (private preview)."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/allUserSignInActivityEvents"
  successor   = "sign_ins"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "application_usage_summary" {
  description = "Use of applications in sum."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/applicationUsageSummary"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "user_activity_summary" {
  description = "Activity of users in sum."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/userActivitySummary"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "group_activity_summary" {
  description = "Activity of groups in sum."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/groupActivitySummary"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "threatened_credentials" {
  description = "Credentials under threat."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/threatenedCredentials"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "weak_credentials" {
  description = "Credentials that are weak."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/weakCredentials"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "cloud_app_discovery_events" {
  description = "Cloud applications found in use."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/cloudAppDiscoveryEvents"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

# Azure AD B2C. Counts are filtered by TimeStamp with gt and lt, although some
# rows carry other time properties, and are refreshed every 24 to 48 hours.

report_type "tenant_user_count" {
  description = "Number of users of each day, by kind of account."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/tenantUserCount"
  time        = "TimeStamp"
  id          = ["TimeStamp"]
  lower       = "gt"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "48h"
  source      = "B2C reporting article, 2017; breakdown observed"
  columns = [
    "TimeStamp", "TotalUserCount", "OtherUserCount", "LocalUserCount", "AlternateIdUserCount",
    "AlternateIdUserBreakDown",
  ]
  types = {
    TimeStamp                = "timestamp"
    TotalUserCount           = "int64"
    OtherUserCount           = "int64"
    LocalUserCount           = "int64"
    AlternateIdUserCount     = "int64"
    AlternateIdUserBreakDown = "list"
  }
}

report_type "b2c_authentication_count_summary" {
  description = "Number of authentications of each day, by authentication flow."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cAuthenticationCountSummary"
  time        = "TimeStamp"
  id          = ["Date"]
  lower       = "gt"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "48h"
  source      = "B2C reporting article, 2017; fields observed in public clients"
  columns     = ["Date", "AuthenticationCount", "AuthFlowTypeBreakDown"]
  types       = { AuthenticationCount = "int64", AuthFlowTypeBreakDown = "list" }
}

report_type "b2c_authentication_count" {
  description = "Number of authentications in the slice."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cAuthenticationCount"
  time        = "TimeStamp"
  id          = []
  lower       = "gt"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "48h"
  source      = "B2C reporting article, 2017; fields observed in a public client"
  columns     = ["StartTimeStamp", "EndTimeStamp", "AuthenticationCount"]
  types = {
    StartTimeStamp      = "timestamp"
    EndTimeStamp        = "timestamp"
    AuthenticationCount = "int64"
  }
}

report_type "b2c_mfa_request_count_summary" {
  description = "Number of multifactor authentications of each day, by kind."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cMfaRequestCountSummary"
  time        = "TimeStamp"
  id          = ["Date"]
  lower       = "gt"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "48h"
  source      = "B2C reporting article, 2017; fields observed in public clients"
  columns     = ["Date", "MfaCount", "MfaTypeBreakDown"]
  types       = { MfaCount = "int64", MfaTypeBreakDown = "list" }
}

report_type "b2c_mfa_request_count" {
  description = "Number of multifactor authentications in the slice."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cMfaRequestCount"
  time        = "TimeStamp"
  id          = []
  lower       = "gt"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = "30d"
  settle      = "48h"
  source      = "B2C reporting article, 2017; fields observed in a public client"
  columns     = ["StartTimeStamp", "EndTimeStamp", "MfaCount"]
  types       = { StartTimeStamp = "timestamp", EndTimeStamp = "timestamp", MfaCount = "int64" }
}

report_type "b2c_authentication_event" {
  description = "Authentications of customers."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cAuthenticationEvent"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "b2c_mfa_request_event" {
  description = "Multifactor authentications of customers."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cMfaRequestEvent"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "b2c_user_journey_events" {
  description = "Runs of user journeys."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cUserJourneyEvents"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields and time property unknown"
}

report_type "b2c_user_journey_summary_events" {
  description = "Outcomes of user journeys in sum."
  api         = "aad_graph"
  version     = "beta"
  path        = "/reports/b2cUserJourneySummaryEvents"
  id          = []
  permissions = ["Directory.Read.All"]
  source      = "a public client names it; fields observed, time property unknown"
  columns = [
    "Id", "BasePolicyUniqueId", "UserJourneyId", "SuccessCount", "FailureCount", "CallerErrorCount",
  ]
  types = { SuccessCount = "int64", FailureCount = "int64", CallerErrorCount = "int64" }
}

# Activities, the successor within the same API: pages of up to 1000, with their
# own paths. Fields observed.

report_type "activities_audit" {
  description = "Changes of the directory in the form of the activities API."
  api         = "aad_graph"
  version     = "beta"
  path        = "/activities/audit"
  successor   = "directory_audits"
  time        = "activityDate"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "30m"
  source      = "audit API reference, 2016; latency 1 to 30 min; permission of the reports, unverified"
  operators = {
    activityDate   = ["eq", "ge", "le", "gt", "lt"]
    category       = ["eq"]
    activityStatus = ["eq"]
    activityType   = ["eq"]
    activity       = ["eq", "contains", "startswith"]
  }
  columns = [
    "id", "activityDate", "activity", "activityDateInMillis", "activityOperationType",
    "activityResultDescription", "activityResultStatus", "activityType", "actor.name",
    "actor.objectId", "actor.userPrincipalName", "actor.ipAddress", "actor.servicePrincipalName",
    "actorType", "additionalDetails", "category", "componentOrSource", "correlationId",
    "domainName", "internalCorrelationId", "source", "tenantGeolocation", "tenantId", "tenantName",
    "targets",
  ]
  types = {
    activityDate         = "timestamp"
    activityDateInMillis = "int64"
    actor                = "struct"
    targets              = "list"
  }
}

report_type "activities_sign_ins" {
  description = "Sign-ins of users in the form of the activities API."
  api         = "aad_graph"
  version     = "beta"
  path        = "/activities/signinEvents"
  successor   = "sign_ins"
  time        = "signinDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "lt"
  permissions = ["Directory.Read.All"]
  license     = "Azure AD Premium P1 or P2"
  licences    = ["p1", "p2"]
  retention   = { free = "7d", p1 = "30d", p2 = "30d" }
  settle      = "2h"
  source      = "sign-in activity API reference, 2016; the application also needs the role Security Reader; settle a guess"
  operators = {
    signinDateTime    = ["eq", "ge", "le", "gt", "lt"]
    userId            = ["eq"]
    userPrincipalName = ["eq"]
    appId             = ["eq"]
    appDisplayName    = ["eq"]
    loginStatus       = ["eq"]
  }
  columns = [
    "id", "signinDateTime", "signinDateTimeInMillis", "userId", "userPrincipalName",
    "userDisplayName", "appId", "appDisplayName", "ipAddress", "loginStatus", "signinErrorCode",
    "failureReason", "deviceInformation", "geoCoordinates.city", "geoCoordinates.country",
    "geoCoordinates.latitude", "geoCoordinates.longitude", "geoCoordinates.state", "mfaResult",
    "mfaAuthDetail",
  ]
  types = {
    signinDateTime             = "timestamp"
    signinDateTimeInMillis     = "int64"
    geoCoordinates             = "struct"
    signinErrorCode            = "int32"
    "geoCoordinates.latitude"  = "double"
    "geoCoordinates.longitude" = "double"
  }
}
