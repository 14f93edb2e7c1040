# Says what is left to do after `azd provision`. Changes nothing.
$principal = if ($env:IDENTITY_PRINCIPAL_ID) { $env:IDENTITY_PRINCIPAL_ID } else { '<IDENTITY_PRINCIPAL_ID>' }
$status = if ($env:STATUS_URL) { $env:STATUS_URL } else { '<STATUS_URL>' }
Write-Host @"

Deployed. Next:
  1. Grant Microsoft Graph permissions (as Privileged Role Administrator or Global Administrator):
       ./infra/scripts/grant-graph-permissions.ps1 -PrincipalId $principal -WhatIf
       ./infra/scripts/grant-graph-permissions.ps1 -PrincipalId $principal
  2. Test the connection, read a plan, then set PROVISIONING_STATUS to On: docs/setup.md
  3. Status page: $status
"@
if ($env:OUTBOUND_ADDRESS) {
  Write-Host "  Calls to Zendesk leave from $($env:OUTBOUND_ADDRESS): add it to Zendesk's IP restrictions, if you use them."
}
