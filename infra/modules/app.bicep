metadata description = 'The plan (Flex Consumption), the function app and its settings.'

import { Settings, Tags } from 'types.bicep'

@discriminator('kind')
type Hosting = Flex | AppService

type Flex = {
  kind: 'FlexConsumption'
  @description('Memory of an instance in MB.')
  instanceMemoryMB: int
  @description('Most instances at once.')
  maximumInstanceCount: int
  @description('Most HTTP requests at the same time on one instance.')
  httpConcurrency: int
  @description('Instances that always run for the HTTP functions.')
  alwaysReadyHttp: int
  @description('Instances that always run for the work queue.')
  alwaysReadyWork: int
}

type AppService = {
  kind: 'AppService'
  @description('Name of a size, such as B1.')
  size: string
}

@description('Name of the plan.')
param planName string

@description('Name of the function app.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Version of Node.js.')
param nodeVersion string

@description('What the app runs on.')
param hosting Hosting

@description('True spreads the plan over the availability zones of the region.')
param zoneRedundant bool

@description('Resource id of the identity of the app.')
param identityId string

@description('Address of the container that holds the deployment package.')
param packageContainerUri string

@description('App settings.')
param settings Settings

@description('Client id of the registration with which people sign in to the console; empty leaves the authentication of the platform as it is.')
param consoleClientId string

@description('Tenant whose people may sign in.')
param consoleTenantId string

@description('Id of the subnet that the app sends from; empty for none.')
param subnetId string

@description('Address ranges that may call the app; empty for all.')
param allowedAddresses string[]

@description('Address of a package to install, such as a release; empty when another step deploys the code.')
param packageUri string

@description('SHA-256 of that package; empty installs it without a look.')
param packageSha256 string

var isFlex = hosting.kind == 'FlexConsumption'

// What Flex Consumption keeps in the app's own configuration, other plans keep in settings.
// https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#deprecated-properties-and-settings
var planSettings = isFlex
  ? {}
  : {
      FUNCTIONS_EXTENSION_VERSION: '~4'
      FUNCTIONS_WORKER_RUNTIME: 'node'
      // The package as it is: mounted from where it was put, or from its address.
      WEBSITE_RUN_FROM_PACKAGE: empty(packageUri) ? '1' : packageUri
    }

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: hosting.kind == 'FlexConsumption'
    ? { tier: 'FlexConsumption', name: 'FC1' }
    : { name: hosting.size, capacity: zoneRedundant ? 2 : 1 }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // Flex Consumption sends everything through its network by itself.
    outboundVnetRouting: isFlex || empty(subnetId) ? null : { allTraffic: true }
    siteConfig: {
      alwaysOn: isFlex ? null : true
      linuxFxVersion: isFlex ? null : 'NODE|${nodeVersion}'
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      remoteDebuggingEnabled: false
      ipSecurityRestrictionsDefaultAction: empty(allowedAddresses) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: [
        for (range, index) in allowedAddresses: {
          name: 'allowed-${index}'
          action: 'Allow'
          ipAddress: range
          priority: 100 + index
        }
      ]
    }
    functionAppConfig: hosting.kind == 'FlexConsumption'
      ? {
          deployment: {
            storage: {
              type: 'blobContainer'
              value: packageContainerUri
              authentication: {
                type: 'UserAssignedIdentity'
                userAssignedIdentityResourceId: identityId
              }
            }
          }
          runtime: { name: 'node', version: nodeVersion }
          scaleAndConcurrency: {
            instanceMemoryMB: hosting.instanceMemoryMB
            maximumInstanceCount: hosting.maximumInstanceCount
            alwaysReady: filter(
              [
                { name: 'http', instanceCount: hosting.alwaysReadyHttp }
                { name: 'function:provisionObject', instanceCount: hosting.alwaysReadyWork }
              ],
              group => group.instanceCount > 0
            )
            triggers: { http: { perInstanceConcurrency: hosting.httpConcurrency } }
          }
        }
      : null
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(planSettings, settings)
    // With AppService this setting is the package.
    dependsOn: [packageCheck]
  }

  // Requests without a session are let through, because machines come with a function key; the app itself closes the console to them.
  // https://learn.microsoft.com/azure/templates/microsoft.web/sites/config-authsettingsv2
  resource signIn 'config' = if (!empty(consoleClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: consoleClientId
            // Names the setting that holds the client id of the identity: no secret.
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
            openIdIssuer: '${environment().authentication.loginEndpoint}${consoleTenantId}/v2.0'
          }
          validation: {
            allowedAudiences: [consoleClientId, 'api://${consoleClientId}']
            defaultAuthorizationPolicy: { allowedApplications: [consoleClientId] }
          }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
    // Sign-in works only with the setting that it names.
    dependsOn: [appSettings]
  }

  // Nobody signs in to the deployment site with a user name and a password.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

module packageCheck 'package-check.bicep' = if (!empty(packageUri) && !empty(packageSha256)) {
  params: { name: '${name}-package', location: location, tags: tags, packageUri: packageUri, sha256: packageSha256 }
}

resource package 'Microsoft.Web/sites/extensions@2025-03-01' = if (isFlex && !empty(packageUri)) {
  parent: app
  name: 'onedeploy'
  // The published types know this resource without its body. https://learn.microsoft.com/azure/azure-functions/functions-infrastructure-as-code
  #disable-next-line BCP187
  properties: { packageUri: packageUri, remoteBuild: false }
  dependsOn: [app::appSettings]
}

@description('Name of the function app.')
output name string = app.name

@description('Resource id.')
output id string = app.id

@description('Address of the app.')
output url string = 'https://${app.properties.defaultHostName}'
