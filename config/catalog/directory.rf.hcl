# Microsoft Graph: directory

# Users, groups and devices. Users come with the service's default properties;
# a report names others with select.

report_type "users" {
  description = "User accounts with the default properties; name others with `select`."
  api         = "graph"
  version     = "v1.0"
  path        = "/users"
  id          = ["id"]
  page_size   = 999
  permissions = ["User.Read.All"]
  limit       = "directory"
  source      = "documentation; the columns are those that come without $select"
  columns = [
    "id", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "businessPhones",
  ]

  with_property "signInActivity" {
    page_size   = 500
    permissions = ["User.Read.All", "AuditLog.Read.All"]
    license     = "Microsoft Entra ID P1 or P2"
    licences    = ["p1", "p2"]
    limit       = "sign_in_activity"
    source      = "Microsoft Graph throttling limits: pages of 500, 10 requests a minute"
  }
}

report_type "groups" {
  description = "Groups: security, Microsoft 365, mail-enabled and dynamic."
  api         = "graph"
  version     = "v1.0"
  path        = "/groups"
  id          = ["id"]
  page_size   = 999
  permissions = ["Group.Read.All"]
  limit       = "directory"
  source      = "documentation; Group.ReadBasic.All serves for the basic properties"
  columns = [
    "id", "createdDateTime", "deletedDateTime", "classification", "description", "displayName",
    "expirationDateTime", "isAssignableToRole", "mail", "mailEnabled", "mailNickname",
    "membershipRule", "membershipRuleProcessingState", "onPremisesDomainName",
    "onPremisesLastSyncDateTime", "onPremisesNetBiosName", "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "preferredDataLocation",
    "preferredLanguage", "renewedDateTime", "securityEnabled", "securityIdentifier", "theme",
    "uniqueName", "visibility", "groupTypes", "proxyAddresses", "resourceProvisioningOptions",
  ]
}

report_type "devices" {
  description = "Devices that are registered with or joined to the directory."
  api         = "graph"
  version     = "v1.0"
  path        = "/devices"
  id          = ["id"]
  page_size   = 999
  permissions = ["Device.Read.All"]
  limit       = "directory"
  source      = "documentation; page size as users, unverified"
  columns = [
    "id", "registrationDateTime", "deletedDateTime", "accountEnabled",
    "approximateLastSignInDateTime", "complianceExpirationDateTime", "deviceCategory", "deviceId",
    "deviceOwnership", "displayName", "enrollmentProfileName", "enrollmentType", "isCompliant",
    "isManaged", "isRooted", "managementType", "manufacturer", "mdmAppId", "model",
    "onPremisesLastSyncDateTime", "onPremisesSyncEnabled", "operatingSystem",
    "operatingSystemVersion", "profileType", "trustType", "physicalIds",
  ]
}

# Applications and what they may do.

report_type "applications" {
  description = "Applications that are registered in this directory, with the expiry of their credentials."
  api         = "graph"
  version     = "v1.0"
  path        = "/applications"
  id          = ["id"]
  page_size   = 999
  permissions = ["Application.Read.All"]
  limit       = "directory"
  source      = "documentation"
  columns = [
    "id", "createdDateTime", "deletedDateTime", "appId", "applicationTemplateId", "description",
    "disabledByMicrosoftStatus", "displayName", "groupMembershipClaims", "isDisabled",
    "isFallbackPublicClient", "notes", "publisherDomain", "serviceManagementReference",
    "signInAudience", "uniqueName", "verifiedPublisher.displayName",
    "verifiedPublisher.verifiedPublisherId", "web.homePageUrl", "identifierUris", "keyCredentials",
    "passwordCredentials", "requiredResourceAccess", "tags",
  ]

  with_property "keyCredentials" {
    limit  = "key_credentials"
    source = "documentation of the lists; about 150 requests a minute observed"
  }
}

report_type "service_principals" {
  description = "Applications and managed identities that can be used in this directory."
  api         = "graph"
  version     = "v1.0"
  path        = "/servicePrincipals"
  id          = ["id"]
  page_size   = 999
  permissions = ["Application.Read.All"]
  limit       = "directory"
  source      = "documentation"
  columns = [
    "id", "deletedDateTime", "accountEnabled", "appDescription", "appDisplayName", "appId",
    "applicationTemplateId", "appOwnerOrganizationId", "appRoleAssignmentRequired", "description",
    "disabledByMicrosoftStatus", "displayName", "homepage", "isDisabled", "loginUrl", "logoutUrl",
    "notes", "preferredSingleSignOnMode", "servicePrincipalType", "signInAudience",
    "verifiedPublisher.displayName", "verifiedPublisher.verifiedPublisherId", "alternativeNames",
    "keyCredentials", "passwordCredentials", "replyUrls", "servicePrincipalNames", "tags",
  ]

  with_property "keyCredentials" {
    limit  = "key_credentials"
    source = "documentation of the lists; about 150 requests a minute observed"
  }
}

