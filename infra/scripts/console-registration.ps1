<#
.SYNOPSIS
  Makes the app registration with which people sign in to the console. Safe to run again.
.DESCRIPTION
  Three app roles, the redirect address of the app, and the identity of the app as federated credential in the place of a secret. It
  asks before it makes anything; -WhatIf shows what it would make. It prints the client id for consoleClientId.
  Needs the module Microsoft.Graph.Authentication (Install-Module Microsoft.Graph.Authentication) and the role
  Application Administrator or Cloud Application Administrator.
.PARAMETER AppUrl
  Address of the app: the output AZURE_FUNCTION_APP_URL of the deployment.
.PARAMETER PrincipalId
  Object id of the managed identity: the output IDENTITY_PRINCIPAL_ID of the deployment.
.PARAMETER Environment
  Cloud, as Connect-MgGraph names it: Global, USGov, USGovDoD or China.
.EXAMPLE
  ./console-registration.ps1 -AppUrl https://func-zdprov-x.azurewebsites.net -PrincipalId 11111111-2222-3333-4444-555555555555 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
  [Parameter(Mandatory)] [ValidatePattern('^https://[A-Za-z0-9.-]+/?$')] [string] $AppUrl,
  [Parameter(Mandatory)] [guid] $PrincipalId,
  [ValidateSet('Global', 'USGov', 'USGovDoD', 'China')] [string] $Environment = 'Global'
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The ids are ours and the same everywhere, so that a second run finds what the first one made.
$roles = @(
  @{ value = 'Provisioning.Read'; id = 'b0a9d6c1-52a7-4a55-9a3e-7f0d0d0f6a01'; description = 'May look at everything in the console of Zendesk provisioning.' }
  @{ value = 'Provisioning.Operate'; id = 'b0a9d6c1-52a7-4a55-9a3e-7f0d0d0f6a02'; description = 'May also run, pause, plan, provision and retry.' }
  @{ value = 'Provisioning.Approve'; id = 'b0a9d6c1-52a7-4a55-9a3e-7f0d0d0f6a03'; description = 'May also take access away, take back what a cycle did, and change mappings.' }
)
$credentialName = 'app-identity'
$logins = @{ Global = 'https://login.microsoftonline.com'; USGov = 'https://login.microsoftonline.us'; USGovDoD = 'https://login.microsoftonline.us'; China = 'https://login.partner.microsoftonline.cn' }

Connect-MgGraph -Scopes 'Application.ReadWrite.All' -Environment $Environment -NoWelcome
$tenant = (Get-MgContext).TenantId
$AppUrl = $AppUrl.TrimEnd('/')
$appHost = ([uri] $AppUrl).Host
$unique = "zendesk-provisioning-console-$appHost"
$name = "Zendesk provisioning console ($appHost)"
$redirect = "$AppUrl/.auth/login/aad/callback"
Write-Host "Tenant:       $tenant"
Write-Host "Registration: $name"

$app = @((Invoke-MgGraphRequest -Method GET -Uri "v1.0/applications?`$filter=uniqueName eq '$unique'").value) | Select-Object -First 1
# App Service asks for an id token together with the code. https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad
function Get-Body($existingRoles, $existingRedirects) {
  $all = @($existingRoles)
  foreach ($role in $roles) {
    if (@($all | Where-Object { $_.value -eq $role.value }).Count -gt 0) { continue }
    $all += @{ id = $role.id; value = $role.value; displayName = $role.value; description = $role.description; isEnabled = $true; allowedMemberTypes = @('User') }
  }
  @{ web = @{ redirectUris = @(@($existingRedirects) + $redirect | Select-Object -Unique); implicitGrantSettings = @{ enableIdTokenIssuance = $true } }; appRoles = $all }
}

if (-not $app) {
  if ($PSCmdlet.ShouldProcess($name, "Make the app registration with its three roles and the redirect address $redirect")) {
    $body = (Get-Body @() @()) + @{ displayName = $name; uniqueName = $unique; signInAudience = 'AzureADMyOrg' }
    $app = Invoke-MgGraphRequest -Method POST -Uri 'v1.0/applications' -Body ($body | ConvertTo-Json -Depth 6) -ContentType 'application/json'
  }
}
else {
  $missing = @($roles | Where-Object { $value = $_.value; @($app.appRoles | Where-Object { $_.value -eq $value }).Count -eq 0 })
  if ($missing.Count -gt 0 -or @($app.web.redirectUris) -notcontains $redirect) {
    if ($PSCmdlet.ShouldProcess($name, "Add $(@($missing | ForEach-Object { $_.value }) -join ', ') and the redirect address $redirect, as far as they are missing")) {
      Invoke-MgGraphRequest -Method PATCH -Uri "v1.0/applications/$($app.id)" -Body ((Get-Body $app.appRoles $app.web.redirectUris) | ConvertTo-Json -Depth 6) -ContentType 'application/json' | Out-Null
    }
  }
  else { Write-Host '  has   the app registration, its roles and its redirect address' }
}
if (-not $app) {
  if ($PSCmdlet.ShouldProcess($name, "Add the identity $PrincipalId as federated credential, and make the enterprise application")) { throw 'The registration was not made.' }
  return
}

$credential = @((Invoke-MgGraphRequest -Method GET -Uri "v1.0/applications/$($app.id)/federatedIdentityCredentials").value | Where-Object { $_.name -eq $credentialName }) | Select-Object -First 1
if ($credential -and $credential.subject -eq "$PrincipalId") { Write-Host "  has   the identity $PrincipalId as federated credential" }
elseif ($PSCmdlet.ShouldProcess($name, "Add the identity $PrincipalId as federated credential")) {
  $body = @{ name = $credentialName; issuer = "$($logins[$Environment])/$tenant/v2.0"; subject = "$PrincipalId"; audiences = @('api://AzureADTokenExchange') } | ConvertTo-Json
  if ($credential) { Invoke-MgGraphRequest -Method PATCH -Uri "v1.0/applications/$($app.id)/federatedIdentityCredentials/$credentialName" -Body $body -ContentType 'application/json' | Out-Null }
  else { Invoke-MgGraphRequest -Method POST -Uri "v1.0/applications/$($app.id)/federatedIdentityCredentials" -Body $body -ContentType 'application/json' | Out-Null }
}

$principals = @((Invoke-MgGraphRequest -Method GET -Uri "v1.0/servicePrincipals?`$filter=appId eq '$($app.appId)'&`$select=id").value)
if ($principals.Count -gt 0) { Write-Host '  has   the enterprise application' }
elseif ($PSCmdlet.ShouldProcess($name, 'Make the enterprise application, which people with a role alone may use')) {
  $body = @{ appId = $app.appId; appRoleAssignmentRequired = $true } | ConvertTo-Json
  Invoke-MgGraphRequest -Method POST -Uri 'v1.0/servicePrincipals' -Body $body -ContentType 'application/json' | Out-Null
}
Write-Host "Assign the roles to people or groups in Entra ID: Enterprise applications > $name > Users and groups."
Write-Host "consoleClientId: $($app.appId)"
