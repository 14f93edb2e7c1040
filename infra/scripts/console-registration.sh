#!/usr/bin/env bash
# Makes the app registration with which people sign in to the console: three app roles, the redirect address of the app, and the
# identity of the app as federated credential in the place of a secret. Shows first what it will do. Safe to run again.
#
#   bash infra/scripts/console-registration.sh --app-url <https address> --principal-id <object id of the identity> [--what-if] [--yes]
#
# Both are outputs of the deployment: AZURE_FUNCTION_APP_URL and IDENTITY_PRINCIPAL_ID. It prints the client id for consoleClientId.
# Needs: az, signed in (az login) as Application Administrator or Cloud Application Administrator.
# National clouds: choose the cloud with `az cloud set` before you sign in.
set -euo pipefail

# The ids are ours and the same everywhere, so that a second run finds what the first one made.
ROLES=(
  'Provisioning.Read|b0a9d6c1-52a7-4a55-9a3e-7f0d0d0f6a01|May look at everything in the console of Zendesk provisioning.'
  'Provisioning.Operate|b0a9d6c1-52a7-4a55-9a3e-7f0d0d0f6a02|May also run, pause, plan, provision and retry.'
  'Provisioning.Approve|b0a9d6c1-52a7-4a55-9a3e-7f0d0d0f6a03|May also take access away, take back what a cycle did, and change mappings.'
)
CREDENTIAL=app-identity

app_url="${AZURE_FUNCTION_APP_URL:-}"
principal_id="${IDENTITY_PRINCIPAL_ID:-}"
what_if=false
yes=false

usage() {
  echo "usage: $0 --app-url <https address> --principal-id <object id> [--what-if] [--yes]" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case "$1" in
    --app-url) app_url="${2:-}"; shift; [ $# -gt 0 ] && shift ;;
    --principal-id) principal_id="${2:-}"; shift; [ $# -gt 0 ] && shift ;;
    --what-if) what_if=true; shift ;;
    --yes) yes=true; shift ;;
    *) usage ;;
  esac
done
app_url="${app_url%/}"
[[ "$app_url" =~ ^https://[A-Za-z0-9.-]+$ ]] || usage
[[ "$principal_id" =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || usage
command -v az >/dev/null || { echo "az (Azure CLI) is not installed." >&2; exit 1; }

graph="$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)"
graph="${graph%/}/v1.0"
login="$(az cloud show --query endpoints.activeDirectory --output tsv)"
tenant="$(az account show --query tenantId --output tsv)"
host="${app_url#https://}"
unique="zendesk-provisioning-console-$host"
redirect="$app_url/.auth/login/aad/callback"
read_graph() { az rest --method get --url "$graph/$1" --query "$2" --output "${3:-tsv}"; }

echo "Tenant:       $tenant"
echo "Registration: Zendesk provisioning console ($host)"
filter="\$filter=uniqueName%20eq%20'$unique'"
object_id="$(read_graph "applications?$filter&\$select=id" 'value[0].id')"
app_id="$(read_graph "applications?$filter&\$select=appId" 'value[0].appId')"
roles='[]'
redirects='[]'
credential=''
principal=''
if [ -n "$object_id" ]; then
  roles="$(read_graph "applications/$object_id?\$select=appRoles" appRoles json | tr -d '\n')"
  redirects="$(read_graph "applications/$object_id?\$select=web" 'web.redirectUris' json | tr -d '\n')"
  credential="$(read_graph "applications/$object_id/federatedIdentityCredentials" "value[?name=='$CREDENTIAL'].subject | [0]")"
  principal="$(read_graph "servicePrincipals?\$filter=appId%20eq%20'$app_id'&\$select=id" 'value[0].id')"
fi

todo=0
step() { if $1; then echo "  has   $2"; else echo "  make  $2"; todo=$((todo + 1)); fi; }
# Adds an element to a JSON list that is there already: whatever else it holds stays.
appended() { local list="${1%]}"; [ "${list// /}" = '[' ] && echo "[$2]" || echo "$list,$2]"; }

has=false; [ -n "$object_id" ] && has=true
step $has 'the app registration, for this tenant alone'
has_redirect=false; [[ "$redirects" == *"\"$redirect\""* ]] && has_redirect=true
step $has_redirect "the redirect address $redirect"
$has_redirect || redirects="$(appended "$redirects" "\"$redirect\"")"
has_roles=true
for role in "${ROLES[@]}"; do
  IFS='|' read -r value id description <<<"$role"
  has=false; [[ "$roles" == *"\"$value\""* ]] && has=true
  step $has "the app role $value"
  $has && continue
  has_roles=false
  roles="$(appended "$roles" "{\"id\":\"$id\",\"value\":\"$value\",\"displayName\":\"$value\",\"description\":\"$description\",\"isEnabled\":true,\"allowedMemberTypes\":[\"User\"]}")"
done
has_credential=false; [ "$credential" = "$principal_id" ] && has_credential=true
step $has_credential "the identity $principal_id as federated credential"
has_principal=false; [ -n "$principal" ] && has_principal=true
step $has_principal 'the enterprise application, which people with a role alone may use'

if [ "$todo" -eq 0 ]; then
  echo "Nothing to do."
  echo "consoleClientId: $app_id"
  exit 0
fi
if $what_if; then
  echo "What if: $todo thing(s) would be made. Nothing was changed."
  exit 0
fi
if ! $yes; then
  read -r -p "Make these $todo thing(s)? [y/N] " answer
  case "$answer" in y | Y | yes | Yes) ;; *) echo "Nothing was changed."; exit 1 ;; esac
fi

send() { az rest --method "$1" --url "$graph/$2" --headers 'Content-Type=application/json' --body "$3" "${@:4}"; }
# App Service asks for an id token together with the code. https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad
web="{\"redirectUris\":$redirects,\"implicitGrantSettings\":{\"enableIdTokenIssuance\":true}}"
if [ -z "$object_id" ]; then
  body="{\"displayName\":\"Zendesk provisioning console ($host)\",\"uniqueName\":\"$unique\",\"signInAudience\":\"AzureADMyOrg\",\"web\":$web,\"appRoles\":$roles}"
  object_id="$(send post applications "$body" --query id --output tsv)"
  app_id="$(read_graph "applications/$object_id?\$select=appId" appId)"
elif ! $has_redirect || ! $has_roles; then
  send patch "applications/$object_id" "{\"web\":$web,\"appRoles\":$roles}" --output none
fi
if ! $has_credential; then
  body="{\"name\":\"$CREDENTIAL\",\"issuer\":\"${login%/}/$tenant/v2.0\",\"subject\":\"$principal_id\",\"audiences\":[\"api://AzureADTokenExchange\"]}"
  if [ -n "$credential" ]; then send patch "applications/$object_id/federatedIdentityCredentials/$CREDENTIAL" "$body" --output none
  else send post "applications/$object_id/federatedIdentityCredentials" "$body" --output none; fi
fi
if ! $has_principal; then
  send post servicePrincipals "{\"appId\":\"$app_id\",\"appRoleAssignmentRequired\":true}" --output none
fi
echo "Done. Assign the roles to people or groups in Entra ID: Enterprise applications > Zendesk provisioning console ($host) > Users and groups."
echo "consoleClientId: $app_id"
