metadata description = 'A virtual network with a fixed public address for what the app sends, for Zendesk IP restrictions and private endpoints.'

import { Tags } from 'types.bicep'

@description('Name that the names of all parts begin with.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Address range of the network; /24 or larger.')
param addressPrefix string

@description('Service that the subnet of the app is delegated to; it depends on the plan.')
param delegation string

// The app wants a subnet of its own, delegated, and for Flex Consumption at least a /27. https://learn.microsoft.com/azure/azure-functions/flex-consumption-how-to
var appPrefix = cidrSubnet(addressPrefix, 26, 0)
var endpointPrefix = cidrSubnet(addressPrefix, 27, 2)

resource address 'Microsoft.Network/publicIPAddresses@2026-03-01' = {
  name: '${name}-nat-ip'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' }
}

resource nat 'Microsoft.Network/natGateways@2026-03-01' = {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { idleTimeoutInMinutes: 4, publicIpAddresses: [{ id: address.id }] }
}

// Nothing from outside the network may reach the subnets; the app's own front end does not pass through them.
resource closed 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: '${name}-nsg'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'deny-internet-in'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: '${name}-vnet'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appPrefix
          natGateway: { id: nat.id }
          networkSecurityGroup: { id: closed.id }
          delegations: [{ name: 'app', properties: { serviceName: delegation } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointPrefix
          defaultOutboundAccess: false
          networkSecurityGroup: { id: closed.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = { name: 'app' }

  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

@description('Id of the network.')
output networkId string = network.id

@description('Id of the subnet of the app.')
output appSubnetId string = network::app.id

@description('Id of the subnet of the private endpoints.')
output endpointSubnetId string = network::endpoints.id

@description('The one public address from which the app calls Zendesk and Microsoft Graph.')
output outboundAddress string = address.properties.ipAddress
