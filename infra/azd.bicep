// Made from main.bicep by `npm run infra:check -- --write`: change that file, not this one.
metadata description = 'What azd deploys: a resource group, and main.bicep in it.'

targetScope = 'subscription'

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
@metadata({ azd: { type: 'location' } })
param location string

@description('Tags for every resource. Written NAME=value, with | between them.')
param tags string = ''

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

@description('App settings besides those above. They win over settings of the same name. Written NAME=value, with | between them.')
param extraAppSettings string = ''

@description('Name of the resource group that is created, and that azd down deletes with everything in it.')
@maxLength(90)
param resourceGroupName string = ''

@description('Values by name, out of NAME=value|NAME=value.')
func pairs(text string) { *: string } =>
  toObject(
    filter(split(text, '|'), pair => contains(pair, '=')),
    pair => trim(split(pair, '=')[0]),
    pair => substring(pair, indexOf(pair, '=') + 1)
  )

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
  location: location
  tags: union(pairs(tags), { 'azd-env-name': environmentName })
}

module app 'main.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    location: location
    tags: pairs(tags)
    entraTenantId: entraTenantId
    entraServicePrincipalId: entraServicePrincipalId
    graphBaseUrl: graphBaseUrl
    changeNotifications: changeNotifications
    zendeskSubdomain: zendeskSubdomain
    zendeskAuthentication: zendeskAuthentication
    zendeskOAuthClientId: zendeskOAuthClientId
    zendeskAdminEmail: zendeskAdminEmail
    zendeskSecret: zendeskSecret
    zendeskSecretExpiresAt: zendeskSecretExpiresAt
    zendeskRateLimitShare: zendeskRateLimitShare
    consoleClientId: consoleClientId
    twoPersonApproval: twoPersonApproval
    provisioningStatus: provisioningStatus
    provisioningScope: provisioningScope
    provisioningSchema: provisioningSchema
    cycleSchedule: cycleSchedule
    groupMembership: groupMembership
    defaultAccess: defaultAccess
    deprovisionUsers: deprovisionUsers
    hardDeletedUsers: hardDeletedUsers
    offboardTickets: offboardTickets
    offboardDeleteAfterDays: offboardDeleteAfterDays
    offboardEraseAfterDays: offboardEraseAfterDays
    deletionThreshold: deletionThreshold
    deletionThresholdPercent: deletionThresholdPercent
    protectedUsers: protectedUsers
    serviceAccounts: serviceAccounts
    agentSeats: agentSeats
    accountsReportSchedule: accountsReportSchedule
    driftCheckSchedule: driftCheckSchedule
    driftRepair: driftRepair
    logRetentionDays: logRetentionDays
    notificationEmail: notificationEmail
    notificationSender: notificationSender
    notificationWebhookUrl: notificationWebhookUrl
    keepWebhook: keepWebhook
    failureAlertThreshold: failureAlertThreshold
    networkMode: networkMode
    networkAddressPrefix: networkAddressPrefix
    allowedInboundAddresses: allowedInboundAddresses
    hostingPlan: hostingPlan
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyWork: alwaysReadyWork
    appServiceSize: appServiceSize
    zoneRedundant: zoneRedundant
    storageSku: storageSku
    telemetryRetentionDays: telemetryRetentionDays
    telemetryDailyQuotaGb: telemetryDailyQuotaGb
    packageUri: packageUri
    packageSha256: packageSha256
    extraAppSettings: pairs(extraAppSettings)
  }
}

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output AZURE_FUNCTION_APP_NAME string = app.outputs.AZURE_FUNCTION_APP_NAME

@description('Address of the function app.')
output AZURE_FUNCTION_APP_URL string = app.outputs.AZURE_FUNCTION_APP_URL

@description('Address of the status; it asks for a function key.')
output STATUS_URL string = app.outputs.STATUS_URL

@description('Address of the console; people sign in to it.')
output CONSOLE_URL string = app.outputs.CONSOLE_URL

@description('Object id of the identity of the app: infra/scripts/grant-graph-permissions takes it.')
output IDENTITY_PRINCIPAL_ID string = app.outputs.IDENTITY_PRINCIPAL_ID

@description('Client id of the identity of the app: Exchange RBAC for Applications takes it.')
output IDENTITY_CLIENT_ID string = app.outputs.IDENTITY_CLIENT_ID

@description('The fixed public address of calls to Zendesk and Graph; empty with networkMode Public.')
output OUTBOUND_ADDRESS string = app.outputs.OUTBOUND_ADDRESS

@description('Name of the vault.')
output KEY_VAULT_NAME string = app.outputs.KEY_VAULT_NAME

@description('Name of the storage account.')
output STORAGE_ACCOUNT_NAME string = app.outputs.STORAGE_ACCOUNT_NAME

@description('Name of the Application Insights resource.')
output APPLICATION_INSIGHTS_NAME string = app.outputs.APPLICATION_INSIGHTS_NAME

@description('Id of the workbook.')
output WORKBOOK_ID string = app.outputs.WORKBOOK_ID
