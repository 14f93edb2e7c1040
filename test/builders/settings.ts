import type { Config } from '../../src/config/config';
import { loadConfig } from '../../src/config/load';

/** The least that a customer sets in Azure. */
export const LEAST_SETTINGS = {
  AzureWebJobsStorage__accountName: 'stprov1',
  ENTRA_TENANT_ID: '11111111-1111-1111-1111-111111111111',
  ENTRA_SERVICE_PRINCIPAL_ID: '22222222-2222-2222-2222-22222222ABCD',
  ZENDESK_SUBDOMAIN: 'acme',
  ZENDESK_OAUTH_CLIENT_ID: 'prov',
  ZENDESK_OAUTH_CLIENT_SECRET: 's3cr3t-value',
} as const;

/** The configuration of {@link LEAST_SETTINGS} and these. @throws Error when it is refused. */
export function someConfig(extra: Readonly<Record<string, string | undefined>> = {}): Config {
  const loaded = loadConfig({ ...LEAST_SETTINGS, ...extra });
  if (!loaded.ok) throw new Error(`expected a config: ${loaded.error.message}`);
  return loaded.config;
}
