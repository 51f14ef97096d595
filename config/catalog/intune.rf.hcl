# Microsoft Graph: Intune

# Device management.

report_type "intune_audit_events" {
  description = "Changes made in Intune, with who made them."
  api         = "graph"
  version     = "v1.0"
  path        = "/deviceManagement/auditEvents"
  time        = "activityDateTime"
  id          = ["id"]
  lower       = "ge"
  upper       = "le"
  order_by    = "activityDateTime asc"
  permissions = ["DeviceManagementApps.Read.All"]
  license     = "Microsoft Intune"
  settle      = "1h"
  limit       = "intune"
  source      = "documentation; ge, le and order as tools use them, unverified; settle a guess"
  columns = [
    "id", "activityDateTime", "activity", "activityOperationType", "activityResult", "activityType",
    "actor.applicationDisplayName", "actor.applicationId", "actor.auditActorType",
    "actor.ipAddress", "actor.servicePrincipalName", "actor.userId", "actor.userPrincipalName",
    "category", "componentName", "correlationId", "displayName", "resources",
  ]
}

report_type "managed_devices" {
  description = "Devices that Intune manages."
  api         = "graph"
  version     = "v1.0"
  path        = "/deviceManagement/managedDevices"
  id          = ["id"]
  permissions = ["DeviceManagementManagedDevices.Read.All"]
  license     = "Microsoft Intune"
  limit       = "intune"
  source      = "documentation; limit as for audit events, unverified"
  columns = [
    "id", "lastSyncDateTime", "azureADDeviceId", "azureADRegistered",
    "complianceGracePeriodExpirationDateTime", "complianceState", "deviceCategoryDisplayName",
    "deviceEnrollmentType", "deviceName", "deviceRegistrationState", "emailAddress",
    "enrolledDateTime", "enrollmentProfileName", "freeStorageSpaceInBytes", "imei", "isEncrypted",
    "isSupervised", "jailBroken", "managedDeviceName", "managedDeviceOwnerType", "managementAgent",
    "managementState", "manufacturer", "meid", "model", "operatingSystem", "osVersion",
    "partnerReportedThreatState", "phoneNumber", "serialNumber", "subscriberCarrier",
    "totalStorageSpaceInBytes", "userDisplayName", "userId", "userPrincipalName", "wiFiMacAddress",
  ]
}
