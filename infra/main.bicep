metadata name = 'Zendesk provisioning for Microsoft Entra ID'
metadata description = 'A function app that keeps the users and groups of one Zendesk account equal to the assignments of an Entra ID enterprise application.'

targetScope = 'resourceGroup'

import { Settings, Tags } from 'modules/types.bicep'

// ---- Names and place

@description('Name of the environment; resource names are derived from it, and azd fills it in.')
@minLength(1)
@maxLength(40)
param environmentName string = 'zendesk-provisioning'

@description('Region. Each of these offers Flex Consumption, except those of national clouds: source and date are in regions.json.')
@allowed([
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
  'chinaeast2'
  'chinaeast3'
  'chinanorth2'
  'chinanorth3'
  'usdodcentral'
  'usdodeast'
  'usgovarizona'
  'usgovtexas'
  'usgovvirginia'
])
param location string = any(resourceGroup().location)

@description('Tags for every resource.')
param tags Tags = {}

// ---- Microsoft Entra ID

@description('Tenant id of the directory whose users are provisioned; empty for the tenant of the subscription.')
param entraTenantId string = ''

@description('Object id (not application id) of the Zendesk enterprise application whose assignments count.')
@minLength(36)
@maxLength(36)
param entraServicePrincipalId string

@description('Address of Microsoft Graph; change it in national clouds only.')
@allowed([
  'https://graph.microsoft.com/v1.0'
  'https://graph.microsoft.us/v1.0'
  'https://dod-graph.microsoft.us/v1.0'
  'https://microsoftgraph.chinacloudapi.cn/v1.0'
])
param graphBaseUrl string = 'https://graph.microsoft.com/v1.0'

@description('On has Microsoft Graph notify the app of changes, so that a cycle runs within seconds; this needs one more permission, and an address that Graph can reach.')
@allowed(['Off', 'On'])
param changeNotifications string = 'Off'

// ---- Zendesk

@description('Subdomain of the Zendesk account: acme of acme.zendesk.com.')
@minLength(2)
@maxLength(63)
param zendeskSubdomain string

@description('How the app signs in to Zendesk. API tokens stop on 30 April 2027.')
@allowed(['OAuth', 'ApiToken'])
param zendeskAuthentication string = 'OAuth'

@description('Unique identifier (not the number) of the Zendesk OAuth client, the recommended way to sign in. For OAuth.')
param zendeskOAuthClientId string = ''

@description('E-mail address of the Zendesk admin to whom the API token belongs. For ApiToken.')
param zendeskAdminEmail string = ''

@secure()
@description('Secret of the OAuth client, or the API token. It goes into the vault; leave it empty later to keep what the vault holds.')
param zendeskSecret string = ''

@description('Day on which that secret ends, such as 2027-06-30, so that notices start 30 days before; empty if it never expires.')
@maxLength(10)
// A day, and no secret.
#disable-next-line secure-secrets-in-params
param zendeskSecretExpiresAt string = ''

@description('Share of the Zendesk rate limit that this app may use, above 0 and at most 1. As text.')
param zendeskRateLimitShare string = '0.7'

// ---- Who may use the console

@description('Client id of the app registration with which people sign in to the console: only its tokens are accepted. Without it the console stays closed. infra/scripts/console-registration makes it.')
@maxLength(36)
param consoleClientId string = ''

@description('On: whatever removes access on the word of a person needs two people, one who asks for it in the console and another who approves it there; a function key cannot do it any more.')
@allowed(['Off', 'On'])
param twoPersonApproval string = 'Off'

// ---- What the job does

@description('Off until you have read a plan; then On.')
@allowed(['Off', 'On'])
param provisioningStatus string = 'Off'

@description('Who is provisioned: AssignedOnly, the users and groups assigned to the enterprise application, or All, every user of the tenant who passes the scoping filters.')
@allowed(['AssignedOnly', 'All'])
param provisioningScope string = 'AssignedOnly'

@description('Path of the mapping file inside the package.')
param provisioningSchema string = 'provisioning-schema.json'

@description('When cycles start: an NCRONTAB schedule with six fields, in UTC.')
param cycleSchedule string = '0 */20 * * * *'

