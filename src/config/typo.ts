import { nearest } from '../core/expression/suggest';
import { SETTING_KEYS } from './schema';

/** Names which the platform gives and which merely look like ours. */
const FOREIGN = /^(APPSETTING_|AZURE_|WEBSITE_|FUNCTIONS_|CUSTOMCONNSTR_|NPM_|NODE_|OTEL_)/i;
/** A name that begins so can only be meant for this app. */
const OURS = /^(ZENDESK|ENTRA|PROVISIONING|NOTIFICATION|DEPROVISION|PROTECTED_USERS|DELETION_THRESHOLD|AzureWebJobsStorage_)/i;
/** Settings of the Functions host which look like ours. @see https://learn.microsoft.com/azure/azure-functions/functions-reference#common-properties-for-identity-based-connections */
const HOST_ONLY = new Set([
  'azurewebjobsstorage__managedidentityresourceid',
  'azurewebjobsstorage__clientsecret',
  'azurewebjobsstorage__tenantid',
  'applicationinsights_authentication_string',
]);

/** For each name in the environment that looks like a mistyped setting of ours: the name and what was most likely meant, sorted. */
export function mistypedSettings(
  names: Iterable<string>,
): readonly { readonly name: string; readonly meant: string | undefined }[] {
  const known = new Set<string>(SETTING_KEYS);
  const found: { name: string; meant: string | undefined }[] = [];
  for (const name of [...names].sort()) {
    if (known.has(name) || FOREIGN.test(name) || HOST_ONLY.has(name.toLowerCase())) continue;
    const meant = nearest(name, SETTING_KEYS);
    if (OURS.test(name) || (meant !== undefined && isNear(name, meant))) found.push({ name, meant });
  }
  return found;
}

/** Same but for case and separators, or the same first or last word: `Zendesk-Subdomain`, `SENDESK_SUBDOMAIN`, `LOG_RETENTION_DAY`. */
function isNear(name: string, meant: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (plain(name) === plain(meant)) return true;
  const given = name.toLowerCase().split('_');
  const wanted = meant.toLowerCase().split('_');
  return (
    wanted.length > 1 && given.length > 1 && (given[0] === wanted[0] || given.slice(1).join('_') === wanted.slice(1).join('_'))
  );
}
