#!/usr/bin/env bash
# Grants the identity of the app the three Microsoft Graph permissions that it needs, and no other; with --change-notifications
# also the one that CHANGE_NOTIFICATIONS=On needs. Safe to run again.
# The portal has no page for the permissions of a managed identity, hence this script.
#
#   bash infra/scripts/grant-graph-permissions.sh --principal-id <object id of the identity> [--change-notifications] [--what-if] [--yes]
#
# Needs: az, signed in (az login) as Privileged Role Administrator or Global Administrator.
# National clouds: choose the cloud with `az cloud set` before you sign in.
set -euo pipefail

# https://learn.microsoft.com/graph/permissions-reference
PERMISSIONS=(User.Read.All GroupMember.Read.All Application.Read.All)
# The application id of Microsoft Graph is the same in every tenant; its object id is not, and is looked up.
GRAPH_APP_ID=00000003-0000-0000-c000-000000000000

principal_id="${IDENTITY_PRINCIPAL_ID:-}"
what_if=false
yes=false

usage() {
  echo "usage: $0 --principal-id <object id> [--change-notifications] [--what-if] [--yes]" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case "$1" in
    --principal-id) principal_id="${2:-}"; shift; [ $# -gt 0 ] && shift ;;
    # https://learn.microsoft.com/graph/api/subscription-post-subscriptions#permissions
    --change-notifications) PERMISSIONS+=(Group.Read.All); shift ;;
    --what-if) what_if=true; shift ;;
    --yes) yes=true; shift ;;
    *) usage ;;
  esac
done
[[ "$principal_id" =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || usage
command -v az >/dev/null || { echo "az (Azure CLI) is not installed." >&2; exit 1; }

graph="$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)"
graph="${graph%/}/v1.0"

echo "Tenant:   $(az account show --query tenantId --output tsv)"
name="$(az rest --method get --url "$graph/servicePrincipals/$principal_id?\$select=displayName,servicePrincipalType" --query "join(' ', [displayName, servicePrincipalType])" --output tsv)"
echo "Identity: $name ($principal_id)"

resource_id="$(az rest --method get --url "$graph/servicePrincipals(appId='$GRAPH_APP_ID')?\$select=id" --query id --output tsv)"
granted="$(az rest --method get --url "$graph/servicePrincipals/$principal_id/appRoleAssignments" --query "value[?resourceId=='$resource_id'].appRoleId" --output tsv)"

missing_names=()
missing_ids=()
wanted_ids=()
for permission in "${PERMISSIONS[@]}"; do
  role_id="$(az rest --method get --url "$graph/servicePrincipals/$resource_id?\$select=appRoles" \
    --query "appRoles[?value=='$permission' && isEnabled && contains(allowedMemberTypes, 'Application')].id | [0]" --output tsv)"
  [ -n "$role_id" ] || { echo "Microsoft Graph does not have a permission named $permission here." >&2; exit 1; }
  wanted_ids+=("$role_id")
  if grep -qiFx "$role_id" <<<"$granted"; then
    echo "  has    $permission"
  else
    echo "  grant  $permission ($role_id)"
    missing_names+=("$permission")
    missing_ids+=("$role_id")
  fi
done

# More than is needed is worth a word; taking it away is left to a person.
while read -r extra; do
  [ -n "$extra" ] || continue
  printf '%s\n' "${wanted_ids[@]}" | grep -qiFx "$extra" || echo "  note   the identity also has the Graph permission $extra, which this app does not need"
done <<<"$granted"

if [ ${#missing_names[@]} -eq 0 ]; then
  echo "Nothing to do."
  exit 0
fi
if $what_if; then
  echo "What if: ${#missing_names[@]} permission(s) would be granted. Nothing was changed."
  exit 0
fi
if ! $yes; then
  read -r -p "Grant these ${#missing_names[@]} permission(s)? [y/N] " answer
  case "$answer" in y | Y | yes | Yes) ;; *) echo "Nothing was changed."; exit 1 ;; esac
fi
for index in "${!missing_ids[@]}"; do
  az rest --method post --url "$graph/servicePrincipals/$resource_id/appRoleAssignedTo" \
    --headers 'Content-Type=application/json' \
    --body "{\"principalId\":\"$principal_id\",\"resourceId\":\"$resource_id\",\"appRoleId\":\"${missing_ids[$index]}\"}" \
    --output none
  echo "  granted ${missing_names[$index]}"
done
echo "Done. A token that the app already has does not include it: allow up to an hour, or restart the app."
