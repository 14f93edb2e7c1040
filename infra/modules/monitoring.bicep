metadata description = 'Log Analytics, Application Insights without keys, and the people who are told.'

import { Tags } from 'types.bicep'

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights resource.')
param insightsName string

@description('Name of the action group.')
param actionGroupName string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Days that logs are kept.')
param retentionDays int

@description('Most gigabytes of logs a day; -1 for no limit.')
param dailyQuotaGb int

@description('Object id of the identity of the app.')
param principalId string

@description('Addresses that get alerts.')
param alertEmails string[]

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

// Monitoring Metrics Publisher: may send telemetry, may read none. https://learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, metricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'zd-prov'
    emailReceivers: [
      for (address, index) in alertEmails: {
        name: 'email-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

@description('Id of the workspace.')
output workspaceId string = workspace.id

@description('Id of the Application Insights resource.')
output insightsId string = insights.id

@description('Name of the Application Insights resource.')
output insightsName string = insights.name

@description('Where telemetry goes. No secret: local authentication is off.')
output connectionString string = insights.properties.ConnectionString

@description('Id of the action group.')
output actionGroupId string = people.id
