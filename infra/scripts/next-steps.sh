#!/bin/sh
# Says what is left to do after `azd provision`. Changes nothing.
cat <<TEXT

Deployed. Next:
  1. Grant Microsoft Graph permissions (as Privileged Role Administrator or Global Administrator):
       bash infra/scripts/grant-graph-permissions.sh --principal-id ${IDENTITY_PRINCIPAL_ID:-<IDENTITY_PRINCIPAL_ID>} --what-if
       bash infra/scripts/grant-graph-permissions.sh --principal-id ${IDENTITY_PRINCIPAL_ID:-<IDENTITY_PRINCIPAL_ID>}
  2. Test the connection, read a plan, then set PROVISIONING_STATUS to On: docs/setup.md
  3. Status page: ${STATUS_URL:-<STATUS_URL>}
TEXT
if [ -n "${OUTBOUND_ADDRESS:-}" ]; then
  echo "  Calls to Zendesk leave from ${OUTBOUND_ADDRESS}: add it to Zendesk's IP restrictions, if you use them."
fi
