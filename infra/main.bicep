metadata name = 'Zendesk provisioning for Microsoft Entra ID'
metadata description = 'A function app that keeps the users and groups of one Zendesk account equal to the assignments of an Entra ID enterprise application.'

targetScope = 'resourceGroup'

// ---- Names and place

@description('Name of the environment; resource names are derived from it, and azd fills it in.')
@minLength(1)
@maxLength(40)
param environmentName string = 'zendesk-provisioning'

@description('Region. Must offer Flex Consumption.')
param location string = resourceGroup().location

@description('Tags for every resource.')
param tags object = {}

// ---- Microsoft Entra ID

@description('Tenant id of the directory whose users are provisioned.')
param entraTenantId string = tenant().tenantId

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

@description('When that secret ends, in seconds since 1970, so that people are told 30 days before; 0 when it has no end.')
@minValue(0)
param zendeskSecretExpiresAt int = 0

@description('Share of the Zendesk rate limit that this app may use, above 0 and at most 1. As text.')
param zendeskRateLimitShare string = '0.7'

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

@description('How long entries of the provisioning log are kept. In days.')
@minValue(1)
@maxValue(3650)
param logRetentionDays int = 90

// ---- Who is told

@description('E-mail addresses that are told about failures, separated by commas. They get the mails of the app and the alerts of the portal.')
param notificationEmail string = ''

@description('Mailbox from which Microsoft Graph sends these mails; without it, none are sent. Needs the permission described in docs/setup.md.')
param notificationSender string = ''

@secure()
@description('Address (https) that receives the same notices as JSON. It goes into the vault; leave it empty later to keep what the vault holds.')
param notificationWebhookUrl string = ''

@description('True to use the webhook address that the vault holds, without giving it again.')
param keepWebhook bool = false

@description('Length of silence after which the portal warns that no cycle came to its end.')
@allowed(['PT1H', 'PT2H', 'PT3H', 'PT6H', 'P1D', 'P2D'])
param noCycleAlertWindow string = 'PT2H'

@description('More failed objects than this within 30 minutes raise an alert, if they are more than a fifth of all.')
@minValue(1)
param failureAlertThreshold int = 25

// ---- Network

@description('Public: no network of its own. FixedAddress: calls leave from one fixed public address, for Zendesk IP restrictions. Private: the same, and storage and vault are reached by private endpoints only.')
@allowed(['Public', 'FixedAddress', 'Private'])
param networkMode string = 'Public'

@description('Address range of the virtual network, /24 or larger. Only for FixedAddress and Private.')
param networkAddressPrefix string = '10.80.0.0/24'

@description('Address ranges (CIDR) that may call the HTTP functions; empty for all. Function keys are needed in any case.')
param allowedInboundAddresses string[] = []

// ---- Size

@description('Version of Node.js.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances at once. Each timer, each queue and the HTTP functions as a whole run on instances of their own, so fewer than 5 makes them wait for each other; the limiter is shared, so more do not make Zendesk faster.')
@minValue(5)
@maxValue(40)
param maximumInstanceCount int = 5

@description('Most HTTP requests at once on one instance.')
@minValue(1)
@maxValue(100)
param httpConcurrency int = 16

