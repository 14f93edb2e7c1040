metadata description = 'The identity of the app: every right below is given to it, and nothing else signs in.'

import { Tags } from 'types.bicep'

@description('Name of the user-assigned managed identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id.')
output id string = identity.id

@description('Object id, to which Microsoft Graph permissions are granted.')
output principalId string = identity.properties.principalId

@description('Client id, which the app and the host name when they ask for a token.')
output clientId string = identity.properties.clientId

@description('Name.')
output name string = identity.name