report_type "oauth2_permission_grants" {
  description = "Delegated permissions that were granted to applications, by users or for all users."
  api         = "graph"
  version     = "v1.0"
  path        = "/oauth2PermissionGrants"
  id          = ["id"]
  permissions = ["Directory.Read.All"]
  limit       = "directory"
  source      = "documentation"
  columns     = ["id", "clientId", "consentType", "principalId", "resourceId", "scope"]
}

# Roles.

report_type "directory_roles" {
  description = "Directory roles that are activated in this directory."
  api         = "graph"
  version     = "v1.0"
  path        = "/directoryRoles"
  id          = ["id"]
  permissions = ["RoleManagement.Read.Directory"]
  limit       = "directory"
  source      = "documentation: all rows in one page, no options"
  operators   = { "*" = [] }
  columns     = ["id", "description", "displayName", "roleTemplateId"]
}

report_type "role_assignments" {
  description = "Who holds which directory role, in which scope."
  api         = "graph"
  version     = "v1.0"
  path        = "/roleManagement/directory/roleAssignments"
  id          = ["id"]
  permissions = ["RoleManagement.Read.Directory"]
  limit       = "directory"
  source      = "documentation and metadata"
  columns = [
    "id", "appScopeId", "condition", "directoryScopeId", "principalId", "principalOrganizationId",
    "roleDefinitionId",
  ]
}

report_type "role_definitions" {
  description = "Directory roles, built in and custom, with the actions that they allow."
  api         = "graph"
  version     = "v1.0"
  path        = "/roleManagement/directory/roleDefinitions"
  id          = ["id"]
  permissions = ["RoleManagement.Read.Directory"]
  limit       = "directory"
  source      = "documentation"
  columns = [
    "id", "description", "displayName", "isBuiltIn", "isEnabled", "templateId", "version",
    "resourceScopes", "rolePermissions",
  ]
  types = {
    isBuiltIn       = "bool"
    isEnabled       = "bool"
    resourceScopes  = "list"
    rolePermissions = "list"
  }
}

# The directory as a whole.

report_type "subscribed_skus" {
  description = "Licences that were bought and how many are used."
  api         = "graph"
  version     = "v1.0"
  path        = "/subscribedSkus"
  id          = ["id"]
  permissions = ["LicenseAssignment.Read.All"]
  limit       = "directory"
  source      = "documentation: all rows in one page, no options; Organization.Read.All serves too"
  operators   = { "*" = [] }
  columns = [
    "id", "accountId", "accountName", "appliesTo", "capabilityStatus", "consumedUnits",
    "prepaidUnits.enabled", "prepaidUnits.lockedOut", "prepaidUnits.suspended",
    "prepaidUnits.warning", "skuId", "skuPartNumber", "servicePlans", "subscriptionIds",
  ]
  types = {
    consumedUnits            = "int32"
    prepaidUnits             = "struct"
    "prepaidUnits.enabled"   = "int32"
    "prepaidUnits.suspended" = "int32"
    "prepaidUnits.warning"   = "int32"
    "prepaidUnits.lockedOut" = "int32"
    skuId                    = "guid"
    servicePlans             = "list"
    subscriptionIds          = "list"
  }
}

report_type "organization" {
  description = "The directory itself: name, address, contacts, domains and plans."
  api         = "graph"
  version     = "v1.0"
  path        = "/organization"
  id          = ["id"]
  permissions = ["Organization.Read.All"]
  limit       = "directory"
  source      = "documentation"
  columns = [
    "id", "createdDateTime", "deletedDateTime", "city", "country", "countryLetterCode",
    "defaultUsageLocation", "displayName", "onPremisesLastSyncDateTime", "onPremisesSyncEnabled",
    "partnerTenantType", "postalCode", "preferredLanguage", "state", "street", "tenantType",
    "businessPhones", "securityComplianceNotificationMails", "technicalNotificationMails",
    "verifiedDomains", "assignedPlans",
  ]
  types = {
    createdDateTime                     = "timestamp"
    deletedDateTime                     = "timestamp"
    onPremisesLastSyncDateTime          = "timestamp"
    onPremisesSyncEnabled               = "bool"
    businessPhones                      = "list"
    securityComplianceNotificationMails = "list"
    technicalNotificationMails          = "list"
    verifiedDomains                     = "list"
    assignedPlans                       = "list"
  }
}

report_type "domains" {
  description = "Domains of the directory and how they are verified and federated."
  api         = "graph"
  version     = "v1.0"
  path        = "/domains"
  id          = ["id"]
  permissions = ["Domain.Read.All"]
  limit       = "directory"
  source      = "documentation"
  columns = [
    "id", "authenticationType", "availabilityStatus", "isAdminManaged", "isDefault", "isInitial",
    "isRoot", "isVerified", "passwordNotificationWindowInDays", "passwordValidityPeriodInDays",
    "state", "supportedServices",
  ]
  types = {
    isAdminManaged                   = "bool"
    isDefault                        = "bool"
    isInitial                        = "bool"
    isRoot                           = "bool"
    isVerified                       = "bool"
    passwordNotificationWindowInDays = "int32"
    passwordValidityPeriodInDays     = "int32"
    state                            = "struct"
    supportedServices                = "list"
  }
}