@description('Redundancy of the storage account.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('Days that telemetry is kept; 30 are free of charge.')
@minValue(30)
@maxValue(730)
param telemetryRetentionDays int = 30

@description('Most gigabytes of telemetry a day, a guard against surprises; -1 for no limit.')
param telemetryDailyQuotaGb int = 1

// ---- Code

@description('Address of a release package (zip) to install. Empty when azd or a workflow deploys the code.')
param packageUri string = ''

@description('App settings besides those above. They win over settings of the same name.')
param extraAppSettings object = {}

// ---- Derived

var suffix = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var allTags = union(tags, { 'azd-env-name': environmentName })
var hasNetwork = networkMode != 'Public'
var isPrivate = networkMode == 'Private'
var usesApiToken = zendeskAuthentication == 'ApiToken'
var people = empty(notificationEmail)
  ? []
  : map(split(replace(notificationEmail, ';', ','), ','), address => trim(address))

module identity 'modules/identity.bicep' = {
  params: { name: 'id-zdprov-${suffix}', location: location, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: 'log-zdprov-${suffix}'
    insightsName: 'appi-zdprov-${suffix}'
    actionGroupName: 'ag-zdprov-${suffix}'
    location: location
    tags: allTags
    retentionDays: telemetryRetentionDays
    dailyQuotaGb: telemetryDailyQuotaGb
    principalId: identity.outputs.principalId
    alertEmails: filter(people, address => !empty(address))
  }
}

module network 'modules/network.bicep' = if (hasNetwork) {
  params: { name: 'zdprov-${suffix}', location: location, tags: allTags, addressPrefix: networkAddressPrefix }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: take('stzdprov${suffix}', 24)
    location: location
    tags: allTags
    sku: storageSku
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
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    isPrivate: isPrivate
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    zendeskSecret: zendeskSecret
    zendeskSecretExpiresAt: zendeskSecretExpiresAt
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
    name: 'private-endpoint-${endpoint.groupId}'
    params: {
      name: 'pe-zdprov-${endpoint.groupId}-${suffix}'
      location: location
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
  ENTRA_TENANT_ID: entraTenantId
  ENTRA_SERVICE_PRINCIPAL_ID: entraServicePrincipalId
  GRAPH_BASE_URL: graphBaseUrl
  ZENDESK_SUBDOMAIN: zendeskSubdomain
  ZENDESK_RATE_LIMIT_SHARE: zendeskRateLimitShare
  PROVISIONING_STATUS: provisioningStatus
  PROVISIONING_SCOPE: provisioningScope
  PROVISIONING_SCHEMA: provisioningSchema
  CYCLE_SCHEDULE: cycleSchedule
  GROUP_MEMBERSHIP: groupMembership
  DEFAULT_ACCESS: defaultAccess
  DEPROVISION_USERS: deprovisionUsers
  HARD_DELETED_USERS: hardDeletedUsers
  DELETION_THRESHOLD: string(deletionThreshold)
  DELETION_THRESHOLD_PERCENT: string(deletionThresholdPercent)
  PROTECTED_USERS: protectedUsers
  LOG_RETENTION_DAYS: string(logRetentionDays)
  NOTIFICATION_EMAIL: empty(notificationSender) ? '' : notificationEmail
  NOTIFICATION_SENDER: notificationSender
  NOTIFICATION_WEBHOOK_URL: vault.outputs.webhookReference
}

module app 'modules/app.bicep' = {
  params: {
    planName: 'plan-zdprov-${suffix}'
    name: 'func-zdprov-${suffix}'
    location: location
    tags: allTags
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    identityId: identity.outputs.id
    packageContainerUri: storage.outputs.packageContainerUri
    settings: union(settings, credentialSettings, extraAppSettings)
    subnetId: hasNetwork ? network!.outputs.appSubnetId : ''
    allowedAddresses: allowedInboundAddresses
    packageUri: packageUri
  }
  // The host reads its storage as soon as it starts.
  dependsOn: [privateEndpoints]
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: 'alert-zdprov-${suffix}'
    location: location
    tags: allTags
    insightsId: monitoring.outputs.insightsId
    actionGroupId: monitoring.outputs.actionGroupId
    isOn: provisioningStatus == 'On'
    noCycleWindow: noCycleAlertWindow
    failureThreshold: failureAlertThreshold
    usesApiToken: usesApiToken
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    location: location
    tags: allTags
    title: 'Zendesk provisioning'
    insightsId: monitoring.outputs.insightsId
  }
}

@description('Name of the function app.')
output AZURE_FUNCTION_APP_NAME string = app.outputs.name

@description('Address of the function app.')
output AZURE_FUNCTION_APP_URL string = app.outputs.url

@description('Address of the status page; it asks for a function key.')
output STATUS_URL string = '${app.outputs.url}/api/status'

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
