metadata description = 'Compares a release package with its SHA-256 before it is installed, in a container that lives for the moment. Runs again only when address or digest change.'

import { Tags } from 'types.bicep'

@description('Name of the script.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Address of the package.')
param packageUri string

@description('Its SHA-256 in hexadecimal digits.')
param sha256 string

resource check 'Microsoft.Resources/deploymentScripts@2023-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'AzureCLI'
  properties: {
    azCliVersion: '2.77.0'
    forceUpdateTag: uniqueString(packageUri, sha256)
    retentionInterval: 'PT1H'
    cleanupPreference: 'Always'
    timeout: 'PT10M'
    environmentVariables: [
      { name: 'PACKAGE_URI', value: packageUri }
      { name: 'PACKAGE_SHA256', value: toLower(sha256) }
    ]
    scriptContent: loadTextContent('../scripts/check-package.sh')
  }
}