@description('Who belongs to an assigned group: its Direct members only, or Transitive, the members of nested groups too.')
@allowed(['Direct', 'Transitive'])
param groupMembership string = 'Direct'

@description('What happens to users who are assigned with Default Access only: Skip them, or provision each as an EndUser.')
@allowed(['Skip', 'EndUser'])
param defaultAccess string = 'Skip'

@description('What happens to the account of a user who loses access: Suspend, DowngradeAndSuspend (which also frees the paid seat of an agent) or Nothing.')
@allowed(['Suspend', 'DowngradeAndSuspend', 'Nothing'])
param deprovisionUsers string = 'Suspend'

@description('What happens to the account of a user who is permanently deleted in Entra ID: Suspend, Delete (suspended instead while Zendesk refuses it because of open tickets) or Nothing.')
@allowed(['Suspend', 'Delete', 'Nothing'])
param hardDeletedUsers string = 'Suspend'

@description('What happens to the open tickets of an agent who loses access, before the seat is given back: Leave them, Unassign them, or give them to group:<name> or user:<e-mail>.')
param offboardTickets string = 'Leave'

@description('Deletes the account of a user so many days after access was taken away, unless the user has returned; only accounts that this app created, and never where it is not set. In days.')
param offboardDeleteAfterDays string = ''

@description('Erases the deleted account of a user permanently so many days after access was taken away; counted from the same day as OFFBOARD_DELETE_AFTER_DAYS, which must be set and not be greater. In days.')
param offboardEraseAfterDays string = ''

@description('Brake: if one cycle would remove more than this many objects, the removals wait for your approval. In objects.')
@minValue(0)
@maxValue(10000000)
param deletionThreshold int = 500

@description('Brake: if one cycle would remove more than this share of the provisioned objects, the removals wait for your approval; it applies from 10 removals up. In percent.')
@minValue(0)
@maxValue(100)
param deletionThresholdPercent int = 10

@description('E-mail addresses or Zendesk user ids of accounts that are never changed, besides those that are always protected; separated by commas.')
param protectedUsers string = ''

@description('E-mail addresses or Zendesk user ids of shared and service accounts, which nobody in Entra ID stands behind on purpose: the report of accounts marks them; separated by commas.')
param serviceAccounts string = ''

@description('How many agent seats you have bought; nobody is made an agent or admin beyond them. Empty: only what Zendesk itself refuses counts. In seats.')
param agentSeats string = ''

@description('When the report of accounts is made again and sent as a notice: an NCRONTAB schedule in UTC, such as 0 0 6 1 * *, or Off.')
param accountsReportSchedule string = 'Off'

@description('When every provisioned account and group is compared with what Entra ID says: an NCRONTAB schedule in UTC, or Off.')
param driftCheckSchedule string = '0 0 3 * * 0'

@description('What happens to what was changed in Zendesk: Report it, or Repair it, within the deletion threshold and without writing a role.')
@allowed(['Report', 'Repair'])
param driftRepair string = 'Report'

@description('How long entries of the provisioning log are kept. In days.')
@minValue(1)
@maxValue(3650)
param logRetentionDays int = 90

// ---- Who is notified

@description('E-mail addresses that are notified of failures, separated by commas. They get the mails of the app and the Azure alerts.')
param notificationEmail string = ''

@description('Mailbox from which Microsoft Graph sends these mails; without it, none are sent. Needs the permission described in docs/setup.md.')
param notificationSender string = ''

@secure()
@description('Address (https) that receives the same notices as JSON. It goes into the vault; leave it empty later to keep what the vault holds.')
param notificationWebhookUrl string = ''

@description('True to use the webhook address that the vault holds, without giving it again.')
param keepWebhook bool = false

@description('More failed objects than this within 30 minutes raise an alert, if they are more than a fifth of all.')
@minValue(1)
param failureAlertThreshold int = 25

// ---- Network

@description('Public: no network of its own. FixedAddress: calls leave from one fixed public address, for Zendesk IP restrictions. Private: the same, and storage and vault are reached by private endpoints only.')
@allowed(['Public', 'FixedAddress', 'Private'])
param networkMode string = 'Public'

@description('Address range of the virtual network, /24 or larger. Only for FixedAddress and Private.')
param networkAddressPrefix string = '10.80.0.0/24'

