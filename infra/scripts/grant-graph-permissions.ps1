<#
.SYNOPSIS
  Grants the identity of the app the three Microsoft Graph permissions that it needs, and no other; with -ChangeNotifications
  also the one that CHANGE_NOTIFICATIONS=On needs. Safe to run again.
.DESCRIPTION
  The portal has no page for the permissions of a managed identity, hence this script. It asks before it grants.
  Needs the module Microsoft.Graph.Authentication (Install-Module Microsoft.Graph.Authentication) and the role
  Privileged Role Administrator or Global Administrator.
.PARAMETER PrincipalId
  Object id of the managed identity: the output IDENTITY_PRINCIPAL_ID of the deployment.
.PARAMETER ChangeNotifications
  Grants Group.Read.All too.
.PARAMETER Environment
  Cloud, as Connect-MgGraph names it: Global, USGov, USGovDoD or China.
.EXAMPLE
  ./grant-graph-permissions.ps1 -PrincipalId 11111111-2222-3333-4444-555555555555 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
  [Parameter(Mandatory)] [guid] $PrincipalId,
  [switch] $ChangeNotifications,
  [ValidateSet('Global', 'USGov', 'USGovDoD', 'China')] [string] $Environment = 'Global'
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# https://learn.microsoft.com/graph/permissions-reference
$permissions = 'User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'
# https://learn.microsoft.com/graph/api/subscription-post-subscriptions#permissions
if ($ChangeNotifications) { $permissions += 'Group.Read.All' }
# The application id of Microsoft Graph is the same in every tenant; its object id is not, and is looked up.
$graphAppId = '00000003-0000-0000-c000-000000000000'

Connect-MgGraph -Scopes 'Application.Read.All', 'AppRoleAssignment.ReadWrite.All' -Environment $Environment -NoWelcome
$identity = Invoke-MgGraphRequest -Method GET -Uri "v1.0/servicePrincipals/$PrincipalId`?`$select=id,displayName"
$graph = Invoke-MgGraphRequest -Method GET -Uri "v1.0/servicePrincipals(appId='$graphAppId')?`$select=id,appRoles"
$granted = @((Invoke-MgGraphRequest -Method GET -Uri "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments").value |
    Where-Object { $_.resourceId -eq $graph.id } | ForEach-Object { $_.appRoleId })

Write-Host "Tenant:   $((Get-MgContext).TenantId)"
Write-Host "Identity: $($identity.displayName) ($PrincipalId)"

foreach ($permission in $permissions) {
  $role = $graph.appRoles | Where-Object { $_.value -eq $permission -and $_.isEnabled -and $_.allowedMemberTypes -contains 'Application' } | Select-Object -First 1
  if (-not $role) { throw "Microsoft Graph does not have a permission named $permission here." }
  if ($granted -contains $role.id) {
    Write-Host "  has    $permission"
    continue
  }
  if ($PSCmdlet.ShouldProcess($identity.displayName, "Grant Microsoft Graph permission $permission ($($role.id))")) {
    $body = @{ principalId = "$PrincipalId"; resourceId = $graph.id; appRoleId = $role.id }
    Invoke-MgGraphRequest -Method POST -Uri "v1.0/servicePrincipals/$($graph.id)/appRoleAssignedTo" -Body $body | Out-Null
    Write-Host "  granted $permission"
  }
}
Write-Host 'A token that the app already has does not include a new permission: allow up to an hour, or restart the app.'
