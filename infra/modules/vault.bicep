metadata description = 'The vault with the secrets of Zendesk and of the webhook, of which only the identity of the app may read the contents.'

import { Tags } from 'types.bicep'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Object id of the identity of the app.')
param principalId string

@description('True when only private endpoints may reach the vault.')
param isPrivate bool

@description('Id of the Log Analytics workspace for the audit log.')
param workspaceId string

@description('Id of the action group that is notified of a secret about to expire.')
param actionGroupId string

@secure()
@description('The secret of the Zendesk OAuth client, or the API token. Empty leaves what the vault holds.')
param zendeskSecret string

@description('When that secret expires, in seconds since 1970; 0 if it never does.')
@minValue(0)
param zendeskSecretExpiresAt int

@secure()
@description('Address of the notification webhook. Empty leaves what the vault holds.')
param webhookUrl string

@description('True when the app is to read the webhook address from the vault.')
param hasWebhook bool

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var zendeskSecretName = 'zendesk-secret'
var webhookSecretName = 'notification-webhook-url'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource zendesk 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = if (!empty(zendeskSecret)) {
  parent: vault
  name: zendeskSecretName
  properties: {
    value: zendeskSecret
    contentType: 'Zendesk credential of the provisioning app'
    attributes: zendeskSecretExpiresAt == 0 ? { enabled: true } : { enabled: true, exp: zendeskSecretExpiresAt }
  }
  // Key Vault tells only of versions that were made after somebody listened.
  dependsOn: [events::expiry]
}

resource webhook 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = if (!empty(webhookUrl)) {
  parent: vault
  name: webhookSecretName
  properties: {
    value: webhookUrl
    contentType: 'Address that gets the notices of the provisioning app'
  }
}

// On the vault and not on single secrets, so that a secret put in by hand later is readable too; the vault holds nothing else.
resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, secretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

// Newer versions of this type are for a single service only, and the linter takes one of them for the newest.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

// A second way beside the alert `credential-expiry`, also while the app does not run: Key Vault tells of a secret 30 days before its end. https://learn.microsoft.com/azure/key-vault/general/event-grid-overview
resource events 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (zendeskSecretExpiresAt != 0) {
  name: '${name}-events'
  location: location
  tags: tags
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }

  resource expiry 'eventSubscriptions' = {
    name: 'credential-expiry'
    properties: {
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      filter: {
        includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry', 'Microsoft.KeyVault.SecretExpired']
      }
      destination: {
        endpointType: 'MonitorAlert'
        properties: {
          actionGroups: [actionGroupId]
          description: 'A credential of the Zendesk provisioning app expires soon or has expired: put a new version of the secret into the vault.'
          severity: 'Sev1'
        }
      }
    }
  }
}

@description('Resource id.')
output id string = vault.id

@description('Name of the vault.')
output name string = vault.name

@description('App setting value that reads the Zendesk secret, always its newest version.')
output zendeskSecretReference string = '@Microsoft.KeyVault(VaultName=${vault.name};SecretName=${zendeskSecretName})'

@description('App setting value that reads the webhook address; empty when there is none.')
output webhookReference string = hasWebhook
  ? '@Microsoft.KeyVault(VaultName=${vault.name};SecretName=${webhookSecretName})'
  : ''