@description('Address ranges (CIDR) that may call the HTTP functions, separated by commas; empty for all. Function keys are needed in any case.')
param allowedInboundAddresses string = ''

// ---- Plan, size and availability

@description('FlexConsumption scales to zero. AppService is one instance that always runs, for national clouds and regions without Flex Consumption.')
@allowed(['FlexConsumption', 'AppService'])
param hostingPlan string = 'FlexConsumption'

@description('Version of Node.js.')
@allowed(['22', '24'])
param nodeVersion string = '24'

@description('Memory of an instance in MB. For FlexConsumption.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances at the same time; no region refuses 40. The limiter is shared, so more do not make Zendesk faster. For FlexConsumption.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Most HTTP requests at the same time on one instance. For FlexConsumption.')
@minValue(1)
@maxValue(100)
param httpConcurrency int = 16

@description('Instances that always run for the HTTP functions, so that pages open without a cold start; billed while they wait. For FlexConsumption.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttp int = 0

@description('Instances that always run for the work queue; billed while they wait. For FlexConsumption.')
@minValue(0)
@maxValue(20)
param alwaysReadyWork int = 0

@description('Size of the instance with hostingPlan AppService: a name of the Basic, Standard or Premium tier.')
@allowed(['B1', 'B2', 'S1', 'P0v3', 'P1v3'])
param appServiceSize string = 'B1'

@description('True spreads the plan over the availability zones of the region. The storage must be zone-redundant too: storageSku Standard_ZRS or Standard_GZRS. With AppService it takes P1v3, and two instances.')
param zoneRedundant bool = false

@description('Redundancy of the storage account: LRS within one building, ZRS over the zones of the region, GRS and GZRS besides in a second region.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('Days that telemetry is kept; 30 are free of charge.')
@minValue(30)
@maxValue(730)
param telemetryRetentionDays int = 30

@description('Most gigabytes of telemetry a day, a guard against surprises; -1 for no limit.')
param telemetryDailyQuotaGb int = 1

// ---- Code

@description('Address of a release package (zip) to install, https. Empty when azd or a workflow deploys the code.')
param packageUri string = ''

@description('SHA-256 of that package, 64 hexadecimal digits, from the release. The deployment compares it first and installs nothing else; empty installs without.')
@maxLength(64)
param packageSha256 string = ''

@description('App settings besides those above. They win over settings of the same name.')
param extraAppSettings Settings = {}

// ---- Derived

var suffix = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var allTags = union(tags, { 'azd-env-name': environmentName })
var isFlex = hostingPlan == 'FlexConsumption'
var hasNetwork = networkMode != 'Public'
var isPrivate = networkMode == 'Private'
var usesApiToken = zendeskAuthentication == 'ApiToken'
// What cannot work is refused while the deployment is validated, before anything is created.
var place = isFlex && !contains(loadJsonContent('regions.json', 'flexConsumption'), location)
  ? fail('Region ${location} does not offer Flex Consumption. Choose another one, or hostingPlan AppService.')
  : location
var redundancy = !zoneRedundant || contains(storageSku, 'ZRS')
  ? storageSku
  : fail('zoneRedundant needs a storage account that is: storageSku Standard_ZRS or Standard_GZRS.')
var size = isFlex || !zoneRedundant || appServiceSize == 'P1v3'
  ? appServiceSize
  : fail('zoneRedundant with hostingPlan AppService needs appServiceSize P1v3.')
var people = empty(notificationEmail)
  ? []
  : map(split(replace(notificationEmail, ';', ','), ','), address => trim(address))
var ranges = filter(map(split(allowedInboundAddresses, ','), range => trim(range)), range => !empty(range))

module identity 'modules/identity.bicep' = {
  params: { name: 'id-zdprov-${suffix}', location: place, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: 'log-zdprov-${suffix}'
    insightsName: 'appi-zdprov-${suffix}'
    actionGroupName: 'ag-zdprov-${suffix}'
    location: place
    tags: allTags
    retentionDays: telemetryRetentionDays
    dailyQuotaGb: telemetryDailyQuotaGb
    principalId: identity.outputs.principalId
    alertEmails: filter(people, address => !empty(address))
  }
}

module network 'modules/network.bicep' = if (hasNetwork) {
  params: {
    name: 'zdprov-${suffix}'
    location: place
    tags: allTags
    addressPrefix: networkAddressPrefix
    delegation: isFlex ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: take('stzdprov${suffix}', 24)
    location: place
    tags: allTags
    sku: redundancy
    principalId: identity.outputs.principalId
    isPrivate: isPrivate
    workspaceId: monitoring.outputs.workspaceId
    queues: loadJsonContent('storage-names.json', 'queues')
    tables: loadJsonContent('storage-names.json', 'tables')
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: take('kv-zdprov-${suffix}', 24)
    location: place
    tags: allTags
    principalId: identity.outputs.principalId
    isPrivate: isPrivate
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    zendeskSecret: zendeskSecret
    zendeskSecretExpiresAt: empty(zendeskSecretExpiresAt) ? 0 : dateTimeToEpoch('${zendeskSecretExpiresAt}T00:00:00Z')
    webhookUrl: notificationWebhookUrl
    hasWebhook: keepWebhook || !empty(notificationWebhookUrl)
  }
}

var storageSuffix = environment().suffixes.storage
var endpoints = [
  { groupId: 'blob', isVault: false, zone: 'privatelink.blob.${storageSuffix}' }
  { groupId: 'queue', isVault: false, zone: 'privatelink.queue.${storageSuffix}' }
  { groupId: 'table', isVault: false, zone: 'privatelink.table.${storageSuffix}' }
  // The suffix of a vault begins with a dot, and its private zone is spelt differently from its public one.
  {
    groupId: 'vault'
    isVault: true
    zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  }
]

module privateEndpoints 'modules/private-endpoint.bicep' = [
  for endpoint in endpoints: if (isPrivate) {
    params: {
      name: 'pe-zdprov-${endpoint.groupId}-${suffix}'
      location: place
      tags: allTags
      targetId: endpoint.isVault ? vault.outputs.id : storage.outputs.id
      groupId: endpoint.groupId
      zoneName: endpoint.zone
      networkId: network!.outputs.networkId
      subnetId: network!.outputs.endpointSubnetId
    }
  }
]

var credentialSettings = usesApiToken
  ? {
      ZENDESK_ADMIN_EMAIL: zendeskAdminEmail
      ZENDESK_API_TOKEN: vault.outputs.zendeskSecretReference
    }
  : {
      ZENDESK_OAUTH_CLIENT_ID: zendeskOAuthClientId
      ZENDESK_OAUTH_CLIENT_SECRET: vault.outputs.zendeskSecretReference
    }

// App Service authentication signs in as the app's identity, so that there is no secret to keep and none that ends.
// https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad#use-a-managed-identity-instead-of-a-secret-preview
var signInSettings = empty(consoleClientId)
  ? {}
  : { OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identity.outputs.clientId }

var settings = {
  // The host and the app reach storage as the identity. https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
  AzureWebJobsStorage__accountName: storage.outputs.name
  AzureWebJobsStorage__blobServiceUri: storage.outputs.blobEndpoint
  AzureWebJobsStorage__queueServiceUri: storage.outputs.queueEndpoint
  AzureWebJobsStorage__tableServiceUri: storage.outputs.tableEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  AZURE_CLIENT_ID: identity.outputs.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
  // The exporter would also report on itself, to an address that a closed network does not know.
  APPLICATION_INSIGHTS_NO_STATSBEAT: 'true'
  // Nothing is sampled away: the exporter of the host keeps five traces a second by itself, and with a trace goes what it logged. docs/host-settings.md
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1.0'
  ENTRA_TENANT_ID: empty(entraTenantId) ? tenant().tenantId : entraTenantId
  ENTRA_SERVICE_PRINCIPAL_ID: entraServicePrincipalId
  GRAPH_BASE_URL: graphBaseUrl
  CHANGE_NOTIFICATIONS: changeNotifications
  ZENDESK_SUBDOMAIN: zendeskSubdomain
  ZENDESK_SECRET_EXPIRES_AT: zendeskSecretExpiresAt
  ZENDESK_RATE_LIMIT_SHARE: zendeskRateLimitShare
  PROVISIONING_STATUS: provisioningStatus
  PROVISIONING_SCOPE: provisioningScope
  PROVISIONING_SCHEMA: provisioningSchema
  CYCLE_SCHEDULE: cycleSchedule
  GROUP_MEMBERSHIP: groupMembership
  DEFAULT_ACCESS: defaultAccess
  DEPROVISION_USERS: deprovisionUsers
  HARD_DELETED_USERS: hardDeletedUsers
  OFFBOARD_TICKETS: offboardTickets
  OFFBOARD_DELETE_AFTER_DAYS: offboardDeleteAfterDays
  OFFBOARD_ERASE_AFTER_DAYS: offboardEraseAfterDays
  DELETION_THRESHOLD: string(deletionThreshold)
  DELETION_THRESHOLD_PERCENT: string(deletionThresholdPercent)
  PROTECTED_USERS: protectedUsers
  SERVICE_ACCOUNTS: serviceAccounts
  AGENT_SEATS: agentSeats
  ACCOUNTS_REPORT_SCHEDULE: accountsReportSchedule
  DRIFT_CHECK_SCHEDULE: driftCheckSchedule
  DRIFT_REPAIR: driftRepair
  LOG_RETENTION_DAYS: string(logRetentionDays)
  CONSOLE_CLIENT_ID: consoleClientId
  TWO_PERSON_APPROVAL: twoPersonApproval
  NOTIFICATION_EMAIL: empty(notificationSender) ? '' : notificationEmail
  NOTIFICATION_SENDER: notificationSender
  NOTIFICATION_WEBHOOK_URL: vault.outputs.webhookReference
}

module app 'modules/app.bicep' = {
  params: {
    planName: 'plan-zdprov-${suffix}'
    name: 'func-zdprov-${suffix}'
    location: place
    tags: allTags
    nodeVersion: nodeVersion
    hosting: isFlex
      ? {
          kind: 'FlexConsumption'
          instanceMemoryMB: instanceMemoryMB
          maximumInstanceCount: maximumInstanceCount
          httpConcurrency: httpConcurrency
          alwaysReadyHttp: alwaysReadyHttp
          alwaysReadyWork: alwaysReadyWork
        }
      : { kind: 'AppService', size: size }
    zoneRedundant: zoneRedundant
    identityId: identity.outputs.id
    packageContainerUri: storage.outputs.packageContainerUri
    settings: union(settings, credentialSettings, signInSettings, extraAppSettings)
    consoleClientId: consoleClientId
    consoleTenantId: empty(entraTenantId) ? tenant().tenantId : entraTenantId
    subnetId: hasNetwork ? network!.outputs.appSubnetId : ''
    allowedAddresses: ranges
    packageUri: packageUri
    packageSha256: packageSha256
  }
  // The host reads its storage as soon as it starts.
  dependsOn: [privateEndpoints]
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: 'alert-zdprov-${suffix}'
    location: place
    tags: allTags
    insightsId: monitoring.outputs.insightsId
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    isOn: provisioningStatus == 'On'
    failureThreshold: failureAlertThreshold
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    location: place
    tags: allTags
    title: 'Zendesk provisioning'
    insightsId: monitoring.outputs.insightsId
  }
}

@description('Name of the function app.')
output AZURE_FUNCTION_APP_NAME string = app.outputs.name

@description('Address of the function app.')
output AZURE_FUNCTION_APP_URL string = app.outputs.url

@description('Address of the status; it asks for a function key.')
output STATUS_URL string = '${app.outputs.url}/api/status'

@description('Address of the console; people sign in to it.')
output CONSOLE_URL string = '${app.outputs.url}/api/console'

@description('Object id of the identity of the app: infra/scripts/grant-graph-permissions takes it.')
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Client id of the identity of the app: Exchange RBAC for Applications takes it.')
output IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('The fixed public address of calls to Zendesk and Graph; empty with networkMode Public.')
output OUTBOUND_ADDRESS string = hasNetwork ? network!.outputs.outboundAddress : ''

@description('Name of the vault.')
output KEY_VAULT_NAME string = vault.outputs.name

@description('Name of the storage account.')
output STORAGE_ACCOUNT_NAME string = storage.outputs.name

@description('Name of the Application Insights resource.')
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.insightsName

@description('Id of the workbook.')
output WORKBOOK_ID string = workbook.outputs.id
